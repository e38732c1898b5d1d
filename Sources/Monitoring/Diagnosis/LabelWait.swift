import Statistics

/// Which rows labels have had time to come for.
///
/// Where one outcome is known sooner than another, the labels that young rows have are no sample of what will
/// be known of them: late payers are late by definition. Rows younger than what 95 % of labels take are
/// therefore taken as without a label, on either side, wherever labels of such rows are missing.
struct LabelWait {
  /// Of the reference, whose labels have had most time; of both sides where that has few.
  let delays: [Double]
  /// Microseconds after which 95 % of labels are there.
  private let wait: Double
  /// Until when labels are known.
  private let asOf: Int64
  /// The share of older rows that have a label.
  private let usual: Double

  /// nil where it is not known when labels came.
  init?(_ reference: PredictionTable, _ current: PredictionTable) {
    var delays = LabelJoin.delays(reference)
    if delays.count < 30 {
      delays += LabelJoin.delays(current)
      sortAscending(&delays)
    }
    let last = (reference.labelTimes + current.labelTimes).filter { $0 != PredictionTable.noTime }
    guard let late = quantile(delays.span, 0.95), let asOf = last.max() else { return nil }
    self.delays = delays
    wait = late * 1e6
    self.asOf = asOf
    let sides = [reference, current]
    let old = sides.map { Self.rows($0) { Double(asOf) - Double($0) >= late * 1e6 } }
    let labelled = zip(sides, old).reduce(0) { $0 + $1.0.labelled(among: $1.1) }
    let count = old[0].count + old[1].count
    usual = count > 0 ? Double(labelled) / Double(count) : 1
  }

  var delay: LabelDelay {
    LabelDelay(
      medianSeconds: quantile(delays.span, 0.5), p95Seconds: wait / 1e6, count: delays.count,
      lateAfterSeconds: nil, late: 0, reason: nil)
  }

  /// Takes labels from young rows, where such rows lack them.
  ///
  /// - Returns: what was done, in words; nil for nothing.
  func leaveOut(_ table: inout PredictionTable, side: String) -> String? {
    let young = Self.rows(table) { Double(asOf) - Double($0) < wait }
    let labelled = table.labelled(among: young)
    let share = Double(labelled) / Double(max(1, young.count))
    guard labelled > 0, share < usual - 0.02 else { return nil }
    for row in young {
      if !table.truthClasses.isEmpty { table.truthClasses[row] = -1 }
      if !table.truth.isEmpty { table.truth[row] = .nan }
    }
    return
      "\(young.count) of \(table.count) \(side) rows are younger than the "
      + "\(NumberFormat.short(wait / 3_600e6)) hours that 95 % of labels take, and only "
      + "\(QualityChecks.percent(share)) of them have a label so far: the loss and the outcomes are those of "
      + "older rows"
  }

  private static func rows(_ table: PredictionTable, where fits: (Int64) -> Bool) -> [Int] {
    table.times.indices.filter {
      table.times[$0] != PredictionTable.noTime && fits(table.times[$0])
    }
  }

  /// What is to be known where nobody says when labels came: that they are fewer than they were.
  static func doubt(_ reference: PredictionTable, _ current: PredictionTable) -> String? {
    func share(_ table: PredictionTable) -> Double {
      Double(table.labelled(among: Array(0..<table.count))) / Double(max(1, table.count))
    }
    let (before, now) = (share(reference), share(current))
    guard now > 0, now < before - 0.05 else { return nil }
    return
      "labels are there for \(QualityChecks.percent(now)) of current rows, and for "
      + "\(QualityChecks.percent(before)) of the reference's: if some outcomes are known sooner than others, "
      + "the change of the loss is not that of all rows. `--label-timestamp` says which rows are old enough"
  }
}

extension PredictionTable {
  fileprivate func labelled(among rows: [Int]) -> Int {
    if !truthClasses.isEmpty { return rows.count { truthClasses[$0] >= 0 } }
    return truth.isEmpty ? 0 : rows.count { !truth[$0].isNaN }
  }
}
