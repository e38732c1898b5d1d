/// What a check of data quality says, as metrics that rules look at: those a drift check has of quality.
extension MetricSample {
  /// - Parameters:
  ///   - labels: of all samples.
  ///   - at: the time they are of.
  public static func samples(
    of report: DataQualityReport, labels: [String: String], at instant: Instant
  ) -> [MetricSample] {
    let count = MetricSample(
      metric: "data_quality_findings", labels: labels, at: instant,
      value: Double(report.critical + report.warnings))
    // What nobody looked for is not none, nor is what rows there are not do not have.
    guard report.checks?.contains(.newCategories) ?? true, report.current.rows > 0 else {
      return [count]
    }
    let columns = report.schema.filter { $0.type == .categorical && $0.role.isCompared }
    return [count]
      + newCategories(
        in: columns.map(\.column), report.findings, labels: labels, at: instant)
  }

  /// The share of rows with new categories, of each of some categorical columns.
  static func newCategories(
    in columns: [String], _ findings: [QualityFinding], labels: [String: String],
    at instant: Instant
  ) -> [MetricSample] {
    columns.map { column in
      let fresh = findings.first { $0.check == .newCategories && $0.column == column }
      return MetricSample(
        metric: "new_category_detected", labels: labels.merging(["feature": column]) { $1 },
        at: instant, value: fresh?.current ?? 0)
    }
  }
}
