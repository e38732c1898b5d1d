import DataSources
import Foundation
import Statistics

/// Puts a report together from tables that have been read.
struct PerformanceReportBuilder {
  let plan: PredictionPlan
  let table: PredictionTable
  let hasLabels: Bool
  let labelReport: LabelReport?
  let reference: PredictionTable?
  let source: String

  private var options: PerformanceOptions { plan.options }

  func report() throws -> PerformanceReport {
    let all = Array(0..<table.count)
    let evaluator = try MetricEvaluator(plan: plan, table: table, reference: reference)
    let base = reference.map { table in
      evaluator.evaluate(table, MetricEvaluator.labelled(table, plan)).metrics
    }
    let labelled = hasLabels ? MetricEvaluator.labelled(table, plan) : []
    let whole = evaluator.evaluate(table, labelled)
    let metrics = whole.metrics.compared(with: base)
    let primary = evaluator.primaryMetric
    let delays = LabelJoin.delays(table)
    let maturity = LabelMaturity(
      table: table, delays: delays, asOf: options.asOf, lateAfter: options.lateAfter)
    let chunks = chunks(evaluator, base, maturity)
    let verdict = PerformanceVerdict(
      primary: primary, metric: metrics[primary], higherIsBetter: evaluator.higherIsBetter)
    let estimates = evaluator.estimates(table, all, realised: whole.metrics)
    var report = PerformanceReport(
      status: verdict.status, reason: verdict.reason, task: plan.task, source: source,
      rows: table.count, labelledRows: labelled.count, referenceRows: reference?.count,
      primaryMetric: primary, metrics: metrics,
      confusion: whole.confusion.map { evaluator.confusion($0) },
      labels: labels(labelled.count), labelDelay: maturity.delay,
      segments: segments(evaluator, base), chunks: chunks, estimates: estimates,
      proxies: evaluator.proxies(table, all, reference: reference),
      shadow: evaluator.shadow(table, labelled, serving: whole.metrics), notes: evaluator.notes,
      recommendations: [], nextSteps: [])
    if estimates.isEmpty == false, !evaluator.isCalibrated {
      report.notes.append(
        "probabilities are taken as they are: without a labelled reference, or where calibration "
          + "would not bring them nearer to what happened")
    }
    report.addAdvice(verdict)
    return report
  }

  private func labels(_ labelled: Int) -> LabelReport {
    if let labelReport { return labelReport }
    let source: LabelReport.Source =
      options.labelRule != nil ? .synthetic : hasLabels ? .column : .none
    return LabelReport(
      source: source,
      coverage: table.count > 0 ? Double(labelled) / Double(table.count) : nil,
      missing: table.count - labelled, unmatched: 0, duplicate: 0, contradicting: 0,
      repeatedPredictions: 0, early: 0)
  }

  private func segments(
    _ evaluator: MetricEvaluator, _ base: Metrics?
  ) -> [PerformanceSegment] {
    var segments: [PerformanceSegment] = []
    for (index, column) in options.segments.enumerated() {
      let names = plan.segmentNames[index].value.names
      var rows = [[Int]](repeating: [], count: names.count)
      var missing: [Int] = []
      for (row, code) in table.segments[index].enumerated() {
        if code >= 0 { rows[Int(code)].append(row) } else { missing.append(row) }
      }
      var inReference = [[Int]](repeating: [], count: names.count)
      for (row, code) in (reference?.segments[index] ?? []).enumerated() where code >= 0 {
        inReference[Int(code)].append(row)
      }
      let ordered = names.indices.sorted { names[$0] < names[$1] }
      for code in ordered where !rows[code].isEmpty {
        let labelled = hasLabels ? evaluator.labelled(table, rows[code]) : []
        let before = reference.map { table in
          evaluator.evaluate(table, evaluator.labelled(table, inReference[code])).metrics
        }
        segments.append(
          PerformanceSegment(
            column: column, value: names[code], rows: rows[code].count,
            labelledRows: labelled.count,
            metrics: evaluator.evaluate(table, labelled).metrics.compared(with: before)))
      }
      if !missing.isEmpty {
        let labelled = hasLabels ? evaluator.labelled(table, missing) : []
        segments.append(
          PerformanceSegment(
            column: column, value: "(missing)", rows: missing.count, labelledRows: labelled.count,
            metrics: evaluator.evaluate(table, labelled).metrics))
      }
    }
    return segments
  }

  // MARK: Chunks

  private func chunks(
    _ evaluator: MetricEvaluator, _ base: Metrics?, _ maturity: LabelMaturity
  ) -> [PerformanceChunk] {
    guard let rule = options.chunk else { return [] }
    return PredictionChunk.cut(table, by: rule).map { chunk in
      let labelled = hasLabels ? evaluator.labelled(table, chunk.rows) : []
      let measured = evaluator.evaluate(table, labelled).metrics
      let metrics = measured.compared(with: base)
      let verdict = PerformanceVerdict(
        primary: evaluator.primaryMetric, metric: metrics[evaluator.primaryMetric],
        higherIsBetter: evaluator.higherIsBetter)
      let isMature = maturity.isMature(chunk)
      return PerformanceChunk(
        label: chunk.label, start: chunk.start?.iso8601, end: chunk.end?.iso8601,
        rows: chunk.rows.count, labelledRows: labelled.count, status: verdict.status,
        mature: isMature,
        earlyLabelBias: isMature == false
          ? maturity.bias(at: chunk) { rows in
            evaluator.evaluate(table, evaluator.labelled(table, rows))
              .metrics[evaluator.primaryMetric]?.value
          } : nil,
        metrics: metrics,
        estimates: evaluator.estimates(table, chunk.rows, realised: measured))
    }
  }
}
