/// How soon somebody has to look: critical at once, warning within the hour, info within the day.
public enum AlertSeverity: String, Codable, Sendable, CaseIterable {
  case critical, warning, info

  /// The response time the severity matrix asks for, where a rule says no other.
  public var responseTime: ResponseTime {
    switch self {
    case .critical: .immediate
    case .warning: ResponseTime(seconds: 3_600)
    case .info: ResponseTime(seconds: 86_400)
    }
  }
}
