import Monitoring

/// Drives an engine over samples, with their times for a clock, and writes down what fired when.
struct ReplayRun {
  /// A time an alert fired, as it was first told.
  struct Firing {
    var record: AlertRecord
    var start: Instant
    var end: Instant?
  }

  private(set) var firings: [Firing] = []
  /// By rule: how often it failed without ever firing.
  private(set) var neverFired: [String: Int] = [:]
  private(set) var messages: NotificationCounter?

  private var engine: AlertEngine
  /// Places in `firings` of what fires, by fingerprint.
  private var open: [String: Int] = [:]
  private var pending: Set<String> = []
  private var wakes: [Wake]
  /// How long time goes on without samples before the engine is told of it.
  private let pause: Int64
  private var advancedAt = Int64.min

  /// Times at which something may have been missing for too long.
  private struct Wake {
    var after: Int64
    /// The metric whose samples put it off; nil for all.
    var metric: String?
    var times: [Int64] = []
    var next = 0

    var first: Int64? { next < times.count ? times[next] : nil }

    mutating func add(_ time: Int64) {
      guard times.last != time + after else { return }
      if next > 1_000, next * 2 > times.count {
        times.removeFirst(next)
        next = 0
      }
      times.append(time + after)
    }
  }

  /// - Parameters:
  ///   - startedAt: since when there could be data.
  ///   - countsMessages: whether it is worked out what people are told.
  ///   - conditions: in force in place of rules' own.
  init(
    _ configuration: AlertingConfiguration, startedAt: Instant?, countsMessages: Bool,
    conditions: [String: AlertCondition] = [:]
  ) {
    engine = AlertEngine(
      rules: configuration.rules, flapping: configuration.flapping,
      startedAt: startedAt ?? Instant(microseconds: 0))
    for (rule, condition) in conditions { engine.follow(condition, for: rule) }
    messages = countsMessages ? NotificationCounter(configuration) : nil
    pause = Int64(min(max(1, configuration.intervalSeconds), 86_400)) * 1_000_000
    wakes = configuration.rules.flatMap { rule -> [Wake] in
      guard case .absent = rule.condition.test else { return [] }
      let limit = rule.holdFor?.microseconds ?? CompiledRule.absentAfterSeconds * 1_000_000
      let absence = Wake(
        after: limit, metric: rule.metric, times: startedAt.map { [$0.microseconds + limit] } ?? [])
      // So long after a value it may be over.
      return [absence]
        + (rule.keepFiringFor.map { [Wake(after: $0.microseconds, metric: rule.metric)] } ?? [])
    }
    let noData = AlertEngine.noDataDays * 86_400_000_000
    wakes.append(Wake(after: noData + 1, metric: nil))
  }

  mutating func replay(_ input: ReplayInput) {
    let samples = input.samples
    let metrics = Set(wakes.compactMap(\.metric))
    let isWatched = input.series.map { metrics.contains($0.metric) }
    var first = 0
    while first < samples.count {
      let now = samples[first].at
      var end = first
      var watched: Set<String> = []
      while end < samples.count, samples[end].at == now {
        if isWatched[input.seriesOf[end]], samples[end].value?.isNaN == false {
          watched.insert(samples[end].metric)
        }
        end += 1
      }
      pass(until: now)
      take(engine.evaluate(Array(samples[first..<end])), at: now)
      if now.microseconds - max(advancedAt, .min / 2) >= pause { advance(to: now) }
      for index in wakes.indices {
        guard wakes[index].metric.map(watched.contains) ?? true else { continue }
        wakes[index].add(now.microseconds)
      }
      first = end
    }
    // What had begun to wait to be told is told yet.
    if let last = samples.last?.at { messages?.finish(after: last) }
  }

  private mutating func advance(to now: Instant) {
    advancedAt = now.microseconds
    take(engine.advance(to: now), at: now)
  }

  /// Lets time pass in which there are no samples.
  private mutating func pass(until end: Instant) {
    var looks = 0
    while true {
      let wake = wakes.indices.filter { wakes[$0].first != nil }
        .min { wakes[$0].first ?? .max < wakes[$1].first ?? .max }
      let wakeTime = wake.flatMap { wakes[$0].first } ?? .max
      let look = messages?.nextLook?.microseconds ?? .max
      guard min(wakeTime, look) < end.microseconds else { return }
      if look <= wakeTime {
        // Reminders over years without a sample are not waited for.
        looks += 1
        guard looks <= 10_000 else {
          messages?.waitForChange()
          continue
        }
        messages?.look(at: Instant(microseconds: look))
      } else if let wake {
        wakes[wake].next += 1
        // Nothing that fires, nothing to be without data.
        guard wakes[wake].metric != nil || !open.isEmpty || !pending.isEmpty else { continue }
        advance(to: Instant(microseconds: wakeTime))
      }
    }
  }

  private mutating func take(_ transitions: [AlertTransition], at now: Instant) {
    for transition in transitions {
      let fingerprint = transition.record.fingerprint
      switch transition.kind {
      case .pending: pending.insert(fingerprint)
      case .firing:
        pending.remove(fingerprint)
        open[fingerprint] = firings.count
        firings.append(Firing(record: transition.record, start: transition.at))
      case .resolved:
        if let place = open.removeValue(forKey: fingerprint) {
          firings[place].end = transition.at
        }
      case .cleared:
        pending.remove(fingerprint)
        neverFired[transition.record.rule, default: 0] += 1
      }
      messages?.take(transition)
    }
    if messages?.isDue(at: now) == true { messages?.look(at: now) }
  }
}
