import Statistics

/// Findings about one column's data, from what the drift comparison has read anyway.
enum QualityChecks {
  /// The level below which a change of a share is taken for real.
  static let significance = 0.001

  static func missing(
    _ column: String, reference: (missing: Int, rows: Int), current: (missing: Int, rows: Int)
  ) -> QualityFinding? {
    shareRose(
      .missingValues, column, "missing values", critical: 0.2,
      reference: (reference.missing, reference.rows), current: (current.missing, current.rows))
  }

  static func nonFinite(
    _ column: String, reference: (nonFinite: Int, rows: Int), current: (nonFinite: Int, rows: Int)
  ) -> QualityFinding? {
    guard current.nonFinite > 0, current.rows > 0 else { return nil }
    let share = Double(current.nonFinite) / Double(current.rows)
    let before =
      reference.rows > 0 ? Double(reference.nonFinite) / Double(reference.rows) : 0
    return QualityFinding(
      check: .nonFinite, column: column, severity: reference.nonFinite == 0 ? .warning : .info,
      reference: before, current: share,
      message: "\(count(current.nonFinite, "infinite value")) in current "
        + "(\(percent(share)), reference \(percent(before)))")
  }

  /// A column that holds a single value in current.
  ///
  /// - Parameter referenceIsConstant: nil where reference has no values to say.
  static func constant(
    _ column: String, value: String?, referenceIsConstant: Bool?
  ) -> QualityFinding? {
    guard let value, let referenceIsConstant else { return nil }
    return QualityFinding(
      check: .constant, column: column, severity: referenceIsConstant ? .info : .critical,
      message: referenceIsConstant
        ? "only ever \(value), in reference too"
        : "only ever \(value) in current, while it varies in reference", examples: [value])
  }

  /// Values of current beyond the reference's smallest and largest.
  static func outOfRange(
    _ column: String, below: Int, above: Int, current: Int, range: (Double, Double)
  ) -> QualityFinding? {
    guard below + above > 0, current > 0 else { return nil }
    let share = Double(below + above) / Double(current)
    return QualityFinding(
      check: .outOfRange, column: column, severity: share >= 0.01 ? .warning : .info,
      reference: 0, current: share,
      message: "\(count(below + above, "value")) (\(percent(share))) outside the reference's range "
        + "\(range.0) to \(range.1): \(below) below, \(above) above")
  }

  static func categories(
    _ column: String, reference: CategoryCounts, current: CategoryCounts
  ) -> [QualityFinding] {
    [
      appeared(
        .newCategories, column, in: current, notIn: reference, "new in current"),
      appeared(
        .vanishedCategories, column, in: reference, notIn: current, "gone from current"),
    ].compactMap { $0 }
  }

  private static func appeared(
    _ check: QualityCheck, _ column: String, in counts: CategoryCounts,
    notIn other: CategoryCounts, _ word: String
  ) -> QualityFinding? {
    let fresh = counts.counts.filter { other.counts[$0.key] == nil }
    guard !fresh.isEmpty, counts.total > 0, other.total > 0 else { return nil }
    let rows = fresh.values.reduce(0, +)
    let share = Double(rows) / Double(counts.total)
    let examples = fresh.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(5).map(\.key)
    let isNew = check == .newCategories
    return QualityFinding(
      check: check, column: column, severity: share >= 0.01 ? .warning : .info,
      reference: isNew ? 0 : share, current: isNew ? share : 0,
      message: "\(count(fresh.count, "category", "categories")) \(word), "
        + "\(percent(share)) of \(isNew ? "current" : "reference") rows", examples: examples)
  }

  /// A finding where a share rose by a point or more, and by more than chance explains.
  static func shareRose(
    _ check: QualityCheck, _ column: String?, _ what: String, critical: Double,
    reference: (count: Int, rows: Int), current: (count: Int, rows: Int)
  ) -> QualityFinding? {
    guard current.rows > 0, reference.rows > 0, current.count > 0 else { return nil }
    let before = Double(reference.count) / Double(reference.rows)
    let now = Double(current.count) / Double(current.rows)
    let rise = now - before
    guard rise >= 0.01 else { return nil }
    // It throws of sides without rows alone, which are none of these.
    let test = try? zProportion(
      reference: [reference.count, reference.rows - reference.count],
      current: [current.count, current.rows - current.count])
    guard let test, test.pValue < significance else { return nil }
    return QualityFinding(
      check: check, column: column, severity: rise >= critical ? .critical : .warning,
      reference: before, current: now,
      message: "\(what) rose from \(percent(before)) to \(percent(now))")
  }

  static func percent(_ share: Double) -> String {
    let value = share * 100
    let digits = value >= 10 || value == 0 ? 1.0 : value >= 0.1 ? 100.0 : 10_000.0
    let scale = digits == 1 ? 10.0 : digits
    return "\((value * scale).rounded() / scale) %"
  }

  private static func count(_ count: Int, _ word: String, _ plural: String? = nil) -> String {
    count == 1 ? "1 \(word)" : "\(count) \(plural ?? word + "s")"
  }
}
