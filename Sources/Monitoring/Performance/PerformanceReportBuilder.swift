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

/// A stretch of predictions.
struct PredictionChunk {
  var label: String
  var start: Instant?
  var end: Instant?
  var rows: [Int]

  /// Cuts rows by the calendar, or into so many each in order of time; rows without a time are in no
  /// calendar chunk.
  static func cut(_ table: PredictionTable, by rule: ChunkRule) -> [PredictionChunk] {
    if case .rows(let size) = rule {
      var order = Array(0..<table.count)
      if !table.times.isEmpty { order.sort { (table.times[$0], $0) < (table.times[$1], $1) } }
      return stride(from: 0, to: order.count, by: size).map { first in
        let rows = Array(order[first..<min(first + size, order.count)])
        let times =
          table.times.isEmpty
          ? []
          : rows.map { table.times[$0] }
            .filter { $0 != PredictionTable.noTime }
        return PredictionChunk(
          label: "rows \(first + 1)–\(first + rows.count)",
          start: times.min().map(Instant.init(microseconds:)),
          end: times.max().map { Instant(microseconds: $0 &+ 1) }, rows: rows)
      }
    }
    var byDay: [Int: [Int]] = [:]
    for (row, time) in table.times.enumerated() where time != PredictionTable.noTime {
      byDay[rule.firstDay(of: Instant(microseconds: time).day), default: []].append(row)
    }
    return byDay.sorted { $0.key < $1.key }.map { day, rows in
      PredictionChunk(
        label: rule.label(firstDay: day), start: Instant(day: day),
        end: Instant(day: rule.nextDay(after: day)), rows: rows)
    }
  }
}

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

/// What a primary metric says beside the reference's.
struct PerformanceVerdict {
  let status: Status
  let reason: String?
  /// How much worse than the reference, relative to it; nil without one.
  let drop: Double?
  let primary: String

  /// The drop above which performance is critical.
  static let criticalDrop = 0.15
  /// The drop above which performance is degraded.
  static let degradedDrop = 0.05

  /// A drop counts where it is larger than its border and the reference is outside the interval.
  init(primary: String, metric: MetricValue?, higherIsBetter: Bool) {
    self.primary = primary
    guard let metric, let value = metric.value else {
      (status, drop) = (.unknown, nil)
      reason = metric?.reason ?? "there is no \(primary)"
      return
    }
    guard let reference = metric.reference, let relative = metric.relativeChange else {
      (status, drop) = (.unknown, nil)
      reason =
        metric.reference == nil
        ? "there is no reference to say what is good: see --reference"
        : "the reference's \(primary) is 0, of which nothing is a share"
      return
    }
    let drop = higherIsBetter ? -relative : relative
    self.drop = drop
    reason = nil
    let isReal =
      higherIsBetter
      ? reference > (metric.upper ?? value) : reference < (metric.lower ?? value)
    status =
      !isReal
      ? .healthy
      : drop > Self.criticalDrop
        ? .critical : drop > Self.degradedDrop ? .degraded : .healthy
  }
}

extension PerformanceReport {
  mutating func addAdvice(_ verdict: PerformanceVerdict) {
    let percent = verdict.drop.map { "\(($0 * 1000).rounded() / 10) %" } ?? ""
    switch verdict.status {
    case .critical:
      recommendations.append(
        "URGENT: \(primaryMetric) is \(percent) worse than in the reference. Consider rolling back, "
          + "or retraining with recent data.")
      nextSteps = [
        "Look for the cause: run plumbline drift over the same two windows.",
        "See when it began: run with --timestamp and --chunk day.",
      ]
    case .degraded:
      recommendations.append(
        "WARNING: \(primaryMetric) is \(percent) worse than in the reference. Investigate before it "
          + "gets worse.")
      nextSteps = [
        "Look for the cause: run plumbline drift over the same two windows.",
        segments.isEmpty
          ? "See which rows are worst: run with --segment."
          : "Compare the segments: the worst may point to the cause.",
      ]
    case .healthy: nextSteps = ["Continue monitoring."]
    case .unknown:
      nextSteps = [
        labelledRows == 0
          ? "Wait for labels, or estimate without them: run with --estimate and --reference."
          : "Say what is good: run with --reference."
      ]
    }
    if let coverage = labels.coverage, coverage < 0.5, labels.source != .none {
      recommendations.append(
        "Labels are in for \((coverage * 1000).rounded() / 10) % of predictions only: the figures may "
          + "speak for those alone.")
    }
    if labels.contradicting > 0 {
      recommendations.append(
        "Find out why \(labels.contradicting) ids have labels that contradict each other; none of them "
          + "is used.")
    }
    if chunks.contains(where: { $0.mature == false }) {
      recommendations.append(
        "Labels of the newest chunks are still arriving: compare their figures only with the bias that "
          + "early labels bring.")
    }
  }
}
