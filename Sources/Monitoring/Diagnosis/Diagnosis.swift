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
  public func run(_ evidence: DiagnosisEvidence) -> DiagnosisReport {
    let (evidence, results, signals) = look(at: evidence)
    return DiagnosisReportBuilder(
      evidence: evidence, results: results, signals: signals, options: options
    ).report()
  }

  /// What diagnostics found, before it is weighed: for calibration.
  func look(
    at given: DiagnosisEvidence
  ) -> (DiagnosisEvidence, [DiagnosticResult], CauseSignals) {
    var evidence = given
    if let tables = evidence.tables {
      evidence.analysis = DiagnosisAnalysis(tables, options: options)
    }
    let results = diagnostics.map { $0.run(evidence) } + evidence.results
    return (evidence, results, CauseSignals(evidence, results))
  }

  /// The signals that scores are made of, for fitting them.
  public func signals(of evidence: DiagnosisEvidence) -> CauseSignals { look(at: evidence).2 }
}
