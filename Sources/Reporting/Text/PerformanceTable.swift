import Monitoring

/// The order in which metrics are shown: what people look for first, then the rest by name.
enum MetricOrder {
  private static let first = [
    "accuracy", "balanced_accuracy", "precision", "recall", "f1_score", "auc_roc", "auc_pr",
    "auc_roc_ovr_macro", "auc_roc_ovo_macro", "log_loss", "brier_score",
    "expected_calibration_error", "rmse", "mae", "r2_score", "mape", "smape", "mean_error",
  ]

  static func sorted(_ metrics: [String: MetricValue]) -> [(name: String, metric: MetricValue)] {
    metrics.sorted { one, two in
      let places = [one.key, two.key].map { first.firstIndex(of: $0) ?? first.count }
      return places[0] == places[1] ? one.key < two.key : places[0] < places[1]
    }.map { ($0.key, $0.value) }
  }

  /// The metric a line of a chunk or a segment shows, and those beside it.
  static func brief(_ report: PerformanceReport) -> [String] {
    let wanted: [String]
    switch report.task {
    case .classification:
      let pair = ["precision", "recall", "auc_roc"]
      let isBinary = report.metrics["precision"]?.value != nil
      wanted = ["accuracy"] + (isBinary ? pair : ["f1_macro", "auc_roc_ovr_macro"])
    case .regression: wanted = ["rmse", "mae", "r2_score"]
    case .ranking, .recommendation: wanted = [report.primaryMetric, "mrr"]
    }
    return wanted.filter { report.metrics[$0] != nil }
  }
}

/// A performance report for people at a terminal.
struct PerformanceTable {
  let report: PerformanceReport
  let style: TerminalStyle

