import Foundation
import Monitoring
import Statistics

extension ElsewhereStory {
  typealias Made = (row: Elsewhere.Row, logged: [Double], codes: [Int])

  mutating func tell() -> SimulatedCase {
    let first = (0..<rows).compactMap { self.row(days.reference * Double($0) / Double(rows)) }
    let second = currentRows()
    var evidence = DiagnosisEvidence()
    evidence.tables = tables(first, second)
    let start = Self.start.microseconds
    func at(_ day: Double) -> Instant {
      Instant(microseconds: start + Int64(day * Double(Self.day)))
    }
    evidence.currentFrom = at(days.reference)
    evidence.now = at(days.reference + days.current)
    let samples = metrics()
    if random.uniform() < 0.3 {
      // Somebody read figures off a screen.
      for (name, values) in Dictionary(grouping: samples, by: \.metric) {
        func median(_ part: [MetricSample]) -> Double? {
          let sorted = part.compactMap(\.value).sorted()
          return sorted.isEmpty ? nil : sorted[sorted.count / 2]
        }
        let from = at(onsetDay)
        guard let now = median(values.filter { $0.at >= from }) else { continue }
        evidence.infrastructure[name] = InfrastructureFigure(
          value: now, baseline: median(values.filter { $0.at < from }))
      }
    } else {
      evidence.metrics = samples
    }
    evidence.deployments = deployments(at)
    hide(&evidence)
    var (causes, kinds): (Set<RootCause>, Set<CauseKind>) = ([], [])
    var isCostless = false
    for incident in incidents {
      guard let kind = incident.kind else { continue }
      guard costs(incident) else {
        isCostless = true
        continue
      }
      kinds.insert(kind)
      causes.insert(kind.cause)
    }
    return SimulatedCase(
      seed: seed, incidents: incidents, evidence: evidence, isCostless: isCostless, causes: causes,
      kinds: kinds,
      feature: feature, onset: at(onsetDay))
  }

  private var feature: String? {
    if let moved { return "x\(moved.feature)" }
    if tilt != nil || unseen > 0 { return "level" }
    if !renamed.isEmpty { return "kind" }
    let isBroken = incidents.contains { [.missingValues, .unitChange, .stuckFeature].contains($0) }
    return isBroken ? "x\(used)" : nil
  }

  private mutating func currentRows() -> [Made] {
    let rate = Double(rows) / days.reference
    var made: [Made] = []
    var day = days.reference
    let end = days.reference + days.current
    while day < end {
      // More by day than by night.
      let rhythm = 1 + 0.6 * sin(2 * .pi * (day - day.rounded(.down) - 0.3))
      day += 1 / (rate * rhythm * (1 + height(day) * (spike - 1)))
      guard day < end else { break }
      var found: Made?
      while found == nil { found = row(day) }
      if let found { made.append(found) }
    }
    return made
  }

  /// Whether a change of the world costs something where it is, at its height and alone. What is broken in a
  /// pipeline or a model is a fault whatever it costs.
  private func costs(_ incident: Incident) -> Bool {
    guard incident.needsLabels || incident == .featureDrift else { return true }
    var story = alone(incident)
    func mean(_ day: Double) -> Double {
      let made = (0..<6_000).compactMap { _ in story.row(day)?.row }
        .filter { story.isAffected($0) }
      return made.reduce(0) { $0 + story.world.loss($1) } / Double(max(1, made.count))
    }
    let before = mean(0)
    return mean(days.reference + days.current) > (1 + Self.leastCost) * before
  }

  private func tables(_ first: [Made], _ second: [Made]) -> DiagnosisTables {
    var features = (0..<world.numbers).map { index in
      DiagnosisTables.Feature(
        name: "x\(index)", reference: first.map { $0.logged[index] },
        current: second.map { $0.logged[index] })
    }
    let names = [
      ["basic", "plus", "pro", "none", "BASIC", "PLUS", "PRO"],
      (0..<40).map { "shop \($0)" } + ["shop new"],
    ]
    for (index, name) in ["kind", "level"].enumerated() {
      features.append(
        .init(
          name: name, reference: first.map { Double($0.codes[index]) },
          current: second.map { Double($0.codes[index]) }, categories: names[index]))
    }
    func side(_ made: [Made]) -> DiagnosisTables.Side {
      DiagnosisTables.Side(
        scores: made.map(\.row.score), outcomes: made.map(\.row.outcome), loss: world.loss,
        times: made.map { Self.start.microseconds + Int64($0.row.day * Double(Self.day)) })
    }
    return DiagnosisTables(
      features: features, reference: side(first), current: side(second), loss: world.loss,
      isClassification: world.isClassification)
  }

