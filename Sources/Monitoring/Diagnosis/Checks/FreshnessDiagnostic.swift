/// Whether rows still come.
public struct FreshnessDiagnostic: Diagnostic {
  public let name = "data_freshness_check"
  public let cause = RootCause.modelBug
  public let kind = CauseKind.featureEngineeringBug
  private let limit: TimeSpan?

  public init(_ options: DiagnosisOptions = DiagnosisOptions()) {
    limit = options.freshness
  }

  public func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
    guard let limit else { return .unknown(self, "no freshness was asked for") }
    guard let now = evidence.now, let last = evidence.tables?.current.span?.upperBound else {
      return .unknown(self, "the time of the newest row or the present time is not known")
    }
    let age = Double(now.microseconds - last) / 1e6
    let allowed = Double(limit.seconds)
    return DiagnosticResult(
      self, failed: age > allowed, severity: .warning, strength: age / (age + allowed),
      message: "the newest row is \(NumberFormat.short(age / 3_600)) hours old",
      details: [DiagnosticFigure("age_seconds", value: age, threshold: allowed)],
      since: Instant(microseconds: last))
  }
}
