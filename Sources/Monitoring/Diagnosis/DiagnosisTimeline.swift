import Statistics

/// What happened, in the order of time (UTC), from what is kept.
struct DiagnosisTimeline {
  let evidence: DiagnosisEvidence

  func events() -> [TimelineEvent] {
    var events: [TimelineEvent] = []
    if let from = evidence.currentStart {
      events.append(TimelineEvent(from, .window, "the current window begins"))
    }
    for deployment in evidence.deployments ?? [] {
      let parts = [
        deployment.version.map { "version \($0)" }, deployment.config.map { "configuration \($0)" },
        deployment.dependencies.isEmpty ? nil : "\(deployment.dependencies.count) dependencies",
      ].compactMap { $0 }
      events.append(
        TimelineEvent(
          deployment.at, .deployment, of: deployment.version,
          "deployed \(parts.isEmpty ? "something" : parts.joined(separator: ", "))"))
    }
    for alert in evidence.alerts {
      events.append(
        TimelineEvent(
          alert.at, .alert, of: alert.rule,
          "alert \(alert.rule) on \(alert.metric): \(alert.kind) (\(alert.severity.rawValue))"))
    }
    events += onsets() + changePoints()
    if let delay = evidence.labelDelay, let p95 = delay.p95Seconds,
      let end = evidence.now
        ?? evidence.tables?.current.span.map({
          Instant(microseconds: $0.upperBound)
        })
    {
      let complete = Instant(microseconds: end.microseconds - Int64(p95 * 1e6))
      events.append(
        TimelineEvent(
          complete, .labelDelay,
          "labels are complete up to here: 95 % come within "
            + "\(NumberFormat.short(p95 / 3_600)) hours"))
    }
    return events.sorted { ($0.at, $0.event) < ($1.at, $1.event) }
  }

  private func onsets() -> [TimelineEvent] {
    guard let analysis = evidence.analysis else { return [] }
    return analysis.onsets.sorted { $0.key < $1.key }.compactMap { name, onset in
      if name.hasPrefix("feature:") {
        let feature = String(name.dropFirst("feature:".count))
        return TimelineEvent(
          onset.at, .driftOnset, of: feature, "`\(feature)` begins to differ", range: onset.range)
      }
      let texts = [
        "prediction": "predictions begin to be missing",
        "loss": "the loss changes its level", "outcome": "outcomes change their shares",
        "score": "the model begins to give other scores to the same features",
        "concept": "the same features begin to come with other losses",
      ]
      return texts[name].map {
        TimelineEvent(onset.at, .changePoint, of: name, $0, range: onset.range)
      }
    }
  }

  /// Of each metric's own series; features come first by their first sample that failed and stayed so.
  private func changePoints() -> [TimelineEvent] {
    struct Key: Hashable {
      var metric: String
      var labels: [String: String]
    }
    let series = Dictionary(grouping: evidence.metrics.filter { $0.value?.isFinite == true }) {
      Key(metric: $0.metric, labels: $0.labels)
    }
    var events: [TimelineEvent] = []
    for (key, samples) in series {
      let sorted = samples.sorted { $0.at < $1.at }
      let feature = key.labels["feature"]
      let name = key.metric + (feature.map { " of `\($0)`" } ?? "")
      if key.metric == "feature_distribution_shift" {
        guard let last = sorted.last, last.value == 1 else { continue }
        let first = sorted.reversed().prefix { $0.value == 1 }.last ?? last
        events.append(
          TimelineEvent(
            first.at, .driftOnset, of: feature, "\(name): drifted in every check from here on"))
        continue
      }
      let step = max(1, (sorted.count + 299) / 300)
      let chosen = stride(from: 0, to: sorted.count, by: step).map { sorted[$0] }
      for change in ChangePoints.find(chosen.map { $0.value ?? 0 }) {
        let range = chosen[change.range.lowerBound].at...chosen[change.range.upperBound].at
        events.append(
          TimelineEvent(
            chosen[change.index].at, .changePoint, of: key.metric,
            "\(name) goes from \(NumberFormat.short(change.before)) to "
              + NumberFormat.short(change.after), range: range))
      }
    }
    return events
  }
}
