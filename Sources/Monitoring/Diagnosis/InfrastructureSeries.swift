import Statistics

/// Figures of machines and traffic, told from what was measured over time.
enum InfrastructureSeries {
  /// Names that metrics have elsewhere, and what makes their unit ours.
  private static let aliases: [String: [(metric: String, scale: Double)]] = [
    "latency_p99_ms": [("prediction_latency_p99", 1_000), ("latency_p99", 1_000)],
    "requests_per_second": [("prediction_rate", 1), ("request_rate", 1)],
  ]

  /// Of each series, which labels tell apart: the level of the current window that is farthest from what was
  /// usual before it; the rhythm of the day is taken out where it is known. Empty where nothing is known.
  static func figures(_ name: String, _ evidence: DiagnosisEvidence) -> [InfrastructureFigure] {
    if let given = evidence.infrastructure[name] { return [given] }
    if let (samples, scale) = Self.samples(name, evidence) {
      return figures(of: samples, scale: scale, from: evidence.currentStart)
    }
    return evidence.tables?.figures[name].map { [$0] } ?? []
  }

  /// What was measured of a figure, in the order of time, under the first of its names that there is.
  private static func samples(
    _ name: String, _ evidence: DiagnosisEvidence
  ) -> (samples: [MetricSample], scale: Double)? {
    for (metric, scale) in [(name, 1.0)] + (aliases[name] ?? []) {
      let samples = evidence.metrics.filter { $0.metric == metric && $0.value?.isFinite == true }
        .sorted { $0.at < $1.at }
      if !samples.isEmpty { return (samples, scale) }
    }
    return nil
  }

  private static func figures(
    of samples: [MetricSample], scale: Double, from: Instant?
  ) -> [InfrastructureFigure] {
    let series = Dictionary(grouping: samples, by: \.labels)
    guard series.count > 1 else {
      return [figure(samples, scale: scale, from: from)].compactMap { $0 }
    }
    // Labels that all series share tell nothing.
    let shared = samples[0].labels.filter { label in
      series.keys.allSatisfy { $0[label.key] == label.value }
    }
    let start = from ?? samples[samples.count * 3 / 4].at
    let earlier = samples.filter { $0.at < start }.map { ($0.value ?? 0) * scale }
    var figures: [InfrastructureFigure] = []
    for (labels, own) in series.sorted(by: { self.name($0.key) < self.name($1.key) }) {
      // Of the largest of many, a value or two are no level.
      guard own.count(where: { $0.at >= start }) >= 3,
        var figure = Self.figure(own, scale: scale, from: start)
      else { continue }
      // What is new, such as a host that was added, is held against what was usual of the others.
      if figure.baseline == nil, earlier.count >= 3 { figure.baseline = median(earlier) }
      figure.labels = labels.filter { shared[$0.key] == nil }
      figures.append(figure)
    }
    return figures.isEmpty ? [figure(samples, scale: scale, from: from)].compactMap { $0 } : figures
  }

  private static func name(_ labels: [String: String]) -> String {
    labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }

  /// Of several series, the one that rose most, or is highest where nothing is known of before.
  static func figure(_ name: String, _ evidence: DiagnosisEvidence) -> InfrastructureFigure? {
    func rise(_ figure: InfrastructureFigure) -> Double {
      figure.value / max(1e-9, figure.baseline ?? 1)
    }
    return figures(name, evidence).max { rise($0) < rise($1) }
  }

  /// Of several series, all together: what is a matter of their sum, as traffic is. One that is new was nothing
  /// before, and one that ended is nothing now.
  static func sum(_ name: String, _ evidence: DiagnosisEvidence) -> InfrastructureFigure? {
    guard evidence.infrastructure[name] == nil, let (samples, scale) = Self.samples(name, evidence)
    else { return figure(name, evidence) }
    let start = evidence.currentStart ?? samples[samples.count * 3 / 4].at
    var whole = InfrastructureFigure(value: 0)
    var largest = -Double.infinity
    guard samples.contains(where: { $0.at >= start }) else { return nil }
    let series = Dictionary(grouping: samples, by: \.labels)
    for (_, own) in series.sorted(by: { self.name($0.key) < self.name($1.key) }) {
      let found = figure(own, scale: scale, from: start)
      let before = own.filter { $0.at < start }.map { ($0.value ?? 0) * scale }
      let usual = found?.baseline ?? (before.count >= 3 ? median(before) : nil)
      if let usual { whole.baseline = (whole.baseline ?? 0) + usual }
      whole.value += found?.value ?? 0
      let rise = (found?.value ?? 0) - (usual ?? 0)
      if rise > largest { (largest, whole.since) = (rise, found?.since) }
    }
    return whole
  }

