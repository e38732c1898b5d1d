/// What a metric usually is at an hour: medians of its values by the hour of the day or of the week, in
/// UTC, so that days which went wrong do not count while they are fewer than half.
///
/// An hour with fewer than three values has the median of all. Hours of the week ask for three weeks of
/// values, or their medians are those of one or two days; hours of the day for three days. O(n log n).
///
/// Source: medians in place of means in the classical decomposition, as in Cleveland et al. (1990), "STL:
/// A Seasonal-Trend Decomposition Procedure Based on Loess", Journal of Official Statistics 6, for its
/// robust form; without a trend.
public struct SeasonalBaseline: Sendable, Equatable {
  public enum Season: String, Codable, Sendable, CaseIterable {
    case none
    case hourOfDay = "hour_of_day"
    case hourOfWeek = "hour_of_week"

    /// The finest there is history for.
    ///
    /// - Parameter microseconds: from the first value to the last.
    public init(over microseconds: Int64) {
      let day: Int64 = 86_400_000_000
      self = microseconds >= 21 * day ? .hourOfWeek : microseconds >= 3 * day ? .hourOfDay : .none
    }

    fileprivate var hours: Int {
      switch self {
      case .none: 1
      case .hourOfDay: 24
      case .hourOfWeek: 168
      }
    }
  }

  public let season: Season
  private let levels: [Double]

  /// - Parameters:
  ///   - times: microseconds since 1970, one for each value.
  ///   - values: those that are not finite are left out.
  /// - Returns: nil where there is no value.
  public init?(times: [Int64], values: [Double], season: Season) {
    self.season = season
    var hours = [[Double]](repeating: [], count: season.hours)
    var all: [Double] = []
    for (time, value) in zip(times, values) where value.isFinite {
      hours[Self.hour(of: time, season)].append(value)
      all.append(value)
    }
    sortAscending(&all)
    guard let median = quantile(all.span, 0.5) else { return nil }
    levels = hours.map { values in
      guard values.count >= 3 else { return median }
      var sorted = values
      sortAscending(&sorted)
      return quantile(sorted.span, 0.5) ?? median
    }
  }

  /// What is usual at a time.
  public func level(at time: Int64) -> Double { levels[Self.hour(of: time, season)] }

  private static func hour(of time: Int64, _ season: Season) -> Int {
    guard season.hours > 1 else { return 0 }
    let length: Int64 = 3_600_000_000
    let hour = time / length - (time % length < 0 ? 1 : 0)
    let hours = Int64(season.hours)
    return Int((hour % hours + hours) % hours)
  }
}
