import Foundation
import Statistics
import Testing

struct SeasonalBaselineTests {
  private static let hour: Int64 = 3_600_000_000

  @Test func `A season is as fine as there is history for`() {
    let day = 24 * Self.hour
    #expect(SeasonalBaseline.Season(over: 3 * day - 1) == .none)
    #expect(SeasonalBaseline.Season(over: 3 * day) == .hourOfDay)
    #expect(SeasonalBaseline.Season(over: 21 * day) == .hourOfWeek)
  }

  @Test func `Hours have medians of their own, before 1970 too`() throws {
    let times = (-240..<240).map { Int64($0) * Self.hour }
    let values = (-240..<240).map { (hour: Int) -> Double in
      hour == 5 ? 1_000 : Double((hour % 24 + 24) % 24)
    }
    let baseline = try #require(
      SeasonalBaseline(times: times, values: values, season: .hourOfDay))
    #expect(baseline.level(at: 5 * Self.hour + 1) == 5)
    #expect(baseline.level(at: -1) == 23)
    // An hour nothing is known of has the median of all.
    let few = try #require(
      SeasonalBaseline(times: [0, 1, 2, Self.hour], values: [1, 1, 1, 9], season: .hourOfDay))
    #expect(few.level(at: Self.hour) == 1)
    #expect(SeasonalBaseline(times: [0], values: [.nan], season: .none) == nil)
  }

  @Test func `The spread of normal numbers is their standard deviation, outliers or not`() throws {
    var generator = SeededGenerator(seed: 1)
    var values = (0..<5_000).map { _ -> Double in
      let normal = (0..<12).reduce(-6.0) { sum, _ in sum + generator.uniform() }
      return normal * 3 + 10
    }
    values += Array(repeating: 1e9, count: 250) + [.nan, .infinity]
    let spread = try #require(RobustSpread(values))
    #expect(abs(spread.centre - 10) < 0.4)
    #expect(abs(spread.scale - 3) < 0.3)
    #expect(RobustSpread([]) == nil)
    #expect(RobustSpread([4])?.scale == 0)
    // More than half alike: from the range of the inner nine tenths.
    let mostly = Array(repeating: 0.0, count: 80) + Array(repeating: 1.0, count: 20)
    #expect(RobustSpread(mostly)?.scale == 1 / 3.2897)
  }
}
