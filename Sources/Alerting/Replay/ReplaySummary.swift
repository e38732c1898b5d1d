import Monitoring

/// Makes a report of what a replay saw.
struct ReplaySummary {
  let configuration: AlertingConfiguration
  let conditions: [String: AlertCondition]
  let costs: AlertReplay.Costs?
  let input: ReplayInput
  let run: ReplayRun
  let degradations: [Degradation]?

  private typealias Range = TimeRanges.Range

  /// A firing with its place in the input.
  private struct Placed {
    var firing: ReplayRun.Firing
    var range: Range
    /// nil where its series has no sample, as one that is missed from the start.
    var series: Int?
  }

  func report() -> ReplayReport {
    let numbers = seriesByFingerprint()
    let period = input.period ?? Range(start: 0, end: 0)
    let placed = run.firings.map { firing in
      let start = firing.start.microseconds
      return Placed(
        firing: firing,
        range: Range(start: start, end: max(start, firing.end?.microseconds ?? period.end)),
        series: numbers[firing.record.fingerprint])
    }
    let byRule = Dictionary(grouping: placed) { $0.firing.record.rule }
    let degraded = degradations.map { degradedByModel($0, in: period) }
    var memory = MatchMemory()
    var report = ReplayReport(
      from: input.samples.first?.at, to: input.samples.last?.at, samples: input.samples.count,
      skippedSamples: input.skipped, series: input.series.count,
      notifications: run.messages?.total ?? 0,
      rules: configuration.rules.map { rule in
        replay(rule, byRule[rule.name] ?? [], degraded: degraded, in: period, &memory)
      },
      degradations: degradations, costs: costs, firings: firings(placed))
    report.extremes = extremes(in: period)
    if let degraded {
      let always = degraded.mapValues { _ in [period] }
      report.baselines = .init(
        alwaysFire: Detection(firings: always, degraded: degraded, period: period, costs: costs),
        neverFire: Detection(firings: [:], degraded: degraded, period: period, costs: costs))
    }
    return report
  }

  private func seriesByFingerprint() -> [String: Int] {
    let names = Dictionary(grouping: run.firings.map(\.record)) { $0.metric }
      .mapValues { Set($0.map(\.rule)) }
    var numbers: [String: Int] = [:]
    for (number, series) in input.series.enumerated() {
      for rule in names[series.metric] ?? [] {
        numbers[AlertEngine.fingerprint(rule, series.labels)] = number
      }
    }
    return numbers
  }

  /// By model, for every model there are samples of.
  private func degradedByModel(
    _ degradations: [Degradation], in period: Range
  ) -> [String: TimeRanges] {
    let models = Set(input.series.map(\.model))
    return models.reduce(into: [:]) { all, model in
      let own = degradations.filter { $0.model == nil || $0.model == model }
        .map { Range(start: $0.start.microseconds, end: $0.end.microseconds) }
      all[model] = TimeRanges(own).clipped(to: period)
    }
  }

  private func replay(
    _ rule: AlertRule, _ firings: [Placed], degraded: [String: TimeRanges]?, in period: Range,
    _ memory: inout MatchMemory
  ) -> RuleReplay {
    let matchers = PreparedMatchers(rule.matchers)
    let followed = input.series.filter {
      $0.metric == rule.metric && matchers.match($0.labels, &memory)
    }
    var replay = RuleReplay(
      rule: rule.name, metric: rule.metric,
      condition: (conditions[rule.name] ?? rule.condition).sentence, severity: rule.severity,
      series: followed.count)
    if followed.isEmpty { replay.note = absence(of: rule) }
    if conditions[rule.name] != nil { replay.ownCondition = rule.condition.sentence }
    replay.firings = firings.count
    replay.alerts = Set(firings.map(\.firing.record.fingerprint)).count
    let lengths = firings.map { Double($0.range.end - $0.range.start) / 1e6 }
    replay.firingSeconds = lengths.reduce(0, +)
    replay.longestFiringSeconds = lengths.max() ?? 0
    if period.end > period.start {
      let any = TimeRanges(firings.map(\.range)).clipped(to: period)
      replay.firingShare = Double(any.total) / Double(period.end - period.start)
    }
    replay.notifications = run.messages?.byRule[rule.name] ?? 0
    replay.pendingNeverFired = run.neverFired[rule.name] ?? 0
    replay.firstFiring = firings.map(\.firing.start).min()
    replay.lastFiring = firings.map(\.firing.start).max()
    if let degraded {
      let models = Set(followed.map(\.model))
      replay.detection = Detection(
        firings: Dictionary(grouping: firings) { model(of: $0) }.mapValues { $0.map(\.range) },
        degraded: degraded.filter { models.contains($0.key) }, period: period, costs: costs)
    }
    return replay
  }

