import Alerting
import Events
import Foundation
import Hummingbird
import Monitoring
import NIOCore
import Store

/// Alerts as they are, what happened to them, and that somebody takes one on.
struct AlertRoutes<Context: RequestContext> {
  let state: ServiceState
  let history: History
  let alerts: AlertService

  private struct Alerts: Encodable {
    let alerts: [AlertRecord]
  }

  private struct Alert: Encodable {
    let alert: AlertRecord
    /// Newest first.
    let events: [AlertEvent]
  }

  private struct Events: Encodable {
    let events: [AlertEvent]
    /// The `before` of the next page; nil where this is the last.
    let next: Int64?
  }

  private struct Attempts: Encodable {
    let attempts: [DeliveryAttempt]
  }

  private struct Acknowledgement: Decodable {
    var by: String
    /// From somebody else who has taken it on.
    var takeOver: Bool?

    static var wanted: [String: String] {
      [
        "by": "the name of who takes the alert on", "take_over": "true or false",
      ]
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case by
      case takeOver = "take_over"
    }
  }

  func add(to router: some RouterMethods<Context>) {
    let read = ScopeMiddleware<Context>(scope: .read, state: state)
    router.group("v1/alerts").add(middleware: read).get(use: list)
    router.group("v1/alerts/{fingerprint}").add(middleware: read).get(use: show)
    router.group("v1/alerts/{fingerprint}/ack")
      .add(middleware: ScopeMiddleware(scope: .admin, state: state)).post(use: acknowledge)
    router.group("v1/alert-events").add(middleware: read).get(use: events)
    router.group("v1/notifications").add(middleware: read).get(use: attempts)
  }

  @Sendable private func list(_ request: Request, _ context: Context) async throws -> Response {
    let query = request.uri.queryParameters
    let states = try request.choices("state", of: AlertRecord.State.self)
    let severities = try request.choices("severity", of: AlertSeverity.self)
    let model = query["model"].map(String.init)
    let found = alerts.records.filter { alert in
      (states.isEmpty || states.contains(alert.state))
        && (severities.isEmpty || severities.contains(alert.severity))
        && (model == nil || alert.labels["model_name"] == model)
    }
    let now = state.now()
    return try JSONText.response(Alerts(alerts: found.map { $0.seen(at: now) }))
  }

  @Sendable private func show(_ request: Request, _ context: Context) async throws -> Response {
    let fingerprint = context.parameters.get("fingerprint") ?? ""
    guard let alert = try history.alert(fingerprint) else { throw Self.noSuchAlert }
    let events = try history.alertEvents(of: fingerprint, limit: 100)
    return try JSONText.response(Alert(alert: alert.whole.seen(at: state.now()), events: events))
  }

  @Sendable private func acknowledge(
    _ request: Request, _ context: Context
  ) async throws -> Response {
    let fingerprint = context.parameters.get("fingerprint") ?? ""
    let wish = try await request.json(
      Acknowledgement.self, Acknowledgement.CodingKeys.self, wanted: Acknowledgement.wanted,
      mend: Self.unclearMend)
    guard Person.isName(wish.by) else {
      throw Self.unclear("it does not say who takes the alert on")
    }
    guard try history.alert(fingerprint) != nil else { throw Self.noSuchAlert }
    let now = state.now()
    let outcome = try history.acknowledge(
      fingerprint, by: wish.by, takesOver: wish.takeOver ?? false, at: now)
    switch outcome {
    case .taken(let alert): return try JSONText.response(alert.seen(at: now))
    case .takenBefore(let alert):
      throw Problem(
        .conflict, "already_acknowledged",
        "\(alert.acknowledgedBy ?? "somebody") has acknowledged the alert, "
          + "at \(alert.acknowledgedAt?.iso8601 ?? "a time that is not known")",
        mend: "leave it to them, or send \"take_over\": true")
    case .notFiring:
      throw Problem(
        .conflict, "not_firing", "the alert does not fire", mend: "see GET /v1/alerts?state=firing")
    }
  }

  @Sendable private func events(_ request: Request, _ context: Context) async throws -> Response {
    let limit = Int(try request.number("limit", in: 1...1_000) ?? 100)
    let events = try history.alertEvents(
      limit: limit + 1, before: request.number("before", in: 1...(.max)))
    let page = Array(events.prefix(limit))
    return try JSONText.response(
      Events(events: page, next: events.count > limit ? page.last?.id : nil))
  }

