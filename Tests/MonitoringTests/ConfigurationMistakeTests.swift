import Monitoring
import Testing

/// Mistakes that are easily made and hard to see.
struct ConfigurationMistakeTests {
  @Test(arguments: [
    ("connections: {pg: {driver: postgresql, options: nonsense}}", "options has to map"),
    ("drift: {methods: 3}", "methods has to map"),
    ("drift: {threshold: nan}", "`nan` is not a number of at least 0"),
    ("schema: {target: \"\"}", "not empty"),
    (
      "models: [{name: a, checks: [{type: drift, name: \"\", schedule: \"@daily\", window: 1d}]}]",
      "not empty"
    ),
    (
      "models: [{name: a, checks: [{type: performance, schedule: \"@daily\", window: 1d, "
        + "performance: {threshold: 7}}]}]", "a number from 0 to 1"
    ),
    // A bad name hides nothing of the checks.
    ("models: [{name: \"a b\", checks: [{type: nonsense}]}]", "`nonsense` is not"),
  ])
  func `A mistake is named`(text: String, mistake: String) throws {
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationReader.read(text, path: "plumbline.yaml", environment: [:])
    }
    #expect(error.mistakes.contains { $0.text.contains(mistake) }, "\(error.what)")
  }
}
