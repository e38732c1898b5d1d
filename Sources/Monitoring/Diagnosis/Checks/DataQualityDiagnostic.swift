import Statistics

/// Whether features are broken: missing, infinite, stuck, filled, in another unit or encoding, or gone; and
/// whether predictions are missing.
///
/// Labels that are missing are late as a rule, which is nothing broken: notes say how many there are.
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
    typealias Found = (subject: String?, onset: String, defect: FeatureDefect)
    var defects: [Found] = []
    for shift in analysis.features {
      for defect in shift.defects { defects.append((shift.name, "feature:" + shift.name, defect)) }
    }
    for defect in analysis.scoreDefects { defects.append((nil, "prediction", defect)) }
    defects.sort { $0.defect.strength > $1.defect.strength }
    guard !tables.features.isEmpty || !schema.isEmpty || !defects.isEmpty else {
      return .unknown(self, "there are no features")
    }
    var details = schema.map { finding in
      DiagnosticFigure("schema", of: finding.column, text: finding.message)
    }
    details += defects.prefix(10).map { name, _, defect in
      DiagnosticFigure(
        defect.kind.rawValue, of: name, value: defect.current, reference: defect.reference,
        text: defect.message)
    }
    let strength = max(schema.isEmpty ? 0 : 0.95, defects.first?.defect.strength ?? 0)
    let first = defects.first.flatMap { analysis.onsets[$0.onset]?.at }
    let message =
      schema.first?.message ?? defects.first?.defect.message ?? "no feature is broken"
    return DiagnosticResult(
      self, failed: strength >= 0.4, severity: strength >= 0.9 ? .critical : .warning,
      strength: strength, message: message, details: details,
      remediation: "Review pipeline", since: first)
  }
}
