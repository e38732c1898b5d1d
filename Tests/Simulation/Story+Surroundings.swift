import Foundation
import Monitoring
import Statistics

extension Story {
  /// Machines and traffic, hour by hour.
  mutating func metrics() -> [MetricSample] {
    var samples: [MetricSample] = []
    let isBusy = random.uniform() < 0.15
    let usualLatency = 80 + 150 * random.uniform()
    let usualMemory = 40 + 20 * random.uniform()
    let usualGPU = 50 + 25 * random.uniform()
    let strength = random.uniform()
    let isSpike = incidents.contains(.trafficSpike)
    for hour in 0..<(35 * 24) {
      let day = Double(hour) / 24
      let begun = day >= onsetDay
      func has(_ incident: Incident) -> Bool { begun && incidents.contains(incident) }
      let rhythm = 1 + 0.5 * sin(2 * .pi * (Double(hour % 24) - 9) / 24)
      let load = rhythm * (begun && isSpike ? 2.4 + strength : 1)
      func noise(_ size: Double) -> Double { 1 + size * generator() }
      func generator() -> Double { random.normal() }
      let latency =
        usualLatency * noise(0.08) * (has(.latency) ? 2.5 + 3 * strength : 1)
        * (begun && isSpike ? 1.3 : 1)
      let values = [
        ("requests_per_second", 40 * load * noise(0.06)),
        ("latency_p99_ms", latency),
        ("memory_utilization", min(99, has(.memory) ? 92 + 5 * strength + noise(0.5) : usualMemory * noise(0.03))),
        (
          "cpu_utilization",
          min(99, 30 * (0.6 + 0.4 * load) * noise(0.05) * (isBusy && day > 29 ? 1.3 : 1))
        ),
        ("gpu_utilization", (has(.gpu) ? 6 + 10 * strength : usualGPU) * noise(0.05)),
        ("error_rate", 0.004 * noise(0.1) * (has(.latency) && strength > 0.7 ? 4 : 1)),
      ]
      let at = Instant(
        microseconds: Simulator.start.microseconds + Int64(hour) * 3_600_000_000)
      for (name, value) in values {
        samples.append(MetricSample(metric: name, labels: [:], at: at, value: value))
      }
    }
    return samples
  }

  mutating func deployments() -> [Deployment] {
    let start = Simulator.start.microseconds
    func at(_ day: Double) -> Instant {
      Instant(microseconds: start + Int64(day * Double(Simulator.day)))
    }
    var state = Deployment(
      at: at(-10), version: "3", config: "a1", dependencies: ["numpy": "1.26", "xgboost": "2.0"])
    var known = [state]
    var events: [(day: Double, incident: Incident?)] = []
    if random.uniform() < 0.35 { events.append((14 + 20 * random.uniform(), nil)) }
    for incident in incidents where incident.changesModel && incident != .servingBug {
      events.append((onsetDay, incident))
    }
    for event in events.sorted(by: { $0.day < $1.day }) {
      state.at = at(event.day)
      let choice = random.index(below: 3)
      switch event.incident {
      case .versionRollout: state.version = "4"
      case .configChange: state.config = "b2"
      case .dependencyChange: state.dependencies["xgboost"] = "2.1"
      default:
        if choice == 0 { state.version = "3.1" }
        if choice == 1 { state.config = "a2" }
        if choice == 2 { state.dependencies["numpy"] = "2.0" }
      }
      known.append(state)
    }
    return known
  }

  /// Takes away evidence, as the world does; never that without which the incident leaves no trace.
  mutating func hide(_ evidence: inout DiagnosisEvidence) {
    let draws = (0..<4).map { _ in random.uniform() }
    if draws[0] < 0.1, !incidents.contains(where: \.needsLabels) {
      if let rows = evidence.tables?.current.rows {
        let none = [Double](repeating: .nan, count: rows)
        evidence.tables?.current.outcomes = none
        evidence.tables?.current.losses = none
      }
    }
    if draws[1] < 0.15,
      !incidents.contains(where: { [.latency, .memory, .gpu, .trafficSpike].contains($0) })
    {
      evidence.metrics = []
    }
    if draws[2] < 0.15, !incidents.contains(where: \.changesModel) { evidence.deployments = nil }
    if draws[3] < 0.1, !incidents.contains(.trafficSpike) {
      evidence.tables?.reference.times = []
      evidence.tables?.current.times = []
    }
  }
}
