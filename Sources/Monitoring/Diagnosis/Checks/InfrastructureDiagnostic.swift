/// Whether a figure of the machines is beyond its limit, or far from what is usual.
public struct InfrastructureDiagnostic: Diagnostic {
  public let name: String
  public let kind: CauseKind
  public let cause = RootCause.infrastructure
  private let metric: String
  private let limit: Double
  private let isLow: Bool
  /// The limit is one of percent.
  private let isPercent: Bool

  /// Latency, memory, GPU, CPU and errors, with the limits of `options`.
  public static func all(_ options: DiagnosisOptions) -> [InfrastructureDiagnostic] {
    func make(
      _ name: String, _ kind: CauseKind, _ metric: String, _ limit: Double, low: Bool = false,
      percent: Bool = true
    ) -> InfrastructureDiagnostic {
      InfrastructureDiagnostic(
        name: name, kind: kind, metric: metric, limit: limit, isLow: low, isPercent: percent)
    }
    return [
      make(
        "infrastructure_latency_check", .latencySpike, "latency_p99_ms", options.latencyLimit,
        percent: false),
      make(
        "infrastructure_memory_check", .memoryPressure, "memory_utilization",
        options.utilizationLimit),
      make(
        "infrastructure_gpu_check", .gpuUtilizationLow, "gpu_utilization", options.gpuLimit,
        low: true),
      make(
        "infrastructure_cpu_check", .cpuPressure, "cpu_utilization", options.utilizationLimit),
      make(
        "infrastructure_error_check", .errorRate, "error_rate", options.errorLimit, percent: false),
    ]
  }

  public func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
    let all = InfrastructureSeries.figures(metric, evidence).filter(\.value.isFinite)
      .map { (figure: $0, strength: strength($0.value, $0.baseline)) }
    // One machine that is at its limit is enough, however the others are.
    guard let (figure, strength) = all.max(by: { $0.strength < $1.strength }) else {
      return .unknown(self, "\(metric) is not known")
    }
    let (value, baseline) = (figure.value, figure.baseline)
    let labels = figure.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      .joined(separator: ", ")
    let failed = strength >= 0.5
    let usual = baseline.map { ", usually \(NumberFormat.short($0))" } ?? ""
    let isCritical = isLow ? value < limit / 2 : value > (isPercent ? 95 : 2 * limit)
    return DiagnosticResult(
      self, failed: failed, severity: isCritical ? .critical : .warning, strength: strength,
      message:
        "\(metric)\(labels.isEmpty ? "" : " of \(labels)") is \(NumberFormat.short(value))\(usual); the limit is "
        + NumberFormat.short(limit),
      details: [
        DiagnosticFigure(
          metric, of: labels.isEmpty ? nil : labels, value: value, reference: baseline,
          threshold: limit)
      ], since: figure.since)
  }

  /// ½ on the limit, or at a change from the usual that is as bad.
  private func strength(_ value: Double, _ baseline: Double?) -> Double {
    if isLow {
      var strength = 0.5 + (limit - value) / (2 * max(limit, 1e-9))
      if let baseline, baseline > 0 {
        // Half of what is usual is as low as the limit; where it was always low, nothing happened.
        let fall = value / baseline
        strength = max(min(strength, 0.5), 1 - fall)
        if fall > 0.8 { strength = min(strength, 0.3) }
      }
      return strength
    }
    let ratio = value / max(limit, 1e-9)
    let beyond = isPercent ? (value - limit) / max(1, 100 - limit) : 1 - 1 / max(1e-9, ratio)
    guard let baseline else {
      return ratio >= 1 ? 0.6 + 0.4 * min(1, beyond) : 0.5 * ratio * ratio * ratio
    }
    let rise = value / max(baseline, 1e-9)
    // As always: nothing happened, though it may be beyond the limit.
    guard rise >= 1.15 else { return ratio >= 1 ? 0.4 : 0 }
    if ratio >= 1 { return 0.75 + 0.25 * min(1, beyond) }
    if isPercent { return min(0.7, 0.7 * (value - baseline) / max(1, limit - baseline)) }
    if metric == "error_rate", value < limit / 5 { return 0.1 }
    return min(0.9, max(0, 1 - 1 / rise))
  }
}
