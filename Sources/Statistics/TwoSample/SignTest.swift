/// The exact p-value, two-sided, of as many wins on either side being a matter of chance: the sign
/// test, which on pairs of right and wrong predictions is McNemar's exact test.
///
/// Sources: McNemar (1947), Psychometrika 12. Agrees with SciPy's `binomtest(wins, n, 0.5)`.
///
/// - Parameters:
///   - wins: at least 0.
///   - losses: at least 0.
/// - Returns: 1 where there are neither.
public func signTestPValue(_ wins: Int, _ losses: Int) -> Double {
  let count = wins + losses
  let fewer = min(wins, losses)
  guard count > 0, 2 * fewer < count else { return 1 }
  // Terms fall towards the tail; what is left of them soon does not count.
  var term = BinomialTerm.probability(Double(fewer), of: Double(count), p: 0.5, q: 0.5)
  var (tail, k) = (0.0, fewer)
  while k >= 0, term > tail * 1e-18 {
    tail += term
    term *= Double(k) / Double(count - k + 1)
    k -= 1
  }
  return min(1, 2 * tail)
}
