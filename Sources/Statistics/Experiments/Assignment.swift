/// Which variant a number in 0..<1 goes to: the line is cut by the variants' shares in their order.
///
/// - Parameters:
///   - place: 0..<1.
///   - shares: of the variants, adding up to 1.
/// - Returns: the variant's index; the last where rounding leaves a rest.
public func variant(at place: Double, shares: [Double]) -> Int {
  var end = 0.0
  for (index, share) in shares.enumerated() {
    end += share
    if place < end { return index }
  }
  return max(0, shares.count - 1)
}
