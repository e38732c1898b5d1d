/// Visits the distinct values of two sorted samples in ascending order, each with how often it
/// occurs on either side. O(n + m).
@inline(__always)
func forEachTieGroup(
  _ reference: Span<Double>, _ current: Span<Double>,
  _ body: (_ value: Double, _ inReference: Int, _ inCurrent: Int) -> Void
) {
  var i = 0
  var j = 0
  while i < reference.count || j < current.count {
    let value =
      i == reference.count
      ? current[j] : j == current.count ? reference[i] : min(reference[i], current[j])
    let (firstI, firstJ) = (i, j)
    while i < reference.count, reference[i] == value { i += 1 }
    while j < current.count, current[j] == value { j += 1 }
    body(value, i - firstI, j - firstJ)
  }
}

/// A sum that carries what rounding loses (Neumaier 1974), for long sums of mixed size.
struct CompensatedSum {
  private var sum = 0.0
  private var lost = 0.0

  var value: Double { sum + lost }

  mutating func add(_ term: Double) {
    let next = sum + term
    lost += abs(sum) >= abs(term) ? (sum - next) + term : (term - next) + sum
    sum = next
  }
}
