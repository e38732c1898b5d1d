/// What is wrong with a configuration, by section.
public struct ConfigurationMistakes: Sendable, Equatable {
  private var bySection: [String: [ConfigurationError.Mistake]] = [:]

  /// Those of secrets that are not on this machine: the file is none the worse for them.
  var absentSecrets: [ConfigurationError.Mistake] = []

  public init() {}

  /// Mistakes of a section (`models`, `alerting`, …), in the order of their lines. Those of alert rules
  /// are in `alerting.rules`; what is in no section is in "".
  public subscript(section: String) -> [ConfigurationError.Mistake] { bySection[section] ?? [] }

  /// Mistakes of a section that are the file's own, whatever secrets are not on this machine.
  public func ofFile(in section: String) -> [ConfigurationError.Mistake] {
    self[section].filter { !absentSecrets.contains($0) }
  }

  public var isEmpty: Bool { bySection.isEmpty }

  /// Every mistake, in the order of their lines.
  public var all: [ConfigurationError.Mistake] {
    bySection.values.flatMap(\.self).sorted { $0.line < $1.line }
  }

  mutating func add(_ mistake: ConfigurationError.Mistake, in section: String) {
    bySection[section, default: []].append(mistake)
    bySection[section]?.sort { $0.line < $1.line }
  }

  mutating func move(_ mistakes: [ConfigurationError.Mistake], from: String, to: String) {
    for mistake in mistakes {
      guard let place = bySection[from]?.firstIndex(of: mistake) else { continue }
      bySection[from]?.remove(at: place)
      add(mistake, in: to)
    }
    if bySection[from]?.isEmpty == true { bySection[from] = nil }
  }
}
