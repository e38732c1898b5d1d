import Statistics

/// How labels and predictions met.
public struct LabelReport: Codable, Sendable, Equatable {
  public enum Source: String, Codable, Sendable {
    /// A column beside the predictions.
    case column
    /// Labels of their own, joined by id.
    case joined
    /// A rule that stands in for labels.
    case synthetic
    case none
  }

  public var source: Source
  /// Labelled predictions / predictions.
  @NullCoded public var coverage: Double?
  /// Predictions without a label.
  public var missing: Int
  /// Labels whose id no prediction has.
  public var unmatched: Int
  /// Labels that repeat what an earlier one of the same id said.
  public var duplicate: Int
  /// Ids whose labels say different things; none of them is used.
  public var contradicting: Int
  /// Predictions whose id an earlier one has; their label is the same.
  public var repeatedPredictions: Int
  /// Labels with a time before their prediction's, whose delay is left out.
  public var early: Int

  enum CodingKeys: String, CodingKey {
    case source, coverage, missing, unmatched, duplicate, contradicting
    case repeatedPredictions = "repeated_predictions"
    case early
  }
}

/// How long labels take to arrive.
public struct LabelDelay: Codable, Sendable, Equatable {
  @NullCoded public var medianSeconds: Double?
  @NullCoded public var p95Seconds: Double?
  /// Labels that have both times.
  public var count: Int
  /// The delay beyond which a label is late: as it was asked, else the 95th percentile.
  @NullCoded public var lateAfterSeconds: Double?
  /// Labels that came later than that.
  public var late: Int
  @NullCoded public var reason: String?

  enum CodingKeys: String, CodingKey {
    case medianSeconds = "median_seconds"
    case p95Seconds = "p95_seconds"
    case count
    case lateAfterSeconds = "late_after_seconds"
    case late, reason
  }
}

/// Joins labels to predictions by id.
enum LabelJoin {
  /// One id's label, where all that came agree.
  private struct Label {
    var row: Int
    var contradicts = false
    var isUsed = false
  }

  /// Puts `labels` beside the rows of `table` they belong to.
  static func join(
    _ labels: PredictionTable, to table: inout PredictionTable, isClass: Bool
  ) -> LabelReport {
    var byID: [String: Label] = [:]
    byID.reserveCapacity(labels.count)
    var (duplicate, contradicting) = (0, 0)
    func isMissing(_ row: Int) -> Bool {
      isClass ? labels.truthClasses[row] < 0 : labels.truth[row].isNaN
    }
    func same(_ row: Int, _ other: Int) -> Bool {
      isClass
        ? labels.truthClasses[row] == labels.truthClasses[other]
        : labels.truth[row] == labels.truth[other]
    }
    for row in 0..<labels.count where !isMissing(row) {
      guard var known = byID[labels.ids[row]] else {
        byID[labels.ids[row]] = Label(row: row)
        continue
      }
      if same(row, known.row) {
        duplicate += 1
        // The first that said it is the one that counts, as it is what a reader had.
        if !labels.labelTimes.isEmpty, labels.labelTimes[row] != PredictionTable.noTime,
          labels.labelTimes[known.row] == PredictionTable.noTime
            || labels.labelTimes[row] < labels.labelTimes[known.row]
        {
          known.row = row
        }
      } else if !known.contradicts {
        known.contradicts = true
        contradicting += 1
      }
      byID[labels.ids[row]] = known
    }
    var (missing, repeated) = (0, 0)
    table.truthClasses = isClass ? [Int32](repeating: -1, count: table.count) : []
    table.truth = isClass ? [] : [Double](repeating: .nan, count: table.count)
    if !labels.labelTimes.isEmpty {
      table.labelTimes = [Int64](repeating: PredictionTable.noTime, count: table.count)
    }
    var met: Set<String> = []
    for row in 0..<table.count {
      if !met.insert(table.ids[row]).inserted { repeated += 1 }
      guard var label = byID[table.ids[row]] else {
        missing += 1
        continue
      }
      if !label.isUsed {
        label.isUsed = true
        byID[table.ids[row]] = label
      }
      guard !label.contradicts else {
        missing += 1
        continue
      }
      if isClass {
        table.truthClasses[row] = labels.truthClasses[label.row]
      } else {
        table.truth[row] = labels.truth[label.row]
      }
      if !labels.labelTimes.isEmpty { table.labelTimes[row] = labels.labelTimes[label.row] }
    }
    return LabelReport(
      source: .joined,
      coverage: table.count > 0 ? 1 - Double(missing) / Double(table.count) : nil,
      missing: missing, unmatched: byID.values.count { !$0.isUsed }, duplicate: duplicate,
      contradicting: contradicting, repeatedPredictions: repeated, early: earlyLabels(table))
  }

  /// Labels that came before what they judge.
  private static func earlyLabels(_ table: PredictionTable) -> Int {
    zip(table.times, table.labelTimes).count { time, label in
      time != PredictionTable.noTime && label != PredictionTable.noTime && label < time
    }
  }

  /// The delays of the rows that have both times, in seconds, ascending.
  static func delays(_ table: PredictionTable) -> [Double] {
    var delays = zip(table.times, table.labelTimes).compactMap { time, label -> Double? in
      guard time != PredictionTable.noTime, label != PredictionTable.noTime, label >= time else {
        return nil
      }
      return (Double(label) - Double(time)) / 1e6
    }
    sortAscending(&delays)
    return delays
  }
}
