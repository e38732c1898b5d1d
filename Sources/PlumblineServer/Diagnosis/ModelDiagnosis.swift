import Alerting
import DataSources
import Events
import Monitoring
import Store

/// Finds out why one model got worse, from what the service has: the model's events, the history, what
/// was deployed, and a Prometheus where there is one.
///
/// What cannot be had is said in the report; it is no reason not to make one.
struct ModelDiagnosis: Sendable {
  let log: EventLog
  let history: History
  let sources: SourceOpener
  let model: ModelConfiguration
  let configuration: DiagnosisConfiguration
  let question: DiagnosisQuestion

  /// Rows of a side from which on something can be said of them.
  static let leastRows = 30
  /// Rows of a side that are read at most; of more every so manieth.
  var mostRows = 250_000

  func report() throws -> DiagnosisReport {
    var evidence = DiagnosisEvidence()
    evidence.currentFrom = question.since
    evidence.now = question.until
    var missing: [String] = []
    try gatherRecords(&evidence)
    gatherMetrics(&evidence, &missing)
    do {
      try gatherRows(&evidence, &missing)
    } catch let error as any ExplainedError {
      missing.append(Self.reason("rows", error))
    }
    var report = Diagnosis(options: configuration.options).run(evidence)
    report.missing = missing + report.missing
    return report
  }

  /// Metrics, alerts and deployments that the service has kept.
  private func gatherRecords(_ evidence: inout DiagnosisEvidence) throws {
    try history.add(
      to: &evidence, model: model.name, from: question.referenceFrom, until: question.until)
    // What was there before the reference says what was changed from.
    let told = try history.deployments(of: model.name, until: question.until)
    let all = model.diagnosis.deployments.filter { $0.at < question.until } + told
    // None that is known is no word that there was none.
    if !all.isEmpty { evidence.deployments = all.sorted { $0.at < $1.at } }
  }

  private func gatherMetrics(_ evidence: inout DiagnosisEvidence, _ missing: inout [String]) {
    guard let prometheus = configuration.prometheus else { return }
    do {
      let reader = InfrastructureReader(
        prometheus, model: model.name, own: model.diagnosis.queries)
      evidence.metrics += try reader.samples(
        from: question.referenceFrom, until: question.until)
    } catch {
      missing.append(Self.reason("prometheus", error))
    }
  }

  private static func reason(_ what: String, _ error: any ExplainedError) -> String {
    "\(what): \((error as? EventError)?.whatForOthers ?? error.what); \(error.mend)"
  }
}
