import Foundation
import Plumbline
import Support
import Testing

/// What the README shows, as someone who copies it would use it.
struct ReadmeTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  private func block(_ language: String, of document: String = "README.md") throws -> String {
    let text = try String(
      contentsOf: Self.folder.appendingPathComponent("../../" + document), encoding: .utf8)
    let parts = text.components(separatedBy: "```\(language)\n")
    let after = try #require(parts.count == 2 ? parts.last : nil, "one block of \(language)")
    return try #require(after.components(separatedBy: "```\n").first)
  }

  @Test func `The Swift example is the code that this test target compiles`() throws {
    let compiled = try String(
      contentsOf: Self.folder.appendingPathComponent("ReadmeExample.swift"), encoding: .utf8)
    #expect(try block("swift") == compiled)
  }

  @Test func `The Swift example finds the column that drifted`() throws {
    let folder = try TemporaryFolder()
    let rows = "SELECT range % 2 = 0 AS churned, range % 97 AS age"
    let report = try checkDrift(
      reference: folder.write(
        "r.parquet", rowsOf: "\(rows), range / 10.0 AS price FROM range(2000)"),
      current: folder.write(
        "c.parquet", rowsOf: "\(rows), range / 10.0 + 50 AS price FROM range(2000)"))
    #expect(report.columns.filter { $0.drifted == true }.map(\.column) == ["price"])
    #expect(report.columns.first?.method == "ks_test")
    #expect(report.columns.first { $0.column == "churned" }?.role == .target)
  }

  @Test func `The experiment example can be read`() throws {
    let config = try ExperimentConfig.read(try block("json"), path: "experiment.json")
    #expect(config.experimentID == "fraud_v2")
    #expect(config.maximumSampleSize == 40_000)
    #expect(config.guardrails.count == 2)
  }

  @Test func `The configuration example can be read`() throws {
    let configuration = try ConfigurationReader.read(
      try block("yaml"), path: "plumbline.yaml", environment: [:])
    #expect(configuration.drift.schema.target == "churned")
    #expect(configuration.drift.methodFor == ["price": "ks_test"])
    #expect(configuration.connections["warehouse"]?.driver == "postgresql")
  }

  @Test func `The example of a diagnosis is compiled, and blames what its own diagnostic says`()
    throws
  {
    let compiled = try String(
      contentsOf: Self.folder.appendingPathComponent("DiagnosisExample.swift"), encoding: .utf8)
    #expect(try block("swift", of: "docs/diagnosis.md") == compiled)
    let folder = try TemporaryFolder()
    let rows = try folder.write(
      "r.parquet",
      rowsOf: "SELECT range % 97 AS age, 0.4 AS p, hash(range) % 5 < 2 AS late FROM range(600)")
    let report = try diagnose(reference: rows, current: rows)
    #expect(report.primaryCause == .infrastructure)
    #expect(report.causes.first?.evidence.first?.contains("requests wait") == true)
  }

  @Test func `The configuration of a diagnosis can be read`() throws {
    let configuration = try ConfigurationReader.read(
      try block("yaml", of: "docs/diagnosis.md"), path: "plumbline.yaml",
      environment: ["PROMETHEUS_TOKEN": "secret"])
    #expect(configuration.diagnosis.checks.first?.name == "negative_amounts")
    #expect(configuration.models.first?.diagnosis.queries.count == 1)
  }
}
