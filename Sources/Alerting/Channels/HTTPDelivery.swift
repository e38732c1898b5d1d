import Foundation
import Monitoring
import Outbound

/// One POST to a provider, and what comes of it: the only place that says which outcomes may pass and
/// which will not.
struct HTTPDelivery: Sendable {
  var client: HTTPClient
  var clock: @Sendable () -> Instant
  /// What is left out of reasons, should a provider repeat it: keys and the paths of webhooks.
  var secrets: [String]

  init(
    _ configuration: ChannelConfiguration, clock: @escaping @Sendable () -> Instant,
    secrets: [String]
  ) {
    client = HTTPClient(
      timeoutMilliseconds: configuration.timeoutMilliseconds,
      certificateFile: configuration.certificateAuthority)
    self.clock = clock
    // The longest first: a key within a path would leave the rest of the path.
    self.secrets = secrets.filter { $0.utf8.count > 3 }.sorted { $0.utf8.count > $1.utf8.count }
  }

  /// Posts a body.
  ///
  /// - Returns: an answer of success, 200 to 299.
  /// - Throws: ``DeliveryError``; see ``isTemporary(_:)`` for which.
  func post(
    _ body: [UInt8], to url: String, headers: [(name: String, value: String)] = []
  ) throws(DeliveryError) -> HTTPResponse {
    let request = HTTPRequest(
      method: "POST", url: url,
      headers: [("Content-Type", "application/json"), ("User-Agent", "Plumbline")] + headers,
      body: body)
    let response: HTTPResponse
    do {
      response = try client.send(request)
    } catch {
      throw DeliveryError(error)
    }
    guard !(200...299).contains(response.status) else { return response }
    let reason = reason(response, from: WebAddress.peer(of: url))
    guard Self.isTemporary(response.status) else { throw .permanent(reason: reason) }
    throw .temporary(
      reason: reason,
      retryAfter: response[header: "Retry-After"].flatMap { Self.retryAfter($0, now: clock()) })
  }

  /// Whether the same request may succeed later: 408 Request Timeout, 425 Too Early, 429 Too Many Requests
  /// and all errors of the server. Redirects and other errors of the client come again each time.
  static func isTemporary(_ status: Int) -> Bool {
    switch status {
    case 408, 425, 429, 500...599: true
    default: false
    }
  }

  /// Seconds to wait, of a number of seconds or a date (RFC 9110, 10.2.3); at most a day.
  static func retryAfter(_ text: String, now: Instant) -> Double? {
    let longest = 86_400.0
    if !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) {
      return Double(text).map { min($0, longest) }
    }
    guard let date = HTTPDate.seconds(text) else { return nil }
    return min(longest, max(0, Double(date) - Double(now.microseconds) / 1e6))
  }

  /// What was answered, in a line without secrets.
  func reason(_ response: HTTPResponse, from peer: String) -> String {
    var text = String(decoding: response.body.prefix(2_000), as: UTF8.self).presentableLine
    for secret in secrets { text = text.replacing(secret, with: "…") }
    text = text.clipped(to: 200)
    return "\(peer) answered \(response.status)" + (text.isEmpty ? "" : ": \(text)")
  }
}

extension ChannelConfiguration {
  /// At most an hour, which also keeps it within what C can hold.
  var timeoutMilliseconds: Int { min(max(1, timeoutSeconds), 3_600) * 1_000 }
}

extension DeliveryError {
  init(_ error: OutboundError) {
    self =
      error.isTemporary
      ? .temporary(reason: error.what, retryAfter: nil) : .permanent(reason: error.what)
  }
}

extension DeliveryReceipt {
  init(_ response: HTTPResponse) {
    self.init(detail: "HTTP \(response.status)")
  }
}

/// Bodies of requests.
enum ProviderJSON {
  /// - Throws: ``DeliveryError/permanent(reason:)`` where a value has no JSON.
  static func bytes(_ value: some Encodable) throws(DeliveryError) -> [UInt8] {
    let encoder = JSONEncoder()
    // The same message has the same bytes on every attempt.
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value))
    } catch {
      throw .permanent(reason: "the message has no form in JSON")
    }
  }

  /// A number JSON can hold; nil for NaN and infinity.
  static func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
}
