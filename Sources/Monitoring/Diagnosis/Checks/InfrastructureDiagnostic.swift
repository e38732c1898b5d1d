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
    guard let figure = evidence.figure(metric), figure.value.isFinite else {
      return .unknown(self, "\(metric) is not known")
    }
    let (value, baseline) = (figure.value, figure.baseline)
    let strength = strength(value, baseline)
    let failed = strength >= 0.5
    let usual = baseline.map { ", usually \(NumberFormat.short($0))" } ?? ""
    let isCritical = isLow ? value < limit / 2 : value > (isPercent ? 95 : 2 * limit)
    return DiagnosticResult(
      self, failed: failed, severity: isCritical ? .critical : .warning, strength: strength,
      message: "\(metric) is \(NumberFormat.short(value))\(usual); the limit is "
        + NumberFormat.short(limit),
      details: [
        DiagnosticFigure(metric, value: value, reference: baseline, threshold: limit)
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
    var strength = isPercent ? 0.5 + (value - limit) / (2 * (100 - limit)) : ratio / (1 + ratio)
    if let baseline {
      let rise = value / max(baseline, 1e-9)
      if rise < 1.15 {
        // Beyond the limit, but as always.
        strength = min(strength, 0.4)
      } else if isPercent {
        let room = (value - baseline) / max(1, 100 - baseline)
        strength = max(strength, min(0.9, 0.7 * room))
      } else if metric != "error_rate" || value > limit / 5 {
        strength = max(strength, rise >= 1.3 ? min(0.95, 1 - 1 / rise + 0.1) : 0)
      }
    }
    return strength
  }
}
