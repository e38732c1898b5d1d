import Hummingbird
import Monitoring

/// Which time somebody asks about, and what it is compared with.
struct DiagnosisQuestion: Sendable, Equatable {
  var since: Instant
  var until: Instant
  var referenceFrom: Instant
  var referenceUntil: Instant
  /// Whether the reference is a time of the model's events, whatever the configuration names as one.
  var comparesEvents: Bool
  /// Columns that may name a segment, besides those of the configuration.
  var segments: [String]

  /// As far back as events may be.
  private static let longestSeconds = 3_653 * 86_400

  init(_ request: Request, of model: ModelConfiguration, at now: Instant) throws {
    let query = request.uri.queryParameters
    func span(_ name: Substring) throws -> TimeSpan? {
      try query[name].map { text in
        guard let span = TimeSpan(String(text)), span.seconds <= Self.longestSeconds else {
          throw Problem(
            .badRequest, "invalid_query", "`\(name)` is no span of time of up to ten years",
            mend: "write it as \(TimeSpan.expected)")
        }
        return span
      }
    }
    func alone(_ name: Substring, _ other: Substring) throws {
      guard query[name] == nil || query[other] == nil else {
        throw Problem(
          .badRequest, "invalid_query", "`\(name)` and `\(other)` say the same",
          mend: "give one of the two")
      }
    }
    try alone("since", "window")
    try alone("reference_since", "reference_window")
    let given = model.diagnosis
    until = try request.time("until") ?? now
    let window = try span("window") ?? given.window
    since =
      try request.time("since")
      ?? Self.before(until, window?.microseconds ?? 7 * 86_400_000_000)
    referenceUntil = try request.time("reference_until") ?? since
    let referenceWindow = try span("reference_window") ?? given.referenceWindow
    referenceFrom =
      try request.time("reference_since")
      ?? Self.before(referenceUntil, referenceWindow?.microseconds ?? 28 * 86_400_000_000)
    comparesEvents = ["reference_window", "reference_since", "reference_until"].contains {
      query[$0] != nil
    }
    segments = (query["segments"] ?? "").split(separator: ",").map(String.init)
    guard since < until, referenceFrom < referenceUntil, referenceUntil <= since else {
      throw Problem(
        .badRequest, "invalid_query",
        "the times are not in order: reference from \(referenceFrom.iso8601) to "
          + "\(referenceUntil.iso8601), in question from \(since.iso8601) to \(until.iso8601)",
        mend: "have the reference end before `since`, and `since` come before `until`")
    }
  }

  private static func before(_ time: Instant, _ microseconds: Int64) -> Instant {
    Instant(microseconds: time.microseconds - microseconds)
  }
}
