import Statistics

extension CellCounts {
  var rows: Int { total + missing + nonFinite }

  /// The column in a few numbers; quantiles are taken as spread evenly within their cell.
  func summary(in cells: Cells) -> NumericSummary? {
    guard let minimum = moments.minimum, let maximum = moments.maximum else { return nil }
    return NumericSummary(
      mean: moments.mean, standardDeviation: moments.standardDeviation, minimum: minimum,
      quantiles: NumericSummary.levels.map { quantile($0, cells, minimum, maximum) },
      maximum: maximum)
  }

  private func quantile(
    _ level: Double, _ cells: Cells, _ minimum: Double, _ maximum: Double
  ) -> Double {
    var below = 0
    let rank = level * Double(total)
    for (index, count) in counts.enumerated() where count > 0 {
      if Double(below + count) >= rank {
        let (low, high) = borders(of: index, cells, minimum, maximum)
        let weight = (rank - Double(below)) / Double(count)
        return low * (1 - weight) + high * weight
      }
      below += count
    }
    return maximum
  }

  /// The range of the values that can be in a cell.
  private func borders(
    of index: Int, _ cells: Cells, _ minimum: Double, _ maximum: Double
  ) -> (Double, Double) {
    let low = index == 0 ? minimum : max(minimum, cells.cuts[index - 1])
    let high = index == cells.cuts.count ? maximum : min(maximum, cells.cuts[index])
    return (min(low, high), high)
  }
}

extension CellPair {
  /// Both sides' counts in fewer, wider cells: the cuts nearest to equal frequencies of the
  /// reference.
  func coarsened(to count: Int) -> (cuts: [Double], reference: [Int], current: [Int]) {
    var cuts: [Double] = []
    var reference: [Int] = []
    var current: [Int] = []
    var (below, inReference, inCurrent) = (0, 0, 0)
    var next = 1
    for index in self.reference.counts.indices {
      inReference += self.reference.counts[index]
      inCurrent += self.current.counts[index]
      below += self.reference.counts[index]
      let isLast = index == self.cells.cuts.count
      var reached = false
      while next < count, below * count >= next * self.reference.total {
        reached = true
        next += 1
      }
      if isLast || reached {
        if !isLast { cuts.append(self.cells.cuts[index]) }
        reference.append(inReference)
        current.append(inCurrent)
        (inReference, inCurrent) = (0, 0)
      }
    }
    return (cuts, reference, current)
  }
}

extension Distribution {
  /// The distribution as known from cells: those of the cells that equal widths come nearest to.
  init?(_ pair: CellPair) {
    let extremes = [pair.reference.moments, pair.current.moments]
    guard let least = extremes.compactMap(\.minimum).min(),
      let most = extremes.compactMap(\.maximum).max()
    else { return nil }
    let levels = [pair.reference, pair.current].compactMap { $0.summary(in: pair.cells) }
    let low = levels.compactMap(\.quantiles.first).min() ?? least
    let high = levels.compactMap(\.quantiles.last).max() ?? most
    let margin = (high / 2 - low / 2) * 0.2
    let from = max(least, low - margin)
    let to = min(most, high + margin)
    let step = (to / 2 - from / 2) / Double(Distribution.cellCount) * 2
    var edges = [from]
    var reference: [Int] = []
    var current: [Int] = []
    var (inReference, inCurrent) = (0, 0)
    for index in pair.reference.counts.indices {
      inReference += pair.reference.counts[index]
      inCurrent += pair.current.counts[index]
      let isLast = index == pair.cells.cuts.count
      let cut = isLast ? to : pair.cells.cuts[index]
      guard isLast || (cut - (edges.last ?? from) >= step && cut < to) else { continue }
      edges.append(min(max(cut, (edges.last ?? from).nextUp), .greatestFiniteMagnitude))
      reference.append(inReference)
      current.append(inCurrent)
      (inReference, inCurrent) = (0, 0)
    }
    self.init(
      edges: edges, categories: nil, hasOthers: false, reference: reference, current: current)
  }
}
