/// How soon somebody has to look: critical at once, warning within the hour, info within the day.
public enum AlertSeverity: String, Codable, Sendable, CaseIterable {
  case critical, warning, info

  /// The response time the requirement's severity matrix asks for.
  public var responseTime: String {
    switch self {
    case .critical: "immediate"
    case .warning: "1_hour"
    case .info: "24_hours"
    }
  }
}
