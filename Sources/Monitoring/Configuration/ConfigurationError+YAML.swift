import Yams

extension ConfigurationError.Mistake {
  /// What keeps a text from being YAML, at the line it is met.
  init(notYAML error: any Error) {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, let text), .parser(_, let problem, let mark, let text),
      .composer(_, let problem, let mark, let text):
      self.init(
        line: mark.line,
        text: "not YAML: \(problem)" + (Self.isBareCondition(mark.line, of: text) ? Self.quote : "")
      )
    case .duplicatedKeysInMapping(let keys, let context):
      self.init(
        line: context.mark.line,
        text: "in the mapping that begins here stands twice: "
          + keys.sorted().map { "`\(ConfigurationReader.shown($0))`" }.joined(separator: ", "))
    default: self.init(line: 1, text: "not YAML: \(error)")
    }
  }

  private static let quote = "; a condition is put in quotes, `>` means something else in YAML"

  private static func isBareCondition(_ line: Int, of text: String) -> Bool {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.indices.contains(line - 1) && lines[line - 1].contains("condition: >")
  }
}
