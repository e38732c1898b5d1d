import Statistics

/// Findings about whole tables.
enum TableQuality {
  static func rowCount(reference: Int, current: Int) -> QualityFinding? {
    if current == 0 || reference == 0 {
      let side = current == 0 ? "current" : "reference"
      return QualityFinding(
        check: .rowCount, severity: .critical, reference: Double(reference),
        current: Double(current), message: "\(side) has no rows")
    }
    return QualityFinding(
      check: .rowCount, severity: min(reference, current) < 100 ? .warning : .info,
      reference: Double(reference), current: Double(current),
      message: "\(reference) rows in reference, \(current) in current"
        + (min(reference, current) < 100 ? ": too few to see any but a large drift" : ""))
  }

  static func duplicates(
    reference: (duplicates: Int, rows: Int), current: (duplicates: Int, rows: Int)
  ) -> QualityFinding? {
    if let rise = QualityChecks.shareRose(
      .duplicateRows, nil, "duplicate rows", critical: 0.2,
      reference: (reference.duplicates, reference.rows),
      current: (current.duplicates, current.rows))
    {
      return rise
    }
    guard current.duplicates + reference.duplicates > 0, current.rows > 0, reference.rows > 0
    else { return nil }
    return QualityFinding(
      check: .duplicateRows, severity: .info,
      reference: Double(reference.duplicates) / Double(reference.rows),
      current: Double(current.duplicates) / Double(current.rows),
      message: "\(reference.duplicates) duplicate rows in reference, "
        + "\(current.duplicates) in current")
  }

  /// A finding where the newest row is older than it may be.
  ///
  /// - Parameters:
  ///   - newest: nil where no row has a time.
  ///   - isSilent: whether there is no row at all of the time in question.
  static func freshness(
    newest: Instant?, asOf: Instant, limit: TimeSpan, isSilent: Bool
  ) -> QualityFinding? {
    guard let newest else {
      return QualityFinding(
        check: .freshness, severity: .critical, reference: Double(limit.seconds),
        message: "no row has a time: whether rows still come cannot be told")
    }
    let age = Double(asOf.microseconds - newest.microseconds) / 1e6
    guard age > Double(limit.seconds) else { return nil }
    return QualityFinding(
      check: .freshness, severity: isSilent ? .critical : .warning,
      reference: Double(limit.seconds), current: age,
      message:
        "the newest row is of \(newest.iso8601), \(NumberFormat.short(age / 3_600)) hours "
        + "old, and may be \(limit.description)")
  }
}
