import Alerting
import Foundation
import Monitoring
import Support
import Testing

/// The schema editors complete by takes what the reader takes, and refuses much of what it refuses.
struct AlertingSchemaTests {
  private let folder: TemporaryFolder
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardizedFileURL.path

  init() throws {
    folder = try TemporaryFolder()
  }

  private func isValid(_ text: String) throws -> Bool {
    let document = try folder.write("c.yaml", text)
    let json = folder.path + "/c.json"
    let schemas = Self.root + "/docs/schemas"
    let convert =
      "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), open(sys.argv[2], 'w'))"
    return try python("-c", convert, document, json)
      && python("\(schemas)/validate.py", "\(schemas)/config.schema.json", json)
  }

  private func python(_ arguments: String...) throws -> Bool {
    try ToolRun.python(arguments).code == 0
  }

  @Test func `The example is a configuration, by the schema too`() throws {
    let path = Self.root + "/Examples/alerting.yaml"
    // Its paths are relative to the folder it is tried in.
    let text = try String(contentsOfFile: path, encoding: .utf8)
      .replacing("Examples/alerting/", with: "\(Self.root)/Examples/alerting/")
    let environment = [
      "SLACK_URL": "https://hooks.slack.com/services/x", "SMTP_PASSWORD": "x",
      "PAGERDUTY_KEY": "0123456789abcdef0123456789abcdef", "WEBHOOK_SECRET": "x",
      "OPSGENIE_KEY": "x", "TEAMS_URL": "https://example.com/x", "ALERTMANAGER_PASSWORD": "x",
    ]
    let inspection = ConfigurationInspection(of: text, path: path, environment: environment)
    let configuration = try inspection.flawless()
    #expect(configuration.doubts == [] && Channels.mistakes(in: configuration) == [])
    let alerting = configuration.alerting
    #expect(alerting.channels.count == 7 && alerting.routes.count == 4)
    #expect(
      try ConfigurationReader.rules(text, path: path, environment: [:]) == alerting.rules)
    #expect(try isValid(text))
  }

  @Test func `The example has every key of the schema, and every type of channel`() throws {
    let script = """
      import json, sys, yaml
      schema = json.load(open(sys.argv[1]))
      example = yaml.safe_load(open(sys.argv[2]))
      wanted, types = set(), set()
      def walk(node):
          if isinstance(node, list):
              for entry in node: walk(entry)
          if not isinstance(node, dict): return
          if "$ref" in node:
              name = node["$ref"].split("/")[-1]
              # A secret's forms are alternatives.
              if name != "secret": walk(schema["$defs"][name])
          for key, value in node.get("properties", {}).items():
              wanted.add(key)
              if "const" in value: types.add(value["const"])
              walk(value)
          for key in ("items", "anyOf", "oneOf", "allOf"): walk(node.get(key))
      walk(schema["properties"]["alerting"])
      def keys(node):
          if isinstance(node, list): return set().union(*map(keys, node)) if node else set()
          return set(node).union(*map(keys, node.values())) if isinstance(node, dict) else set()
      alerting = example["alerting"]
      print(len(wanted) > 40, sorted(wanted - keys(alerting)),
            sorted(types - {channel["type"] for channel in alerting["channels"]}))
      """
    let run = try ToolRun.python([
      "-c", script, Self.root + "/docs/schemas/config.schema.json",
      Self.root + "/Examples/alerting.yaml",
    ])
    #expect(run.output == "True [] []\n", "\(run.all)")
  }

  @Test(arguments: [
    "alerting: {}", "alerting: {group_by: model_name, group_wait: 0s, inhibit: []}",
    "alerting: {rules: [{name: a, metric: m, condition: absent, where: {a: 1}, recovery: 0.1}]}",
    "alerting: {channels: [{name: t, type: teams, url: {file: /f}, title_template: a.mustache}]}",
    "alerting: {channels: [{name: a, type: alertmanager, url: 'http://h', username: u, password: {env: P}}]}",
    "diagnosis: {prometheus: {url: 'http://h:9090', token: {env: T}, queries: {cpu_utilization: up}}, timeout: 1m}",
    "models: [{name: a, diagnosis: {window: 7d, segment: [plan], loss: brier, queries: {x: up}}}]",
    "models: [{name: a, diagnosis: {deployments: [{at: '2026-01-01', dependencies: {numpy: '2.1'}}]}}]",
  ])
  func `The schema takes what is right`(text: String) throws {
    #expect(try isValid(text))
  }

  @Test(arguments: [
    "alerting: []", "alerting: {ruls: []}", "alerting: {interval: 60}",
    "alerting: {rules: [{name: a, metric: m}]}",
    "alerting: {rules: [{name: a, metric: m, condition: absent, labels: {severity: x}}]}",
    "alerting: {rules: [{name: a, metric: m, condition: '> 1', dynamic: {mode: apply}}]}",
    "alerting: {channels: [{name: a, type: slack, url: 'https://x'}]}",
    "alerting: {channels: [{name: a, type: slack, url: {env: A}, port: 1}]}",
    "alerting: {channels: [{name: a, type: alertmanager, url: 'http://h', username: u}]}",
    "alerting: {routes: [{match: [severity], channels: [a]}]}",
    "diagnosis: {prometheus: {queries: {x: up}}}", "models: [{name: a, diagnosis: {windw: 7d}}]",
    "models: [{name: a, diagnosis: {deployments: [{version: v2}]}}]",
  ])
  func `The schema refuses what is wrong`(text: String) throws {
    #expect(try !isValid(text))
  }
}