  private static func figure(
    _ samples: [MetricSample], scale: Double, from: Instant?
  ) -> InfrastructureFigure? {
    let values = withoutRhythm(samples, from: from).map { $0 * scale }
    let start = from ?? samples[samples.count * 3 / 4].at
    let current = samples.firstIndex { $0.at >= start } ?? samples.count
    guard current < samples.count else { return nil }
    let before = Array(values[..<current])
    let baseline = before.count >= 3 ? median(before) : nil
    let step = max(1, (values.count + 299) / 300)
    let cuts = ChangePoints.find(thinned(values)).map { $0.index * step }
    // The level of the window that is farthest from what is usual: a spike may be over by now.
    let inside = cuts.filter { $0 > current && $0 < values.count }
    let edges = [current] + inside + [values.count]
    let levels = zip(edges, edges.dropFirst()).filter { $1 - $0 >= 3 || edges.count == 2 }
      .map { (start: $0, value: median(Array(values[$0..<$1]))) }
    guard let baseline else {
      let last = levels.last.map(\.value) ?? median(Array(values[current...]))
      return InfrastructureFigure(value: last, baseline: nil, since: nil)
    }
    let farthest = levels.max { abs($0.value - baseline) < abs($1.value - baseline) }
    guard let farthest else {
      return InfrastructureFigure(value: median(Array(values[current...])), baseline: baseline)
    }
    // A change that is not long before the window is its own.
    let slack = max(3, (samples.count - current) / 2)
    let begun = cuts.last { $0 <= farthest.start && $0 >= current - slack }
    return InfrastructureFigure(
      value: farthest.value, baseline: baseline, since: begun.map { samples[$0].at })
  }

  /// At most 300 values, means of neighbours.
  private static func thinned(_ values: [Double]) -> [Double] {
    let step = max(1, (values.count + 299) / 300)
    guard step > 1 else { return values }
    return stride(from: 0, to: values.count, by: step).map { start in
      Moments(Array(values[start..<min(values.count, start + step)])).mean
    }
  }

  private static func withoutRhythm(_ samples: [MetricSample], from: Instant?) -> [Double] {
    let values = samples.map { $0.value ?? 0 }
    let hours = samples.map { Int(($0.at.microseconds / 3_600_000_000) % 24) }
    var byHour: [Int: [Double]] = [:]
    for (index, hour) in hours.enumerated() where from.map({ samples[index].at < $0 }) ?? true {
      byHour[hour, default: []].append(values[index])
    }
    guard byHour.count >= 8, byHour.values.allSatisfy({ $0.count >= 3 }) else { return values }
    let usual = byHour.mapValues(median)
    let whole = median(Array(usual.values))
    guard whole > 0, usual.values.allSatisfy({ $0 > 0 }) else { return values }
    return values.indices.map { values[$0] / (usual[hours[$0]] ?? whole) * whole }
  }

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return quantile(sorted.span, 0.5) ?? .nan
  }
}

extension DiagnosisEvidence {
  /// When the current window begins.
  var currentStart: Instant? {
    currentFrom ?? tables?.current.span.map { Instant(microseconds: $0.lowerBound) }
  }

  /// A figure by its name, given or told from metrics; of several series, the one that rose most.
  public func figure(_ name: String) -> InfrastructureFigure? {
    InfrastructureSeries.figure(name, self)
  }

  /// The newest value of a metric in the current window, of any labels: what was before says nothing of it.
  func newest(_ metric: String) -> MetricSample? {
    let start = currentStart
    return metrics.filter { sample in
      sample.metric == metric && sample.value != nil && start.map { sample.at >= $0 } ?? true
    }.max { $0.at < $1.at }
  }
}