  /// Why a rule has no series.
  private func absence(of rule: AlertRule) -> String {
    let metrics = Set(input.series.map(\.metric))
    guard !metrics.contains(rule.metric) else {
      return "no series of \(rule.metric) has the labels its `where` asks for"
    }
    let hint = closestName(to: rule.metric, among: metrics.sorted())
    return "there are no samples of \(rule.metric)" + (hint.map { "; did you mean \($0)?" } ?? "")
  }

  private func extremes(in period: Range) -> ReplayReport.Extremes {
    var extremes = ReplayReport.Extremes()
    guard !input.samples.isEmpty else { return extremes }
    extremes.alwaysFire.notifications = NotificationCounter.ofAlways(
      configuration, models: Set(input.series.map(\.model)),
      from: Instant(microseconds: period.start), to: Instant(microseconds: period.end))
    if period.end > period.start {
      extremes.alwaysFire.firingShare = 1
      extremes.neverFire.firingShare = 0
    }
    return extremes
  }

  private func model(of placed: Placed) -> String {
    placed.series.map { input.series[$0].model } ?? placed.firing.record.labels["model_name"] ?? ""
  }

  // MARK: Firings

  private func firings(_ placed: [Placed]) -> [ReplayReport.Firing] {
    let wanted = Set(placed.compactMap(\.series))
    // Samples of the series that fired, by series.
    var samples: [Int: [Int]] = [:]
    for (index, series) in input.seriesOf.enumerated() where wanted.contains(series) {
      samples[series, default: []].append(index)
    }
    let rules = Dictionary(configuration.rules.map { ($0.name, $0) }) { first, _ in first }
    return placed.map { placed in
      let record = placed.firing.record
      var peak: Double?
      if let series = placed.series, let rule = rules[record.rule] {
        peak = self.peak(of: rule, samples[series] ?? [], in: placed.range)
      }
      return ReplayReport.Firing(
        rule: record.rule, labels: placed.series.map { input.series[$0].labels } ?? record.labels,
        start: placed.firing.start, end: placed.firing.end, peak: peak)
    }.sorted { ($0.start, $0.rule) < ($1.start, $1.rule) }
  }

  /// The figure that is farthest on the wrong side of a bound.
  private func peak(of rule: AlertRule, _ indexes: [Int], in range: Range) -> Double? {
    let condition = conditions[rule.name] ?? rule.condition
    guard case .beyond(let subject, let bounds) = condition.test else { return nil }
    var (low, high) = (0, indexes.count)
    while low < high {
      let middle = (low + high) / 2
      if input.samples[indexes[middle]].at.microseconds < range.start {
        low = middle + 1
      } else {
        high = middle
      }
    }
    var worst: (excess: Double, figure: Double)?
    for index in indexes[low...] {
      let sample = input.samples[index]
      guard sample.at.microseconds <= range.end else { break }
      let figure = sample.figure(subject)
      guard figure.isFinite else { continue }
      let excess = max(figure - bounds.upper, bounds.lower - figure)
      if worst.map({ excess > $0.excess }) ?? true { worst = (excess, figure) }
    }
    return worst?.figure
  }
}
