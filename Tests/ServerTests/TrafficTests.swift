import Alerting
import Foundation
import Monitoring
import Statistics
import Telemetry
import Testing

@testable import PlumblineServer

/// Weeks of traffic, a look each minute, as the service takes them: what is told of them, and what is not.
struct TrafficTests {
  /// Calls a second at a minute of the day, on a day of the week.
  typealias Shape = @Sendable (_ minute: Int, _ day: Int) -> Double

  static let wave: Shape = { minute, _ in
    1 + 0.7 * sin(2 * .pi * Double(minute - 480) / 1_440)
  }
  /// Office hours that begin and end within an hour.
  static let office: Shape = { minute, _ in (510..<1_080).contains(minute) ? 2 : 0.02 }
  /// A batch each hour.
  static let batches: Shape = { minute, _ in minute % 60 >= 45 ? 4 : 0 }
  static let silentWeekends: Shape = { minute, day in
    wave(minute, day) * (day % 7 >= 5 ? 0.01 : 1)
  }

  /// Poisson's counts around rates that differ from day to day by a factor.
  struct Calls {
    var generator: SeededGenerator
    var noise: Double

    mutating func normal() -> Double {
      let radius = (-2 * log(max(generator.uniform(), 1e-300))).squareRoot()
      return radius * cos(2 * .pi * generator.uniform())
    }

    mutating func day() -> Double { exp(noise * normal() - noise * noise / 2) }

    mutating func count(_ mean: Double) -> Double {
      if mean > 30 { return max(0, (mean + mean.squareRoot() * normal()).rounded()) }
      var (count, product) = (0.0, generator.uniform())
      while product > exp(-mean) {
        count += 1
        product *= generator.uniform()
      }
      return count
    }
  }

  private static let day: Int64 = 86_400_000_000
  /// A Monday.
  private static let start: Int64 = 20_000 * day - 20_000 % 7 * day

  private static func time(_ minute: Int) -> Instant {
    Instant(microseconds: start + Int64(minute) * 60_000_000)
  }

  /// Looks at days of traffic after days that were kept.
  ///
  /// - Parameter change: a factor by minute of the days that are looked at.
  /// - Returns: rules that fire, with the minute.
  private func fires(
    _ shape: Shape, noise: Double, keptDays: Int = 14, days: Int = 7, seed: UInt64 = 1,
    change: (Int) -> Double = { _ in 1 }
  ) -> [(rule: String, minute: Int)] {
    var calls = Calls(generator: SeededGenerator(seed: seed), noise: noise)
    var kept: [MetricSample] = []
    for day in 0..<keptDays {
      let factor = calls.day()
      for minute in stride(from: 0, to: 1_440, by: 5) {
        let rate = calls.count(shape(minute, day) * factor * 300) / 300
        kept.append(
          MetricSample(
            metric: "prediction_rate", labels: ["model_name": "m"],
            at: Self.time(day * 1_440 + minute), value: rate))
      }
    }
    var meter = TrafficMeter()
    var traffic = MLMetrics.Traffic()
    let rules = AlertRule.defaults.filter { $0.metric.hasPrefix("traffic_") }
    var engine = AlertEngine(rules: rules, startedAt: Self.time(keptDays * 1_440))
    var found: [(String, Int)] = []
    for day in 0..<days {
      let from = Self.time((keptDays + day - 14) * 1_440)
      meter.baseline = TrafficBaseline(kept.filter { $0.at >= from })
      let factor = calls.day()
      for minute in 0..<1_440 {
        let all = day * 1_440 + minute
        let now = Self.time(keptDays * 1_440 + all)
        traffic.succeeded += calls.count(
          shape(minute, keptDays + day) * factor * change(all) * 60)
        let samples = meter.samples(of: ["m": traffic], models: ["m"], at: now)
        if minute % 5 == 0 { kept += samples.filter { $0.metric == "prediction_rate" } }
        for transition in engine.evaluate(samples) where transition.kind == .firing {
          found.append((transition.record.rule, all))
        }
      }
    }
    return found
  }

  @Test(arguments: [0.1, 0.2, 0.3], [14, 3])
  func `A week of days that differ is no news`(_ noise: Double, _ keptDays: Int) {
    let found = fires(Self.wave, noise: noise, keptDays: keptDays, seed: UInt64(noise * 100))
    #expect(found.isEmpty, "\(found)")
  }

  @Test(arguments: [Self.office, Self.batches, Self.silentWeekends])
  func `Hours, batches and weekends that are always so are no news`(_ shape: Shape) {
    let found = fires(shape, noise: 0.2)
    #expect(found.isEmpty, "\(found)")
  }