  /// Every half hour.
  private mutating func metrics() -> [MetricSample] {
    let isServiceSlow = incidents.contains(.latency)
    let (worse, usual) = (1.8 + 6 * random.uniform(), 30 + 300 * random.uniform())
    let memory = 25 + 45 * random.uniform()
    let gpu = 35 + 55 * random.uniform()
    var samples: [MetricSample] = []
    for half in 0..<Int((days.reference + days.current) * 48) {
      let day = Double(half) / 48
      let height = height(day)
      let hour = sin(2 * .pi * (day - day.rounded(.down) - 0.3))
      let load = (1 + 0.6 * hour) * (1 + height * (spike - 1))
      func noisy(_ value: Double, _ size: Double) -> Double { value * exp(size * random.normal()) }
      let latency = usual * (1 + 0.15 * hour) * (isServiceSlow ? 1 + height * (worse - 1) : 1)
      let values = [
        ("requests_per_second", noisy(12 * load, 0.15)), ("latency_p99_ms", noisy(latency, 0.2)),
        (
          "memory_utilization",
          min(
            99.5,
            noisy(
              memory + (incidents.contains(.memory) ? height * (94 - memory) : 0), 0.02))
        ),
        ("cpu_utilization", min(99, noisy(22 + 8 * load, 0.1))),
        (
          "gpu_utilization",
          noisy(incidents.contains(.gpu) ? gpu * (1 - height * 0.85) : gpu, 0.1)
        ),
        ("error_rate", noisy(0.002, 0.4)),
      ]
      let at = Instant(microseconds: Self.start.microseconds + Int64(half) * 1_800_000_000)
      samples += values.map { MetricSample(metric: $0.0, labels: [:], at: at, value: $0.1) }
    }
    return samples
  }

  private mutating func deployments(_ at: (Double) -> Instant) -> [Deployment] {
    var state = Deployment(
      at: at(-30), version: "2027.5", config: "9f", dependencies: ["torch": "3.0", "pyarrow": "22"])
    var events: [(day: Double, incident: Incident?)] = []
    if random.uniform() < 0.3 {
      events.append(((days.reference + days.current) * random.uniform(), nil))
    }
    let isPackage = random.uniform() < 0.5
    for incident in incidents where incident.changesModel && incident != .servingBug {
      events.append((onsetDay, incident))
    }
    var known = [state]
    for event in events.sorted(by: { $0.day < $1.day }) {
      state.at = at(event.day)
      switch event.incident {
      case .versionRollout: state.version = "2027.6"
      case .configChange: state.config = "b7"
      case .dependencyChange: state.dependencies["torch"] = "3.1"
      default:
        if isPackage { state.dependencies["pyarrow"] = "23" } else { state.config = "a0" }
      }
      known.append(state)
    }
    return known
  }

  private mutating func hide(_ evidence: inout DiagnosisEvidence) {
    let draws = (0..<4).map { _ in random.uniform() }
    let needsLabels = incidents.contains { $0.needsLabels || $0 == .featureDrift }
    if draws[0] < 0.15, !needsLabels, let rows = evidence.tables?.current.rows {
      let none = [Double](repeating: .nan, count: rows)
      evidence.tables?.current.outcomes = none
      evidence.tables?.current.losses = none
    }
    let needsMetrics = incidents.contains {
      [.latency, .memory, .gpu, .trafficSpike].contains($0)
    }
    if draws[1] < 0.3, !needsMetrics { (evidence.metrics, evidence.infrastructure) = ([], [:]) }
    if draws[2] < 0.3, !incidents.contains(where: \.changesModel) { evidence.deployments = nil }
    if draws[3] < 0.2, !incidents.contains(.trafficSpike) {
      evidence.tables?.reference.times = []
      evidence.tables?.current.times = []
    }
  }
}
