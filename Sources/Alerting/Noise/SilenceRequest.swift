public import Monitoring
public import Store

/// A silence somebody asks for, before it is known to make sense.
public struct SilenceRequest: Sendable {
  /// As texts: `model_name=fraud`.
  public var matchers: [String]
  /// nil for now.
  public var startsAt: Instant?
  /// Either this or a duration.
  public var endsAt: Instant?
  /// `45m`, `2h`, `1d`.
  public var duration: String?
  public var createdBy: String
  public var comment: String?

  /// The longest a silence may be: what is silenced for good is better switched off.
  public static let longestDays: Int64 = 366
  private static let longestText = 1_000

  public init(
    matchers: [String], startsAt: Instant?, endsAt: Instant?, duration: String?,
    createdBy: String, comment: String?
  ) {
    self.matchers = matchers
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.duration = duration
    self.createdBy = createdBy
    self.comment = comment
  }

  /// The silence that is asked for.
  ///
  /// - Parameter failure: makes an error of the reason why there is none.
  public func silence(
    at now: Instant, else failure: (String) -> some Error
  ) throws -> Silence {
    guard !matchers.isEmpty, matchers.count <= 50 else {
      throw failure("a silence has from 1 to 50 matchers")
    }
    let read = try matchers.map { text in
      guard text.unicodeScalars.count <= Self.longestText, let matcher = LabelMatcher(text) else {
        throw failure("`\(text.shown)` is no matcher such as model_name=fraud")
      }
      return matcher
    }
    guard read.contains(where: { !$0.matches([:]) }) else {
      throw failure("the matchers would silence alerts without any label")
    }
    guard Person.isName(createdBy) else {
      throw failure("who silences is not said: \(Person.expected)")
    }
    guard Self.isComment(comment ?? "") else {
      throw failure(
        "a comment has up to \(Self.longestText) characters, of control characters line feeds and tabs alone"
      )
    }
    let start = startsAt ?? now
    let longest = Self.longestDays * 86_400_000_000
    guard (endsAt == nil) != (duration == nil), start.microseconds < .max - longest,
      let end = try endsAt ?? end(start, failure)
    else { throw failure("a silence has either a duration or an end") }
    guard end > max(start, now), end.microseconds - start.microseconds <= longest else {
      throw failure("a silence ends after its start and after now, within a year")
    }
    return Silence(
      matchers: read, startsAt: start, endsAt: end, createdBy: createdBy, createdAt: now,
      comment: comment ?? "")
  }

  private static func isComment(_ text: String) -> Bool {
    text.unicodeScalars.count <= longestText
      && text.unicodeScalars.allSatisfy {
        $0.properties.generalCategory != .control || "\n\t".unicodeScalars.contains($0)
      }
  }

  private func end(_ start: Instant, _ failure: (String) -> some Error) throws -> Instant? {
    guard let duration else { return nil }
    guard let span = TimeSpan(duration) else {
      throw failure("`\(duration.shown)` is not \(TimeSpan.expected)")
    }
    let (microseconds, overflows) = start.microseconds.addingReportingOverflow(span.microseconds)
    return Instant(microseconds: overflows ? .max : microseconds)
  }
}

extension String {
  /// The beginning, for a message: nothing in it that a terminal would obey.
  fileprivate var shown: String {
    String(String.UnicodeScalarView(unicodeScalars.prefix(100))).presentableLine
  }
}