  @Test(arguments: [0.1, 0.2, 0.3])
  func `A model that is called no more is told of within ten minutes`(_ noise: Double) {
    for outage in [400, 720, 1_300] {
      let found = fires(Self.wave, noise: noise, days: 1) { $0 < outage ? 1 : 0 }
      let down = found.first { $0.rule == "model_down" }?.minute ?? .max
      #expect((outage...outage + 10).contains(down), "\(found)")
    }
  }

  @Test(arguments: [
    // The hour after the last batch is over, and ten minutes in office hours.
    (Self.batches, 720, 720...790), (Self.batches, 750, 750...790),
    (Self.office, 720, 720...730),
    // Nobody comes to the office: its hours may begin an hour later.
    (Self.office, 500, 560...590),
  ])
  func `An outage of a model that is quiet at times is told of`(
    _ shape: Shape, _ outage: Int, _ told: ClosedRange<Int>
  ) {
    for (noise, seed) in [(0.1, 1), (0.2, 2), (0.3, 3)] {
      let found = fires(shape, noise: noise, days: 1, seed: UInt64(seed)) { $0 < outage ? 1 : 0 }
      let down = found.first { $0.rule == "model_down" }?.minute ?? .max
      #expect(told.contains(down), "\(noise): \(found)")
    }
  }

  @Test func `Between batches a service that has just started tells of no outage`() {
    let batches = (0..<(5 * 288)).map {
      MetricSample(
        metric: "prediction_rate", labels: ["model_name": "m"], at: Self.time($0 * 5),
        value: Self.batches($0 * 5 % 1_440, 0))
    }
    var meter = TrafficMeter()
    meter.baseline = TrafficBaseline(batches)
    let drops = (0..<40).flatMap { minute in
      meter.samples(of: [:], models: ["m"], at: Self.time(5 * 1_440 + minute))
        .filter { $0.metric == "traffic_drop" }.compactMap(\.value)
    }
    #expect(drops.isEmpty, "\(drops)")
  }

  @Test func `A drop to a tenth is told of within a quarter of an hour`() {
    let found = fires(Self.wave, noise: 0.1, days: 1) { $0 < 720 ? 1 : 0.1 }
    let told = found.first { $0.rule == "traffic_pattern_change" }?.minute ?? .max
    #expect((720...735).contains(told) && !found.contains { $0.rule == "model_down" }, "\(found)")
  }

  @Test func `A rush of five times the calls is told of`() {
    let found = fires(Self.wave, noise: 0.1, days: 1) { $0 < 720 ? 1 : 5 }
    #expect(found.contains { $0.rule == "traffic_pattern_change" && $0.minute <= 740 }, "\(found)")
  }

  @Test func `A weekend that is silent for the first time is told of, the next is not`() {
    let first = fires(Self.silentWeekends, noise: 0.1, keptDays: 5, days: 1)
    #expect(first.contains { $0.rule == "model_down" })
    #expect(fires(Self.silentWeekends, noise: 0.1, keptDays: 12, days: 2).isEmpty)
  }

  @Test func `A process that was held up for an hour does not take that for an outage`() {
    var meter = TrafficMeter()
    meter.baseline = TrafficBaseline(
      (0..<(5 * 288)).map {
        MetricSample(
          metric: "prediction_rate", labels: ["model_name": "m"], at: Self.time($0 * 5), value: 1)
      })
    var traffic = MLMetrics.Traffic()
    var drops: [Double] = []
    for minute in Array(0..<30) + Array(90..<120) {
      traffic.succeeded += 60
      drops += meter.samples(
        of: ["m": traffic], models: ["m"], at: Self.time(5 * 1_440 + minute)
      ).filter { $0.metric == "traffic_drop" }.compactMap(\.value)
    }
    #expect(drops.count == 58 && drops.allSatisfy { abs($0) < 0.01 }, "\(drops)")
  }

  @Test func `Every metric of traffic is in the list rules are checked by, with its labels`() {
    var meter = TrafficMeter()
    _ = meter.samples(of: [:], models: ["m"], at: Self.time(0))
    let samples = meter.samples(of: [:], models: ["m"], at: Self.time(1))
    for sample in samples {
      #expect(
        RuleMetric.named(sample.metric)?.labels == Set(sample.labels.keys), "\(sample.metric)")
      #expect(RuleMetric.named(sample.metric)?.source == .traffic)
    }
    let known = RuleMetric.names.filter { RuleMetric.named($0)?.source == .traffic }
    #expect(Set(known) == Set(samples.map(\.metric)))
  }
}
