/// How things stand. Unknown is never quietly healthy.
public enum Status: String, Codable, Sendable, CaseIterable {
  case healthy, degraded, critical, unknown
}
