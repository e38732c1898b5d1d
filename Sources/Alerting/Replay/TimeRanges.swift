/// Stretches of time, in microseconds since 1970: sorted, none touching another.
struct TimeRanges: Sendable, Equatable {
  struct Range: Sendable, Equatable {
    var start: Int64
    var end: Int64

    func overlaps(_ other: Range) -> Bool {
      // A range without length is at a time all the same.
      max(start, other.start) < min(end, other.end)
        || (start == end && other.start <= start && start <= other.end)
        || (other.start == other.end && start <= other.start && other.start <= end)
    }
  }

  private(set) var ranges: [Range] = []

  /// Any ranges, put in order and together; those that end before they begin are left out. O(n log n).
  init(_ ranges: some Sequence<Range>) {
    for range in ranges.filter({ $0.start <= $0.end }).sorted(by: { $0.start < $1.start }) {
      if let last = self.ranges.last, range.start <= last.end {
        self.ranges[self.ranges.count - 1].end = max(last.end, range.end)
      } else {
        self.ranges.append(range)
      }
    }
  }

  var total: Int64 { ranges.reduce(0) { $0 + ($1.end - $1.start) } }

  /// Time that is in both. O(n + m).
  func overlap(with other: TimeRanges) -> Int64 {
    var (first, second) = (0, 0)
    var total: Int64 = 0
    while first < ranges.count, second < other.ranges.count {
      let (one, two) = (ranges[first], other.ranges[second])
      total += max(0, min(one.end, two.end) - max(one.start, two.start))
      if one.end < two.end { first += 1 } else { second += 1 }
    }
    return total
  }

  /// Whether any of it is in a range. O(log n).
  func touches(_ range: Range) -> Bool {
    firstTouching(range) != nil
  }

  /// The first of the ranges that overlaps another. O(log n).
  func firstTouching(_ range: Range) -> Range? {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].end < range.start { low = middle + 1 } else { high = middle }
    }
    return ranges[low...].prefix { $0.start <= range.end }.first { $0.overlaps(range) }
  }

  /// What lies within a range.
  func clipped(to bounds: Range) -> TimeRanges {
    TimeRanges(
      ranges.filter { $0.overlaps(bounds) }.map {
        Range(start: max($0.start, bounds.start), end: min($0.end, bounds.end))
      })
  }
}
