import Monitoring
import Statistics

/// How often models are called at each hour of the day, as the last two weeks show it.
struct TrafficBaseline: Sendable {
  static let days: Int64 = 14
  /// Days an hour has to have been seen on before it is usual in any way.
  static let leastDays = 3

  /// What is usual at an hour.
  struct Usual: Equatable {
    /// Predictions a second: the median over days.
    var rate: Double
    /// How far days lie from it: the median absolute deviation, scaled to a standard deviation.
    var spread: Double

    /// What a rate differs from it by, as a share of it, with what days and chance explain.
    func change(to rate: Double, seconds: Double) -> (value: Double, interval: Interval) {
      let value = rate / self.rate - 1
      // Counts vary like Poisson's: the variance of a rate is the rate over the time.
      let chance = max(rate, self.rate) / seconds
      let reach = 3 * (spread * spread + chance).squareRoot() / self.rate
      return (value, Interval(lower: value - reach, upper: value + reach))
    }
  }

  private var usual: [String: [Int: Usual]] = [:]

  init() {}

  /// - Parameter samples: of `prediction_rate`, in any order.
  init(_ samples: [MetricSample]) {
    struct Hour: Hashable {
      var model: String
      var day: Int64
      var hour: Int
    }
    var hours: [Hour: (sum: Double, count: Double)] = [:]
    for sample in samples {
      guard let value = sample.value, let model = sample.labels["model_name"] else { continue }
      let hour = sample.at.microseconds / 3_600_000_000
      let key = Hour(model: model, day: hour / 24, hour: Int(hour % 24))
      hours[key, default: (0, 0)].sum += value
      hours[key, default: (0, 0)].count += 1
    }
    let byHour = Dictionary(grouping: hours) { entry in
      Hour(model: entry.key.model, day: 0, hour: entry.key.hour)
    }
    for (key, days) in byHour where days.count >= Self.leastDays {
      let rates = days.map { $0.value.sum / $0.value.count }.sorted()
      guard let median = quantile(rates.span, 0.5), median > 0 else { continue }
      let distances = rates.map { abs($0 - median) }.sorted()
      let deviation = quantile(distances.span, 0.5) ?? 0
      usual[key.model, default: [:]][key.hour] = Usual(rate: median, spread: 1.4826 * deviation)
    }
  }

  /// What is usual for a model at the hour of a time; nil where that is not known yet.
  func usual(_ model: String, at now: Instant) -> Usual? {
    usual[model]?[Int(now.microseconds / 3_600_000_000 % 24)]
  }
}
