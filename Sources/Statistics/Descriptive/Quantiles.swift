/// The `q`-quantile of sorted values, interpolated linearly between neighbours (Hyndman and Fan's
/// type 7, NumPy's default).
///
/// - Parameters:
///   - sorted: ascending, finite.
///   - q: 0…1.
/// - Returns: nil for an empty sample or a `q` outside its range.
public func quantile(_ sorted: Span<Double>, _ q: Double) -> Double? {
  guard sorted.count > 0, q >= 0, q <= 1 else { return nil }
  let position = q * Double(sorted.count - 1)
  let below = Int(position)
  let above = min(below + 1, sorted.count - 1)
  let weight = position - Double(below)
  let (low, high) = (sorted[below], sorted[above])
  // From the nearer end, as NumPy does, so that results agree to the last bit.
  let step = high - low
  guard step.isFinite else { return low * (1 - weight) + high * weight }
  return weight < 0.5 ? low + step * weight : high - step * (1 - weight)
}
