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
    ("diagnosis: {prometheus: {}}", "has to have its `url`"),
    ("diagnosis: {prometheus: {url: 'localhost:9090'}}", "http:// or https://"),
    ("diagnosis: {prometheus: {url: 'http://h', token: abc}}", "is a secret"),
    ("diagnosis: {timeout: 2h}", "a span of 1s to 1h"),
    ("models: [{name: a, diagnosis: {windw: 7d}}]", "did you mean `window`?"),
    ("models: [{name: a, diagnosis: {window: 99999d}}]", "a span of time"),
    ("models: [{name: a, diagnosis: {queries: {\"a b\": up}}}]", "letters, digits and `_`"),
    ("models: [{name: a, diagnosis: {deployments: [{version: v2}]}}]", "say when it was"),
    ("models: [{name: a, diagnosis: {deployments: [{at: soon}]}}]", "an ISO 8601 instant"),
    ("models: [{name: a, diagnosis: {loss: nonsense}}]", "zero_one, brier"),
    // What a request can never get, or a check never make.
    ("service: {limits: {body_bytes: 8MiB, pending_bytes: 1MiB}}", "raise pending_bytes, or lower"),
    ("service: {limits: {pending_bytes: 1MiB}}", "less than body_bytes (67108864)"),
    ("schema: {categorical: [a], numerical: [a]}", "`a` is given by numerical and categorical"),
    ("models: [{name: m, schema: {text: [a, a]}}]", "given by text and text of the schema"),
    ("models: [{name: m, feature_names: [a, b, a]}]", "feature_names has `a` twice"),
    ("models: [{name: m, class_names: [a, a]}]", "class_names has `a` twice"),
    (
      "service: {tokens: [{name: a, scopes: [read], env: T}, {name: b, scopes: [ingest], env: T}]}",
      "the tokens `a` and `b` are one and the same; list it once"
    ),
    // What looks right and is a text.
    ("service: {allow_unauthenticated: \"true\"}", "`true` is a text by its quotes"),
    ("service: {retention: {days: '90'}}", "`90` is a text by its quotes"),
    ("drift: {threshold: \"0.1\"}", "leave the quotes out"),
    ("experiments: [{experiment_id: e, traffic_split: \"0.5\", metrics: [m]}]", "in quotes"),
    // What is known is said where nothing is near.
    ("service: {xyz: 1}", "unknown key `xyz` in service; known are data_folder, listen, "),
    (
      "connections: {c: {driver: d, uri: \"d://${NONE}/x\"}}",
      "the environment has no variable `NONE`; set it for this process"
    ),
    // A bad name hides nothing of the checks.
    ("models: [{name: \"a b\", checks: [{type: nonsense}]}]", "`nonsense` is not"),
  ])
  func `A mistake is named`(text: String, mistake: String) throws {
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationReader.read(
        text, path: "plumbline.yaml", environment: ["T": "a-token-that-is-long-enough"])
    }
    #expect(error.mistakes.contains { $0.text.contains(mistake) }, "\(error.what)")
  }

  @Test func `What is said of diagnoses is read`() throws {
    let configuration = try ConfigurationReader.read(
      """
      diagnosis:
        timeout: 90s
        prometheus: {url: "http://h:9090", token: {env: T}, queries: {queue_depth: sum(queue)}}
      models:
        - name: fraud
          diagnosis:
            window: 3d
            segment: plan
            loss: log_loss
            queries: {cpu_utilization: "100 * cpu"}
            deployments:
              - {at: 2026-01-02T03:04:05Z, version: v2, config: abc, dependencies: {numpy: "2.1"}}
      """, path: "plumbline.yaml", environment: ["T": "secret"])
    #expect(configuration.diagnosis.timeoutSeconds == 90)
    #expect(configuration.diagnosis.prometheus?.token == "secret")
    #expect(configuration.diagnosis.prometheus?.queries == ["queue_depth": "sum(queue)"])
    let model = try #require(configuration.models.first).diagnosis
    #expect(model.window?.seconds == 3 * 86_400 && model.segments == ["plan"])
    #expect(model.loss == .logLoss && model.queries == ["cpu_utilization": "100 * cpu"])
    #expect(model.deployments.first?.dependencies == ["numpy": "2.1"])
    #expect(model.deployments.first?.at == Instant("2026-01-02T03:04:05Z"))
  }
}
