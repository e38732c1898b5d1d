import Statistics

/// Finds out why a model got worse.
///
/// ```swift
/// var diagnosis = Diagnosis()
/// diagnosis.register(QueueDiagnostic())
/// var evidence = DiagnosisEvidence()
/// evidence.tables = try DiagnosisReader(
///   reference: reference, current: current, options: options
/// ).read()
/// evidence.infrastructure["latency_p99_ms"] = InfrastructureFigure(value: 740, baseline: 180)
/// let report = diagnosis.run(evidence)
/// print(report.primaryCause, report.confidence)
/// ```
public struct Diagnosis: Sendable {
  public var options: DiagnosisOptions
  /// In the order they are run.
  public private(set) var diagnostics: [any Diagnostic]

  /// With all built-in diagnostics.
  public init(options: DiagnosisOptions = DiagnosisOptions()) {
    self.options = options
    diagnostics =
      [DataDriftDiagnostic(), TargetDriftDiagnostic(), ConceptDriftDiagnostic()]
      + InfrastructureDiagnostic.all(options)
      + [DataQualityDiagnostic(), FreshnessDiagnostic(options), ModelBehaviourDiagnostic()]
      + DeploymentDiagnostic.Part.allCases.map { DeploymentDiagnostic($0) }
      + [TrafficVolumeDiagnostic(options), NewSegmentDiagnostic()]
  }

  /// Adds a diagnostic; one of the same name is replaced.
  public mutating func register(_ diagnostic: any Diagnostic) {
    diagnostics.removeAll { $0.name == diagnostic.name }
    diagnostics.append(diagnostic)
  }

  /// Runs all diagnostics and weighs what they found. The same evidence and seed give the same report.
  public func run(_ evidence: DiagnosisEvidence) -> DiagnosisReport { explain(evidence).report }

  /// The report with what it was made from: the evidence with its analysis, and the signals of causes.
  public func explain(
    _ given: DiagnosisEvidence
  ) -> (evidence: DiagnosisEvidence, report: DiagnosisReport, signals: CauseSignals) {
    var evidence = given
    if var tables = evidence.tables {
      tables.setDatesApart()
      evidence.tables = tables
      evidence.analysis = DiagnosisAnalysis(tables, options: options)
    }
    let results = diagnostics.map { $0.run(evidence) } + evidence.results
    let signals = CauseSignals(evidence, results)
    let report = DiagnosisReportBuilder(
      evidence: evidence, results: results, signals: signals, options: options
    ).report()
    return (evidence, report, signals)
  }
}
