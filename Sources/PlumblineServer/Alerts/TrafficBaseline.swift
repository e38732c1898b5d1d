import Foundation
import Monitoring
import Statistics

/// How often models are called at each time of the day, in steps of ten minutes, as the last two weeks show it.
///
/// What begins or ends at some minute does so on another day a little earlier or later, and an hour apart where
/// clocks change: how a rate differs is told beside the steps before and after, and a drop beside the quietest
/// step within an hour either way, or the quietest hour where a step is all but silent. A weekday that has been
/// seen is held against itself, so that a weekend is quiet for nobody to wake from the second one on.
struct TrafficBaseline: Sendable {
  static let days: Int64 = 14
  /// Days a time has to have been seen on before it is usual in any way.
  static let leastDays = 3
  private static let stepMicroseconds: Int64 = 600_000_000
  private static let stepsOfDay: Int64 = 144
  /// Steps in an hour, for drops.
  private static let reach: Int64 = 6

  /// What is usual at a time.
  struct Usual: Equatable {
    /// Predictions a second.
    var rate: Double
    /// The least and the most of the steps around it.
    var lowest: Double
    var highest: Double
    /// Standard deviation of the rate's logarithm from day to day.
    var spread: Double

    /// What a number of calls differs from it by, as a share of it, with what days and chance explain: three
    /// standard deviations of each. Days differ by factors, counts like Poisson's.
    func change(to count: Double, seconds: Double) -> (value: Double, interval: Interval) {
      let value = count / seconds / rate - 1
      let chance = 3 * (count + 1).squareRoot()
      let days = exp(3 * spread)
      let lower = highest > 0 ? max(0, count - chance) / seconds / highest / days - 1 : -1
      let upper = lowest > 0 ? (count + 4 + chance) / seconds / lowest * days - 1 : Self.endless
      return (
        value, Interval(lower: min(lower, value), upper: max(min(upper, Self.endless), value))
      )
    }

    private static let endless = 1e6
  }

  /// One step of the day.
  private struct Step {
    /// The median over days.
    var rate: Double
    var spread: Double
    /// By the day of the week.
    var ofWeekday: [Int64: [Double]]

    /// What is usual on a day of the week: its own where it is known of two, or else that of all days.
    func rate(on weekday: Int64) -> Double {
      guard let own = ofWeekday[weekday], own.count > 1 else { return rate }
      return own.reduce(0, +) / Double(own.count)
    }

    /// What has to come at the least: one day on which nothing came is not taken for the usual.
    func least(on weekday: Int64) -> Double {
      min(rate, ofWeekday[weekday]?.max() ?? rate)
    }
  }

  private var steps: [String: [Int64: Step]] = [:]

  init() {}

  /// - Parameter samples: of `prediction_rate`, in any order.
  init(_ samples: [MetricSample]) {
    struct Place: Hashable {
      var model: String
      var step: Int64
      var day: Int64
    }
    var means: [Place: (sum: Double, count: Double)] = [:]
    for sample in samples {
      guard let value = sample.value, value.isFinite, let model = sample.labels["model_name"]
      else { continue }
      let place = Self.place(of: sample.at)
      let key = Place(model: model, step: place.step, day: place.day)
      means[key, default: (0, 0)].sum += value
      means[key, default: (0, 0)].count += 1
    }
    let byStep = Dictionary(grouping: means) {
      Place(model: $0.key.model, step: $0.key.step, day: 0)
    }
    for (key, days) in byStep where days.count >= Self.leastDays {
      let rates = days.map { (day: $0.key.day, rate: $0.value.sum / $0.value.count) }
      steps[key.model, default: [:]][key.step] = Self.step(rates)
    }
  }

  private static func step(_ rates: [(day: Int64, rate: Double)]) -> Step? {
    let sorted = rates.map(\.rate).sorted()
    guard let median = quantile(sorted.span, 0.5) else { return nil }
    var step = Step(
      rate: median, spread: 0,
      ofWeekday: Dictionary(grouping: rates) { $0.day % 7 }.mapValues { $0.map(\.rate) })
    guard median > 0 else { return step }
    let distances = sorted.map { abs(log(max($0, median / 100) / median)) }.sorted()
    let deviation = 1.4826 * (quantile(distances.span, 0.5) ?? 0)
    // Few days say little of how far days lie apart, and none are the same to a tenth.
    step.spread = max(deviation, 0.1) * (1 + 2 / Double(rates.count - 1))
    return step
  }

  private static func place(of instant: Instant) -> (day: Int64, step: Int64) {
    let step = instant.microseconds / stepMicroseconds
    return (step / stepsOfDay, step % stepsOfDay)
  }

  /// The steps around a time; nil where one of them is not known yet.
  private func around(
    _ model: String, _ now: Instant, _ range: ClosedRange<Int64>
  ) -> (steps: [Step], weekdays: [Int64])? {
    guard let known = steps[model] else { return nil }
    let (day, step) = Self.place(of: now)
    let places = range.map { day * Self.stepsOfDay + step + $0 }
    let found = places.compactMap { known[$0 % Self.stepsOfDay] }
    guard found.count == places.count else { return nil }
    return (found, places.map { $0 / Self.stepsOfDay % 7 })
  }

  /// What is usual for a model at a time; nil where that is not known yet, or that nobody calls.
  func usual(_ model: String, at now: Instant) -> Usual? {
    guard let (steps, weekdays) = around(model, now, -1...1) else { return nil }
    let rate = steps[1].rate(on: weekdays[1])
    guard rate > 0 else { return nil }
    let rates = zip(steps, weekdays).flatMap { [$0.rate] + ($0.ofWeekday[$1] ?? []) }
    return Usual(
      rate: rate, lowest: rates.min() ?? rate, highest: rates.max() ?? rate,
      spread: max(steps[1].spread, 0.1))
  }

  /// The rate that has to come at a time at the least, on a day like others; nil where that is not known yet.
  func least(_ model: String, at now: Instant) -> Double? {
    guard let (steps, weekdays) = around(model, now, -Self.reach...Self.reach) else { return nil }
    return zip(steps, weekdays).map { $0.least(on: $1) }.min()
  }

  /// The calls that have to come in an hour until a time at the least, on a day like others, whether it ends then
  /// or within an hour either way; nil where that is not known yet.
  func leastOfHour(_ model: String, at now: Instant) -> Double? {
    guard let (steps, weekdays) = around(model, now, -2 * Self.reach...Self.reach) else {
      return nil
    }
    let calls = zip(steps, weekdays).map {
      $0.least(on: $1) * Double(Self.stepMicroseconds) / 1e6
    }
    let hour = Int(Self.reach)
    return (0...(calls.count - hour)).map { calls[$0..<($0 + hour)].reduce(0, +) }.min()
  }
}
