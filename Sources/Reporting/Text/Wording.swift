import Monitoring

/// The words every human format shares.
struct Wording {
  let report: DriftReport

  /// The finding in a sentence.
  var headline: String {
    guard let share = report.driftShare else {
      return "Drift could not be judged: \(report.reason ?? "no column is comparable")."
    }
    let columns = report.checkedColumns == 1 ? "column" : "columns"
    return "\(report.driftedColumns) of \(report.checkedColumns) \(columns) drifted "
      + "(\(Figures.percent(share)))\(report.chunkVerdicts.sentence.map { "; \($0)" } ?? "")."
  }

  /// One side, with its window.
  static func side(_ side: TableSummary) -> String {
    let rows = "\(Figures.count(side.rows)) \(side.rows == 1 ? "row" : "rows")"
    guard let start = side.start, let end = side.end else { return "\(side.source), \(rows)" }
    return "\(side.source), \(rows), \(start) to \(end)"
  }

  /// How p-values and effects were judged, and how figures were computed.
  var terms: String {
    let correction =
      report.correction == .none
      ? "no correction" : report.correction.rawValue.replacing("_", with: "–")
    return "\(correction), \(report.policy.rawValue) policy, \(report.summaries.rawValue) figures"
  }

  static func verdict(_ column: ColumnDrift) -> String {
    switch column.drifted {
    case true: "drifted"
    case false: "stable"
    case nil: "unknown"
    }
  }

  static func kind(_ column: ColumnDrift) -> String {
    column.role == .feature
      ? column.type.rawValue : "\(column.type.rawValue), \(column.role.rawValue)"
  }

  /// What the verdict was compared with.
  static func threshold(_ column: ColumnDrift) -> String {
    guard let threshold = column.threshold, let kind = column.thresholdKind else { return "–" }
    let sign = kind == .significance ? "p <" : "≥"
    let floor = column.effectSizeFloor.map { ", effect ≥ \(Figures.number($0))" } ?? ""
    return "\(sign) \(Figures.number(threshold))\(floor)"
  }

  static func missing(_ column: ColumnDrift) -> String {
    func share(_ missing: Int, _ count: Int, _ other: Int) -> String {
      let all = missing + count + other
      return all == 0 ? "–" : Figures.percent(Double(missing) / Double(all))
    }
    let before = share(column.referenceMissing, column.referenceCount, column.referenceNonFinite)
    let now = share(column.currentMissing, column.currentCount, column.currentNonFinite)
    return "\(before) → \(now)"
  }

  /// A few values, quoted.
  static func examples(_ values: [String]) -> String {
    values.isEmpty
      ? "" : " (" + values.map { "“\(PrintableText.visible($0))”" }.joined(separator: ", ") + ")"
  }
}

extension Status {
  /// A sign that tells statuses apart without colour.
  var symbol: String {
    switch self {
    case .healthy: "✓"
    case .degraded: "▲"
    case .critical: "✗"
    case .unknown: "?"
    }
  }

  var tone: TerminalStyle.Tone {
    switch self {
    case .healthy: .good
    case .degraded: .warning
    case .critical: .critical
    case .unknown: .warning
    }
  }
}
