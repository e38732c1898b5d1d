import Foundation
import Monitoring
import Support
import Testing

/// The schema editors complete by and the reader agree on what a value may be, at the ends of every range.
struct ConfigurationSchemaTests {
  private struct Probe: Decodable {
    /// The keys above the value, lists as `*`.
    var place: String
    var value: String
    var document: String
    var valid: Bool
  }

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardizedFileURL.path

  private static let environment = [
    "SECRET": "a-secret-that-is-long-enough", "URL": "https://hooks.example/x",
    "KEY": "0123456789abcdef0123456789abcdef",
  ]

  /// Places where only the reader knows what is right: the schema takes all it takes, and more.
  private static let looser: Set<String> = [
    // Grammars, and times by the calendar.
    "drift.as_of", "service.tokens.*.expires", "models.*.checks.*.schedule",
    "alerting.rules.*.condition", "diagnosis.checks.*.fails", "alerting.routes.*.match.*",
    "alerting.inhibit.*.source.*", "alerting.inhibit.*.target.*", "alerting.rules.*.labels.team",
    // Names of others in the file, and of what is in the environment.
    "alerting.routes.*.channels.*", "alerting.channels.*.name", "alerting.channels.*.url.env",
    "alerting.channels.*.routing_key.env", "alerting.channels.*.api_key.env",
    "alerting.channels.*.secret.env", "alerting.channels.*.password.env",
    "connections.v.uri.env", "connections.v.options.password.env", "service.tokens.*.env",
    // One of several keys says what the others are.
    "service.tokens.*.name", "models.*.checks.*.type", "models.*.checks.*.name",
    "alerting.channels.*.type", "alerting.rules.*.dynamic.mode",
    // One of two is no less than the other.
    "service.limits.body_bytes", "service.limits.pending_bytes",
    // It is no less than what one attempt may take.
    "alerting.channels.*.give_up_after",
    // Addresses, as far as a pattern has them.
    "alerting.external_url", "alerting.rules.*.runbook_url", "alerting.channels.*.url",
    "experiments.*.experiment_id", "experiments.*.metrics.*", "experiments.*.min_sample_size",
    "experiments.*.max_sample_size",
  ]

  private func probes() throws -> [Probe] {
    let run = try ToolRun.python([
      Self.root + "/Scripts/probe_config_schema.py", Self.root + "/docs/schemas",
      Self.root + "/Tests/MonitoringTests/Examples/every-key.yaml",
    ])
    try #require(run.code == 0, "\(run.errors)")
    let decoder = JSONDecoder()
    return try run.output.split(separator: "\n").map {
      try decoder.decode(Probe.self, from: Data($0.utf8))
    }
  }

  private func isTaken(_ document: String) -> Bool {
    do {
      _ = try ConfigurationReader.read(
        document, path: "c.yaml", environment: Self.environment)
      return true
    } catch {
      return false
    }
  }

  @Test func `Reader and schema agree at the ends of every range`() throws {
    let probes = try probes()
    #expect(probes.count > 10_000)
    var apart: [String: [String]] = [:]
    for probe in probes {
      let isTaken = isTaken(probe.document)
      guard isTaken != probe.valid else { continue }
      if probe.valid, Self.looser.contains(probe.place) { continue }
      apart[probe.place, default: []].append(
        "\(probe.value) is taken by the \(isTaken ? "reader" : "schema") alone")
    }
    for (place, values) in apart.sorted(by: { $0.key < $1.key }) {
      Issue.record("\(place): \(values.prefix(8).joined(separator: ", "))")
    }
  }
}
