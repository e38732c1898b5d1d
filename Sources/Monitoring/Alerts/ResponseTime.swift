/// How soon somebody is to take an alert on that fires.
public struct ResponseTime: Sendable, Hashable, CustomStringConvertible {
  /// 0 for at once; thirty days at most.
  public let seconds: Int

  /// What is negative is at once, what is longer than thirty days as long.
  public init(seconds: Int) {
    self.seconds = min(max(0, seconds), Self.longestSeconds)
  }

  public static let immediate = ResponseTime(seconds: 0)
  public static let expected = "`immediate`, or a span of time from 1s to 30d, such as 90s or 2h"
  /// What "at once" leaves people until they are late: nobody hears a pager in the second it rings.
  public static let immediateSeconds = 300
  private static let longestSeconds = 30 * 86_400

  /// The severity matrix's words.
  private static let words = ["immediate": 0, "1_hour": 3_600, "24_hours": 86_400]

  /// Reads a span of time up to thirty days, or a word of the severity matrix.
  public init?(_ text: String) {
    if let seconds = Self.words[text] {
      self.init(seconds: seconds)
    } else if let span = TimeSpan(text), span.seconds <= Self.longestSeconds {
      self.init(seconds: span.seconds)
    } else {
      return nil
    }
  }

  /// `immediate`, `90s`, `1h`, `24h`: as it is read, and days in hours, as those who are on call count.
  public var description: String {
    switch seconds {
    case ...0: "immediate"
    case _ where seconds % 3_600 == 0: "\(seconds / 3_600)h"
    case _ where seconds % 60 == 0: "\(seconds / 60)m"
    default: "\(seconds)s"
    }
  }

  /// How long after it fired an alert that nobody took on is overdue.
  var overdueAfterSeconds: Int { seconds > 0 ? seconds : Self.immediateSeconds }
}

extension ResponseTime: Codable {
  public init(from decoder: any Decoder) throws {
    // An alert that was kept is not lost for what another version says of this: it is looked at at once.
    self = ResponseTime(try decoder.singleValueContainer().decode(String.self)) ?? .immediate
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
