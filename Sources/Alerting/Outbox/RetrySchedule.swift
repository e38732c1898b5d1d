import Statistics

/// How long to wait before an attempt is made again: twice as long each time, up to ten minutes, and at
/// random between half of that and all, so that many do not come at once.
struct RetrySchedule {
  static let longestSeconds = 600.0

  private var generator: SeededGenerator

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  /// Seconds to wait after so many failed attempts, the first being 1.
  mutating func seconds(afterAttempts attempts: Int) -> Double {
    var longest = 1.0
    for _ in 1..<max(1, min(attempts, 20)) { longest = min(2 * longest, Self.longestSeconds) }
    return longest * (0.5 + generator.uniform() / 2)
  }
}
