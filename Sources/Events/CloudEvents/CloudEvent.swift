public import Foundation
import Monitoring

/// A CloudEvent of a model server's payload logger: a request, or the response to one.
public struct CloudEvent: Sendable {
  enum Side: String, Sendable { case request, response }

  var id: String
  var side: Side
  var source: String
  var time: Instant?
  /// Attributes beyond the specification's own, names in small letters.
  var extensions: [String: String]
  /// What was sent. Why that of a response cannot be read is kept with it: its request has to be told of
  /// it.
  var data: Result<JSONValue, EventError>

  /// Reads an event whose attributes are headers: binary content mode.
  ///
  /// - Parameters:
  ///   - attributes: the values of headers `ce-…`, by what follows, in small letters.
  ///   - body: the data, which has to be JSON.
  public init(attributes: [String: String], body: Data) throws(EventError) {
    let decoded = attributes.mapValues { $0.removingPercentEncoding ?? $0 }
    try self.init(decoded) { () throws(EventError) in try JSONValue(body) }
  }

  /// Makes the event of a response whose body is not to be read: its request has to be told of it.
  ///
  /// - Parameters:
  ///   - attributes: as in ``init(attributes:body:)``.
  ///   - reason: why not.
  /// - Throws: where it is no response, too.
  public init(
    attributes: [String: String], refusedAs reason: String
  ) throws(EventError) {
    try self.init(attributes.mapValues { $0.removingPercentEncoding ?? $0 }) {
      () throws(EventError) in throw .unreadablePayload(reason: reason)
    }
  }

  /// Reads one event, or a batch of them: structured content mode.
  public static func structured(_ body: Data) throws(EventError) -> [Result<CloudEvent, EventError>]
  {
    let value = try JSONValue(body)
    return (value.list ?? [value]).map { value in
      Result { () throws(EventError) in try CloudEvent(structured: value) }
    }
  }

  private init(structured value: JSONValue) throws(EventError) {
    guard let members = value.object else {
      throw .unreadablePayload(reason: "an event is no JSON object")
    }
    try self.init(members.compactMapValues(\.text)) { () throws(EventError) in
      guard members["time"]?.text != nil || members["time"] ?? .null == .null else {
        throw .unreadablePayload(reason: "time is no text with an ISO 8601 instant")
      }
      let data = members["data"] ?? .null
      if let text = members["data_base64"]?.text {
        guard let bytes = Data(base64Encoded: text) else {
          throw .unreadablePayload(reason: "data_base64 is no base64")
        }
        return try JSONValue(bytes)
      }
      // JSON that was sent as a text.
      if let text = data.text { return try JSONValue(text.utf8) }
      return data
    }
  }

  private init(
    _ attributes: [String: String], _ data: () throws(EventError) -> JSONValue
  ) throws(EventError) {
    func attribute(_ name: String) throws(EventError) -> String {
      guard let value = attributes[name], !value.isEmpty else {
        throw .unreadablePayload(reason: "it has no `\(name)`")
      }
      return value
    }
    let version = try attribute("specversion")
    guard ["1.0", "0.3", "0.2"].contains(version) else {
      throw .unreadablePayload(reason: "specversion is `\(version)`, not 1.0, 0.3 or 0.2")
    }
    id = try attribute("id")
    source = try attribute("source")
    let type = try attribute("type")
    if type.hasSuffix(".inference.request") {
      side = .request
    } else if type.hasSuffix(".inference.response") {
      side = .response
    } else {
      throw .unreadablePayload(
        reason: "type `\(type)` ends in neither `.inference.request` nor `.inference.response`")
    }
    extensions = attributes
    do {
      time = try Self.time(attributes["time"])
      self.data = .success(try data())
    } catch {
      guard side == .response else { throw error }
      self.data = .failure(error)
    }
  }

  private static func time(_ text: String?) throws(EventError) -> Instant? {
    guard let text, !text.isEmpty else { return nil }
    guard let time = Instant(text) else {
      throw .unreadablePayload(reason: "time is `\(text.prefix(40))`, no ISO 8601 instant")
    }
    return time
  }

  /// The model the event is of: an inference service, and a component of it that is no predictor.
  public var model: String? {
    let component = extensions["component"] ?? ""
    let name =
      extensions["inferenceservicename"] ?? extensions["modelid"]
      ?? source.split(separator: "/").last.map(String.init)
    guard let name else { return nil }
    return component.isEmpty || component == "predictor" ? name : "\(name).\(component)"
  }

  /// What a request and its response have in common.
  var key: String {
    let request = extensions["requestid"] ?? id
    return [request, extensions["namespace"], extensions["modelid"]].compactMap(\.self)
      .joined(separator: " ")
  }

  /// What the predictions of the event are called.
  var predictionID: String { extensions["requestid"] ?? id }

  /// Which of several versions answered, where the event tells.
  var version: String? { extensions["endpoint"].flatMap { $0.isEmpty ? nil : $0 } }
}