  @Sendable private func attempts(
    _ request: Request, _ context: Context
  ) async throws -> Response {
    let limit = Int(try request.number("limit", in: 1...1_000) ?? 100)
    let channel = request.uri.queryParameters["channel"].map(String.init)
    return try JSONText.response(
      Attempts(
        attempts: history.deliveryAttempts(
          of: channel, outcomes: request.choices("outcome", of: DeliveryAttempt.Outcome.self),
          limit: limit)))
  }

  private static var noSuchAlert: Problem {
    Problem(
      .notFound, "no_such_alert", "there is no alert of this fingerprint",
      mend: "see GET /v1/alerts")
  }

  private static func unclear(_ reason: String) -> Problem {
    Problem(
      .badRequest, "invalid_request", reason, mend: unclearMend)
  }

  private static var unclearMend: String { "send {\"by\": \"NAME\"}: \(Person.expected)" }
}

extension Request {
  /// Values of a query parameter that names some of a list: `state=firing,pending`.
  func choices<Choice: RawRepresentable & CaseIterable>(
    _ name: Substring, of type: Choice.Type
  ) throws -> [Choice] where Choice.RawValue == String {
    guard let text = uri.queryParameters[name] else { return [] }
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
      guard let choice = Choice(rawValue: String(word)) else {
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw Problem(
          .badRequest, "invalid_query", "`\(word)` is no \(name)", mend: "use some of \(known)")
      }
      return choice
    }
  }

  /// A whole number of the query; nil where it is not there.
  func number(_ name: Substring, in range: ClosedRange<Int64>) throws -> Int64? {
    guard let text = uri.queryParameters[name] else { return nil }
    guard let number = Int64(text), range.contains(number) else {
      throw Problem(
        .badRequest, "invalid_query", "`\(name)` is no number of its range",
        mend: "use a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// true or false of the query; nil where it is not there.
  func flag(_ name: Substring) throws -> Bool? {
    guard let text = uri.queryParameters[name] else { return nil }
    guard let flag = Bool(String(text)) else {
      throw Problem(
        .badRequest, "invalid_query", "`\(name)` is neither true nor false",
        mend: "use true or false")
    }
    return flag
  }

  /// An instant of the query; nil where it is not there.
  func time(_ name: Substring) throws -> Instant? {
    guard let text = uri.queryParameters[name] else { return nil }
    guard let time = Instant(String(text)) else {
      throw Problem(
        .badRequest, "invalid_query", "`\(name)` is no ISO 8601 instant",
        mend: "write it as 2026-11-23T00:00:00Z")
    }
    return time
  }

  /// What may stand at any place of some JSON.
  private struct Anything: Decodable {
    init(from decoder: any Decoder) {}
  }

  /// The body, an object of some members and of no others, read from JSON.
  ///
  /// - Parameter wanted: what members have to be, by their names, where more can be said than their types.
  /// - Throws: ``Problem`` that says which member is wrong.
  func json<Value: Decodable, Keys: CodingKey & CaseIterable>(
    _ type: Value.Type, _ keys: Keys.Type, wanted: [String: String] = [:], mend: String
  ) async throws -> Value {
    try requireJSON()
    let bytes: ByteBuffer
    do {
      bytes = try await body.collect(upTo: 1 << 20)
    } catch is NIOTooManyBytesError {
      throw HTTPError(.contentTooLarge)
    }
    let (data, decoder) = (Data(bytes.readableBytesView), JSONDecoder())
    do {
      let members = try decoder.decode([String: Anything].self, from: data).keys
      let known = Keys.allCases.map(\.stringValue)
      let unknown = members.filter { !known.contains($0) }.sorted().prefix(10)
      guard unknown.isEmpty else {
        let names = unknown.map { "`\($0.prefix(100))`" }.joined(separator: ", ")
        throw Problem(
          .badRequest, "invalid_request", "the body has members nobody knows: \(names)",
          mend: "known are \(known.joined(separator: ", "))")
      }
      return try decoder.decode(type, from: data)
    } catch let error as DecodingError {
      throw Problem(
        .badRequest, "invalid_request",
        wanted.isEmpty ? error.explained(whole: "the body") : error.explanation(wanted), mend: mend)
    }
  }
}
