import Plumbline

struct QueueDiagnostic: Diagnostic {
  let name = "queue_check"
  let cause = RootCause.infrastructure

  func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
    guard let depth = evidence.figure("queue_depth")?.value else {
      return .unknown(self, "queue_depth is not known")
    }
    return DiagnosticResult(
      self, failed: depth > 1_000, severity: .warning, strength: min(1, depth / 5_000),
      message: "\(depth) requests wait", remediation: "Add workers")
  }
}

func diagnose(reference: String, current: String) throws -> DiagnosisReport {
  let sources = SourceOpener()
  var options = PerformanceOptions()
  options.target = "late"
  options.probability = "p"
  var evidence = DiagnosisEvidence()
  (evidence.tables, evidence.labelDelay) = try DiagnosisReader(
    reference: sources.open(reference), current: sources.open(current), options: options
  ).read()
  evidence.infrastructure["queue_depth"] = InfrastructureFigure(value: 4_500, baseline: 20)
  var diagnosis = Diagnosis()
  diagnosis.register(QueueDiagnostic())
  return diagnosis.run(evidence)
}
