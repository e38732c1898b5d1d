/// What a primary metric says beside the reference's.
struct PerformanceVerdict {
  let status: Status
  let reason: String?
  /// How much worse than the reference, relative to it; nil without one.
  let drop: Double?
  let primary: String

  /// The drop above which performance is critical.
  static let criticalDrop = 0.15
  /// The drop above which performance is degraded.
  static let degradedDrop = 0.05

  /// A drop counts where it is larger than its border and the reference is outside the interval.
  init(primary: String, metric: MetricValue?, higherIsBetter: Bool) {
    self.primary = primary
    guard let metric, let value = metric.value else {
      (status, drop) = (.unknown, nil)
      reason = metric?.reason ?? "there is no \(primary)"
      return
    }
    guard let reference = metric.reference, let relative = metric.relativeChange else {
      (status, drop) = (.unknown, nil)
      reason =
        metric.reference == nil
        ? "there is no reference to say what is good: see --reference"
        : "the reference's \(primary) is 0, of which nothing is a share"
      return
    }
    let drop = higherIsBetter ? -relative : relative
    self.drop = drop
    reason = nil
    let isReal =
      higherIsBetter
      ? reference > (metric.upper ?? value) : reference < (metric.lower ?? value)
    status =
      !isReal
      ? .healthy
      : drop > Self.criticalDrop
        ? .critical : drop > Self.degradedDrop ? .degraded : .healthy
  }
}

extension PerformanceReport {
  mutating func addAdvice(_ verdict: PerformanceVerdict) {
    let percent = verdict.drop.map { "\(($0 * 1000).rounded() / 10) %" } ?? ""
    switch verdict.status {
    case .critical:
      recommendations.append(
        "URGENT: \(primaryMetric) is \(percent) worse than in the reference. Consider rolling back, "
          + "or retraining with recent data.")
      nextSteps = [
        "Look for the cause: run plumbline drift over the same two windows.",
        "See when it began: run with --timestamp and --chunk day.",
      ]
    case .degraded:
      recommendations.append(
        "WARNING: \(primaryMetric) is \(percent) worse than in the reference. Investigate before it "
          + "gets worse.")
      nextSteps = [
        "Look for the cause: run plumbline drift over the same two windows.",
        segments.isEmpty
          ? "See which rows are worst: run with --segment."
          : "Compare the segments: the worst may point to the cause.",
      ]
    case .healthy: nextSteps = ["Continue monitoring."]
    case .unknown:
      nextSteps = [
        labelledRows == 0
          ? "Wait for labels, or estimate without them: run with --estimate and --reference."
          : "Say what is good: run with --reference."
      ]
    }
    if let coverage = labels.coverage, coverage < 0.5, labels.source != .none {
      recommendations.append(
        "Labels are in for \((coverage * 1000).rounded() / 10) % of predictions only: the figures may "
          + "speak for those alone.")
    }
    if labels.contradicting > 0 {
      recommendations.append(
        "Find out why \(labels.contradicting) ids have labels that contradict each other; none of them "
          + "is used.")
    }
    if chunks.contains(where: { $0.mature == false }) {
      recommendations.append(
        "Labels of the newest chunks are still arriving: compare their figures only with the bias that "
          + "early labels bring.")
    }
  }
}