  func render() -> String {
    [
      headline, metrics, estimates, chunks, segments, shadow, proxies,
      list("Notes", report.notes, "·"),
      list("What to do", report.recommendations + report.nextSteps, "→"),
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var headline: String {
    let status = "\(report.status.symbol) \(report.status.rawValue.uppercased())"
    let lines = PerformanceWording(report: report).facts.map { "  \($0)" }
    return style.paint(status, report.status.tone) + "  "
      + style.paint(PrintableText.visible(PerformanceWording(report: report).headline), .strong)
      + "\n"
      + lines.map { style.paint(PrintableText.visible($0), .dim) }.joined(separator: "\n") + "\n"
  }

  private var metrics: String {
    guard report.labelledRows > 0 else { return "" }
    let hasReference = report.referenceRows != nil
    var table = Table(
      [
        .init(title: "metric"), .init(title: "value", isNumber: true),
        .init(title: "95 % interval"),
      ]
        + (hasReference
          ? [
            .init(title: "reference", isNumber: true), .init(title: "change", isNumber: true),
            .init(title: "relative", isNumber: true),
          ] : []) + [.init(title: "")])
    for (name, metric) in MetricOrder.sorted(report.metrics) {
      var row: [Table.Cell] = [
        .init(name, name == report.primaryMetric ? .strong : nil),
        .init(Figures.number(metric.value)), .init(Figures.interval(metric.lower, metric.upper)),
      ]
      if hasReference {
        row += [
          .init(Figures.number(metric.reference)), .init(Figures.signed(metric.change)),
          .init(metric.relativeChange.map { Figures.signedPercent($0) } ?? "–"),
        ]
      }
      table.add(row + [.init(metric.value == nil ? metric.reason ?? "" : "", .dim)])
    }
    return table.render(style)
  }

  private var estimates: String {
    guard !report.estimates.isEmpty else { return "" }
    var table = Table([
      .init(title: "estimated without labels"), .init(title: "value", isNumber: true),
      .init(title: "band"), .init(title: "realised", isNumber: true), .init(title: ""),
    ])
    for (name, estimate) in report.estimates.sorted(by: { $0.key < $1.key }) {
      table.add([
        .init(name), .init(Figures.number(estimate.value)),
        .init(Figures.interval(estimate.lower, estimate.upper)),
        .init(Figures.number(estimate.realised)), .init(estimate.reason ?? "", .dim),
      ])
    }
    return table.render(style)
  }

  private var chunks: String {
    guard !report.chunks.isEmpty else { return "" }
    let names = report.labelledRows > 0 ? MetricOrder.brief(report) : []
    let estimated = report.estimates[report.primaryMetric] != nil
    var table = Table(
      [
        .init(title: "over time"), .init(title: "rows", isNumber: true),
        .init(title: "labelled", isNumber: true),
      ] + names.map { .init(title: $0, isNumber: true) }
        + (estimated ? [.init(title: "\(report.primaryMetric) estimated", isNumber: true)] : [])
        + [.init(title: "status"), .init(title: "labels")])
    for chunk in report.chunks {
      var row: [Table.Cell] = [
        .init(chunk.label), .init(Figures.count(chunk.rows)),
        .init(Figures.percent(share(chunk.labelledRows, chunk.rows))),
      ]
      row += names.map { .init(Figures.number(chunk.metrics[$0]?.value)) }
      if estimated {
        row.append(.init(Figures.number(chunk.estimates[report.primaryMetric]?.value)))
      }
      row.append(.init("\(chunk.status.symbol) \(chunk.status.rawValue)", chunk.status.tone))
      row.append(.init(PerformanceWording.maturity(chunk), chunk.mature == false ? .warning : nil))
      table.add(row)
    }
    return table.render(style)
  }

  private var segments: String {
    guard !report.segments.isEmpty, report.labelledRows > 0 else { return "" }
    let names = MetricOrder.brief(report)
    var table = Table(
      [
        .init(title: "segment"), .init(title: "rows", isNumber: true),
        .init(title: "labelled", isNumber: true),
      ] + names.map { .init(title: $0, isNumber: true) })
    for segment in report.segments {
      table.add(
        [
          .init("\(segment.column) = \(segment.value)"), .init(Figures.count(segment.rows)),
          .init(Figures.percent(share(segment.labelledRows, segment.rows))),
        ] + names.map { .init(Figures.number(segment.metrics[$0]?.value)) })
    }
    return table.render(style)
  }

  private var shadow: String {
    guard let shadow = report.shadow else { return "" }
    var table = Table([
      .init(title: "shadow \(shadow.column)"), .init(title: "value", isNumber: true),
      .init(title: "serving model", isNumber: true), .init(title: "difference", isNumber: true),
    ])
    for (name, metric) in MetricOrder.sorted(shadow.metrics) where metric.value != nil {
      table.add([
        .init(name), .init(Figures.number(metric.value)), .init(Figures.number(metric.reference)),
        .init(Figures.signed(metric.change)),
      ])
    }
    let agreement = shadow.agreement.map { "both say the same in \(Figures.percent($0)) of rows; " }
    let test = shadow.pValue.map { "p of equal performance \(Figures.pValue($0))" }
    return table.render(style) + "  " + (agreement ?? "") + (test ?? shadow.reason ?? "") + "\n"
  }

  private var proxies: String {
    guard !report.proxies.isEmpty else { return "" }
    var table = Table([
      .init(title: "predictions alone"), .init(title: "value", isNumber: true),
      .init(title: "reference", isNumber: true),
    ])
    for (name, metric) in MetricOrder.sorted(report.proxies) {
      table.add([
        .init(name), .init(Figures.number(metric.value)), .init(Figures.number(metric.reference)),
      ])
    }
    return table.render(style)
  }

  private func share(_ part: Int, _ whole: Int) -> Double? {
    whole > 0 ? Double(part) / Double(whole) : nil
  }

  private func list(_ title: String, _ items: [String], _ sign: String) -> String {
    guard !items.isEmpty else { return "" }
    return style.paint(title, .strong) + "\n"
      + items.map { "  \(sign) \(PrintableText.visible($0))" }.joined(separator: "\n") + "\n"
  }
}

/// A performance report in sentences.
struct PerformanceWording {
  let report: PerformanceReport

  var headline: String {
    guard let metric = report.metrics[report.primaryMetric], let value = metric.value else {
      if let estimate = report.estimates[report.primaryMetric], let value = estimate.value {
        return "\(report.primaryMetric) is estimated at \(Figures.number(value)); no labels are in."
      }
      return "Performance could not be judged: \(report.reason ?? "there are no labels")."
    }
    guard let reference = metric.reference, let relative = metric.relativeChange else {
      return "\(report.primaryMetric) is \(Figures.number(value)); "
        + "\(report.reason ?? "there is nothing to compare with")."
    }
    return
      "\(report.primaryMetric) is \(Figures.number(value)), \(Figures.number(reference)) in the "
      + "reference (\(Figures.signedPercent(relative)))."
  }

  var facts: [String] {
    var facts = ["\(report.source), \(Figures.count(report.rows)) predictions"]
    let labels = report.labels
    var label = "labels: \(Figures.count(report.labelledRows))"
    if let coverage = labels.coverage { label += " (\(Figures.percent(coverage)))" }
    if labels.source == .synthetic { label += ", synthetic, by a rule" }
    for (count, word) in [
      (labels.contradicting, "ids contradicting"), (labels.duplicate, "duplicate"),
      (labels.unmatched, "of unknown predictions"), (labels.early, "before their prediction"),
      (labels.repeatedPredictions, "predictions repeated"),
    ] where count > 0 {
      label += ", \(Figures.count(count)) \(word)"
    }
    facts.append(label)
    if let median = report.labelDelay.medianSeconds, let late = report.labelDelay.p95Seconds {
      facts.append(
        "label delay: median \(Self.span(median)), 95 % within \(Self.span(late))"
          + (report.labelDelay.lateAfterSeconds.map {
            ", \(Figures.count(report.labelDelay.late)) later than \(Self.span($0))"
          } ?? ""))
    }
    return facts
  }

  static func maturity(_ chunk: PerformanceChunk) -> String {
    guard chunk.mature == false else { return "" }
    return "still arriving"
      + (chunk.earlyLabelBias.map { ", early ones off by \(Figures.signed($0))" } ?? "")
  }

  /// Seconds in the unit people would use.
  static func span(_ seconds: Double) -> String {
    for (size, unit) in [(86_400.0, "d"), (3_600, "h"), (60, "min")] where seconds >= size {
      return "\(Figures.number((seconds / size * 10).rounded() / 10)) \(unit)"
    }
    return "\(Figures.number(seconds)) s"
  }
}
