import Statistics

/// Which chunks' labels have had time to arrive.
struct LabelMaturity {
  let table: PredictionTable
  /// Seconds, ascending.
  let delays: [Double]
  /// Until when labels are known.
  let asOf: Instant?

  /// The delay beyond which a label is late; nil for the 95th percentile.
  let lateAfter: TimeSpan?

  init(table: PredictionTable, delays: [Double], asOf: Instant?, lateAfter: TimeSpan?) {
    self.table = table
    self.delays = delays
    self.lateAfter = lateAfter
    let last = table.labelTimes.filter { $0 != PredictionTable.noTime }.max()
    self.asOf = asOf ?? last.map(Instant.init(microseconds:))
  }

  private var limit: Double? { lateAfter.map { Double($0.microseconds) / 1e6 } ?? late }

  private var late: Double? { quantile(delays.span, 0.95) }

  var delay: LabelDelay {
    LabelDelay(
      medianSeconds: quantile(delays.span, 0.5), p95Seconds: late, count: delays.count,
      lateAfterSeconds: limit, late: limit.map { limit in delays.count { $0 > limit } } ?? 0,
      reason: delays.isEmpty
        ? "when labels arrived is not known: see --timestamp and --label-timestamp" : nil)
  }

  /// Whether the delay's 95th percentile has passed since the chunk's end.
  func isMature(_ chunk: PredictionChunk) -> Bool? {
    guard let late, let asOf, let end = chunk.end else { return nil }
    return Double(asOf.microseconds) - Double(end.microseconds) >= late * 1e6
  }

  /// The figure over mature rows whose label came as early as the chunk's labels could so far, less
  /// that over all mature rows.
  func bias(at chunk: PredictionChunk, _ figure: ([Int]) -> Double?) -> Double? {
    guard let late, let asOf, let start = chunk.start, let end = chunk.end else { return nil }
    let middle = Double(start.microseconds) / 2 + Double(end.microseconds) / 2
    let age = max(0, Double(asOf.microseconds) - middle) / 1e6
    var (mature, early): ([Int], [Int]) = ([], [])
    for (row, time) in table.times.enumerated() {
      let arrived = table.labelTimes[row]
      guard time != PredictionTable.noTime, arrived != PredictionTable.noTime,
        Double(asOf.microseconds) - Double(time) >= late * 1e6
      else { continue }
      mature.append(row)
      if Double(arrived) - Double(time) <= age * 1e6 { early.append(row) }
    }
    guard let whole = figure(mature), let part = figure(early) else { return nil }
    return part - whole
  }
}
