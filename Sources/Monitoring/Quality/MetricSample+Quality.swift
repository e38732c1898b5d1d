/// What a check of data quality says, as metrics that rules look at: those a drift check has of quality.
extension MetricSample {
  /// - Parameters:
  ///   - labels: of all samples.
  ///   - at: the time they are of.
  public static func samples(
    of report: DataQualityReport, labels: [String: String], at instant: Instant
  ) -> [MetricSample] {
    var samples = [
      MetricSample(
        metric: "data_quality_findings", labels: labels, at: instant,
        value: Double(report.critical + report.warnings))
    ]
    for column in report.schema where column.type == .categorical && column.role.isCompared {
      let fresh = report.findings.first {
        $0.check == .newCategories && $0.column == column.column
      }
      samples.append(
        MetricSample(
          metric: "new_category_detected",
          labels: labels.merging(["feature": column.column]) { $1 }, at: instant,
          value: fresh?.current ?? 0))
    }
    return samples
  }
}
