public import Monitoring

/// Mistakes of a configuration for continuous integration: a test case for each, which fails; a single one
/// that passes where there are none.
public struct ConfigurationJUnit {
  let path: String
  let mistakes: [ConfigurationError.Mistake]

  public init(path: String, mistakes: [ConfigurationError.Mistake]) {
    self.path = path
    self.mistakes = mistakes
  }

  public func render() -> String {
    JUnitSuite(
      name: "configuration", properties: [("file", path)],
      cases: mistakes.isEmpty
        ? [("no mistakes", .passed)]
        : mistakes.map { mistake in
          ("line \(mistake.line)", .failure(type: "mistake", message: mistake.text))
        }
    ).render()
  }
}
