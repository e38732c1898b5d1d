extension RunAlert {
  /// The alerts the requirement's severity matrix asks for on a drift report.
  static func alerts(for report: DriftReport) -> [RunAlert] {
    let source = report.current.source
    var alerts: [RunAlert] = []
    if let share = report.driftShare {
      let rule: (AlertSeverity, Double)? =
        share > DriftVerdict.criticalShare
        ? (.critical, DriftVerdict.criticalShare)
        : share > DriftVerdict.degradedShare ? (.warning, DriftVerdict.degradedShare) : nil
      if let (severity, threshold) = rule {
        alerts.append(
          RunAlert(
            "data_drift_score", severity, title: "Data drift is \(report.status.rawValue)",
            description: "\(report.driftedColumns) of \(report.checkedColumns) columns drifted",
            value: share, threshold: threshold, labels: ["source": source]))
      }
    }
    for column in report.columns where column.drifted == true {
      alerts.append(
        RunAlert(
          "feature_distribution_shift", .info, title: "`\(column.column)` has shifted",
          description: "\(column.method ?? "") \(column.statistic.map { "\($0)" } ?? "")",
          value: column.thresholdKind == .significance ? column.adjustedPValue : column.statistic,
          threshold: column.threshold, labels: ["source": source, "column": column.column]))
    }
    for finding in report.quality where finding.check == .newCategories {
      alerts.append(
        RunAlert(
          "new_category_detected", .info, title: "New categories in `\(finding.column ?? "")`",
          description: finding.message, value: finding.current, threshold: nil,
          labels: ["source": source, "column": finding.column ?? ""]))
    }
    return alerts
  }

  init(
    _ metric: String, _ severity: AlertSeverity, title: String, description: String, value: Double?,
    threshold: Double?, labels: [String: String]
  ) {
    self.init(
      id: Self.fingerprint(metric, labels), severity: severity, title: title,
      description: description, metricName: metric, currentValue: value, threshold: threshold,
      labels: labels)
  }

  /// FNV-1a over the metric and its labels in the order of their names, each part ended by a byte
  /// that no text holds.
  static func fingerprint(_ metric: String, _ labels: [String: String]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    let parts = [metric] + labels.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    for part in parts {
      for byte in Array(part.utf8) + [0xff] {
        hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
      }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
