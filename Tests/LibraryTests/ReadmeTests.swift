import Foundation
import Plumbline
import Support
import Testing

/// What the README shows, as someone who copies it would use it.
struct ReadmeTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  private func block(_ language: String) throws -> String {
    let readme = try String(
      contentsOf: Self.folder.appendingPathComponent("../../README.md"), encoding: .utf8)
    let parts = readme.components(separatedBy: "```\(language)\n")
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
}
