/// How soon somebody is to take an alert on that fires.
public struct ResponseTime: Sendable, Hashable, CustomStringConvertible {
  /// 0 for at once.
  public var seconds: Int

  public init(seconds: Int) {
    self.seconds = seconds
  }

  public static let immediate = ResponseTime(seconds: 0)
  public static let expected = "`immediate`, or a span of time from 1s to 30d, such as 90s or 2h"
  /// What "at once" leaves people until they are late: nobody hears a pager in the second it rings.
  public static let immediateSeconds = 300
  private static let longestSeconds = 30 * 86_400

  /// Reads `immediate` or a span of time up to thirty days.
  public init?(_ text: String) {
    if text == "immediate" {
      self = .immediate
    } else if let span = TimeSpan(text), span.seconds <= Self.longestSeconds {
      seconds = span.seconds
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
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let time = ResponseTime(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "no response time: \(text)"))
    }
    self = time
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
