import Alerting
import ArgumentParser
import DataSources
import Foundation
import Monitoring
import Store

/// What a diagnosis at the command line goes by.
extension DiagnoseCommand {
  /// All there is, up to the time the diagnosis is of: what came later is no cause.
  func evidence(_ configuration: Configuration) throws -> DiagnosisEvidence {
    var evidence = DiagnosisEvidence()
    let sources = SourceOpener(connections: configuration.connections)
    if let reference, let current {
      let reader = try reader(reference, current, sources, configuration)
      (evidence.tables, evidence.labelDelay) = try reader.read()
      evidence.results += configuration.diagnosis.checks.map {
        $0.run(current: reader.current, reference: reader.reference)
      }
    } else if reference != nil {
      throw ValidationError("the reference comes with the current rows: two sources, or none")
    } else if referenceSql != nil || currentSql != nil {
      throw ValidationError(
        "--reference-sql and --current-sql are queries over two sources: name them")
    }
    evidence.now = try labels.until
    let end = evidence.now ?? evidence.tables?.end
    if let history { try add(History(reading: history), to: &evidence, until: end) }
    if let metrics {
      let relation = try sources.open(metrics, sql: nil, option: "--metrics")
      evidence.metrics += try samples(relation).filter { $0.at < end ?? .latest }
    }
    if let settings = try prometheus(configuration) {
      evidence.metrics += try InfrastructureReader(settings, model: model).samples(
        from: evidence.tables?.firstTime, until: end ?? .now)
    }
    if let infrastructure { evidence.infrastructure = try Self.figures(infrastructure) }
    if let deployments {
      let told = try Self.deployments(deployments).filter { $0.at < end ?? .latest }
      evidence.deployments = (evidence.deployments ?? []) + told
    }
    guard evidence.tables != nil || !evidence.metrics.isEmpty || !evidence.infrastructure.isEmpty
    else { throw ValidationError("there is nothing to go by: " + whatIsMissing) }
    return evidence
  }

  private func add(
    _ history: History, to evidence: inout DiagnosisEvidence, until end: Instant?
  ) throws {
    try history.add(to: &evidence, model: model, until: end)
    guard let model else { return }
    let told = try history.deployments(of: model, until: end)
    // None that is known is no word that there was none.
    if !told.isEmpty { evidence.deployments = told.reversed() }
  }

  /// Metrics over time, of a table whose columns have the names they are to have.
  private func samples(_ relation: Relation) throws -> [MetricSample] {
    let reader = SampleReader(relation)
    do {
      return try reader.read().samples
    } catch MonitoringError.noSuchColumn(let name, _, let source, _) where name == reader.timestamp
    {
      // No option of this command names the column.
      throw MonitoringError.noMetrics(
        source: source, reason: "it has no column `\(reader.timestamp)`")
    }
  }

  private func reader(
    _ reference: String, _ current: String, _ sources: SourceOpener,
    _ configuration: Configuration
  ) throws -> DiagnosisReader {
    var options = PerformanceOptions()
    try labels.apply(to: &options)
    try predicted.apply(to: &options)
    var reader = DiagnosisReader(
      reference: try sources.open(reference, sql: referenceSql, option: "--reference-sql"),
      current: try sources.open(current, sql: currentSql, option: "--current-sql"),
      labels: try labels.labels.map {
        try sources.open($0, sql: labels.labelsSql, option: "--labels-sql")
      }, options: options)
    reader.schema = configuration.drift.schema
    reader.schema.ignored += (ignore ?? "").split(separator: ",").map(String.init)
    reader.version = versionColumn
    reader.needsTarget = true
    reader.loss = loss
    return reader
  }

  private static func figures(_ text: String) throws -> [String: InfrastructureFigure] {
    var figures: [String: InfrastructureFigure] = [:]
    for pair in text.split(separator: ",") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      let numbers = (sides.count == 2 ? sides[1] : "")
        .split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
      guard (1...2).contains(numbers.count), let value = numbers[0],
        numbers.allSatisfy({ $0 != nil })
      else {
        throw ValidationError(
          "--infrastructure takes name=now:usual,…, such as cpu_utilization=96:40, not `\(pair)`")
      }
      figures[sides[0]] = try InfrastructureFigure(
        of: sides[0], value: value, baseline: numbers.count > 1 ? numbers[1] : nil,
        option: "--infrastructure")
    }
    return figures
  }

  private static func deployments(_ path: String) throws -> [Deployment] {
    do {
      return try JSONDecoder().decode(
        [Deployment].self, from: Data(TextFile.read(path).utf8))
    } catch let error as DecodingError {
      let example = "{\"at\": \"2026-11-24T10:00:00Z\", \"version\": \"v2\"}"
      throw FileError.mistaken(
        path: path,
        reason: "\(error.explained(whole: "what it holds")); it is to be as [\(example)]")
    }
  }
}

extension Instant {
  /// Later than all that is looked at.
  fileprivate static var latest: Instant { Instant(microseconds: .max) }
}
