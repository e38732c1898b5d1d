import Statistics

/// Whether features are broken: missing, stuck, filled, in another unit or encoding, or gone.
public struct DataQualityDiagnostic: Diagnostic {
  public let name = "data_quality_check"
  public let cause = RootCause.modelBug
  public let kind = CauseKind.featureEngineeringBug

  public init() {}

  public func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
    guard let tables = evidence.tables, let analysis = evidence.analysis else {
      return .unknown(self, "there are no rows of two sides")
    }
    let schema = tables.findings.filter {
      ($0.check == .missingColumn || $0.check == .typeChanged) && $0.severity == .critical
    }
    let defects = analysis.features.flatMap { shift in shift.defects.map { (shift.name, $0) } }
      .sorted { $0.1.strength > $1.1.strength }
    guard !tables.features.isEmpty || !schema.isEmpty else {
      return .unknown(self, "there are no features")
    }
    var details = schema.map { finding in
      DiagnosticFigure("schema", of: finding.column, text: finding.message)
    }
    details += defects.prefix(10).map { name, defect in
      DiagnosticFigure(
        defect.kind.rawValue, of: name, value: defect.current, reference: defect.reference,
        text: defect.message)
    }
    let strength = max(schema.isEmpty ? 0 : 0.95, defects.first?.1.strength ?? 0)
    let first = defects.first.map { analysis.onsets["feature:" + $0.0]?.at } ?? nil
    let message =
      schema.first?.message ?? defects.first?.1.message ?? "no feature is broken"
    return DiagnosticResult(
      self, failed: strength >= 0.4, severity: strength >= 0.9 ? .critical : .warning,
      strength: strength, message: message, details: details,
      remediation: "Review pipeline", since: first ?? nil)
  }
}
