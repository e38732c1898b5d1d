public import Monitoring
import Mustache

/// A performance report as one self-contained page: no script, no request, under a strict content
/// policy.
///
/// - Parameters:
///   - report: what to show.
///   - title: what the report is called.
///   - generatedAt: when it was made (ISO 8601); the page has no clock of its own.
///   - version: of Plumbline.
/// - Returns: the page; the same arguments give the same bytes.
/// - Throws: where a template cannot be read, which would be a mistake in Plumbline.
public func renderHTML(
  _ report: PerformanceReport, title: String, generatedAt: String, version: String
) throws -> String {
  try Page.render(
    PackageResources.performance_mustache,
    PerformanceView(report, title: title, generatedAt: generatedAt, version: version))
}

/// What the page shows, in the template's words.
struct PerformanceView {
  struct Chart {
    let name: String
    let chart: String
  }

  struct Chunk {
    let label: String
    let rows: String
    let labelled: String
    let value: String
    let interval: String
    let estimated: String
    let status: String
    let sign: String
    let labels: String
  }

  struct Metric {
    let name: String
    let value: String
    let interval: String
    let reference: String
    let change: String
    let relative: String
    let realised: String
    let reason: String

    init(_ name: String, _ metric: MetricValue) {
      self.name = name
      value = Figures.number(metric.value)
      interval = Figures.interval(metric.lower, metric.upper)
      reference = Figures.number(metric.reference)
      change = Figures.signed(metric.change)
      relative = metric.relativeChange.map { Figures.signedPercent($0) } ?? "–"
      realised = ""
      reason = metric.value == nil ? metric.reason ?? "" : ""
    }

    init(_ name: String, _ estimate: EstimatedMetric) {
      self.name = name
      value = Figures.number(estimate.value)
      interval = Figures.interval(estimate.lower, estimate.upper)
      (reference, change, relative) = ("", "", "")
      realised = Figures.number(estimate.realised)
      reason = estimate.reason ?? ""
    }
  }

  struct Matrix {
    struct Line {
      let name: String
      let cells: [String]
    }

    let classes: [String]
    let lines: [Line]
  }

  struct Segment {
    let name: String
    let rows: String
    let labelled: String
    let values: [String]
  }

  let head: PageHead
  let notes: [String]
  let hasNotes: Bool
  let charts: [Chart]
  let hasCharts: Bool
  let primary: String
  let chunks: [Chunk]
  let metrics: [Metric]
  let hasMetrics: Bool
  let confusion: Matrix?
  let segmentMetrics: [String]
  let segments: [Segment]
  let hasSegments: Bool
  let estimates: [Metric]
  let hasEstimates: Bool
  let proxies: [Metric]
  let hasProxies: Bool

  /// Classes beyond these are left to the JSON.
  private static let shownClasses = 25

  init(_ report: PerformanceReport, title: String, generatedAt: String, version: String) {
    let wording = PerformanceWording(report: report)
    head = PageHead(
      title: title, generatedAt: generatedAt, version: version, status: report.status,
      headline: wording.headline, facts: Self.facts(report),
      advice: report.recommendations + report.nextSteps)
    notes = (wording.facts + report.notes).map(PrintableText.visible)
    hasNotes = !notes.isEmpty
    primary = report.primaryMetric
    charts = report.chunks.isEmpty ? [] : Self.charts(report)
    hasCharts = !charts.isEmpty
    chunks = report.chunks.map { Self.chunk($0, report.primaryMetric) }
    metrics =
      report.labelledRows > 0
      ? MetricOrder.sorted(report.metrics).map { Metric($0.name, $0.metric) } : []
    hasMetrics = !metrics.isEmpty
    confusion = report.confusion.flatMap { confusion in
      guard report.labelledRows > 0, confusion.classes.count <= Self.shownClasses else {
        return nil
      }
      let names = confusion.classes.map(PrintableText.visible)
      return Matrix(
        classes: names,
        lines: zip(names, confusion.counts).map {
          Matrix.Line(name: $0, cells: $1.map(Figures.count))
        })
    }
    let brief = MetricOrder.brief(report)
    segmentMetrics = brief
    segments = report.segments.map { segment in
      Segment(
        name: PrintableText.visible("\(segment.column) = \(segment.value)"),
        rows: Figures.count(segment.rows), labelled: Figures.count(segment.labelledRows),
        values: brief.map { Figures.number(segment.metrics[$0]?.value) })
    }
    hasSegments = !segments.isEmpty
    estimates = report.estimates.sorted { $0.key < $1.key }.map { Metric($0.key, $0.value) }
    hasEstimates = !estimates.isEmpty
    proxies = MetricOrder.sorted(report.proxies).map {
      Metric(PrintableText.visible($0.name), $0.metric)
    }
    hasProxies = !proxies.isEmpty
  }

  private static func facts(_ report: PerformanceReport) -> [NamedValue] {
    let metric = report.metrics[report.primaryMetric]
    let estimate = report.estimates[report.primaryMetric]
    return [
      NamedValue(
        name: report.primaryMetric
          + (metric?.reference.map { " · reference \(Figures.number($0))" } ?? ""),
        value: Figures.number(metric?.value)),
      NamedValue(
        name: "\(report.primaryMetric) estimated without labels",
        value: Figures.number(estimate?.value)),
      NamedValue(name: "predictions · \(report.source)", value: Figures.count(report.rows)),
      NamedValue(
        name: "have their label", value: Figures.percent(report.labels.coverage)),
    ]
  }

  private static func charts(_ report: PerformanceReport) -> [Chart] {
    MetricOrder.brief(report).map { name in
      let points = report.chunks.map { chunk in
        let (metric, estimate) = (chunk.metrics[name], chunk.estimates[name])
        return MetricChart.Point(
          label: chunk.label, value: metric?.value, lower: metric?.lower, upper: metric?.upper,
          estimate: estimate?.value, estimateLower: estimate?.lower,
          estimateUpper: estimate?.upper, isMature: chunk.mature != false)
      }
      return Chart(
        name: name,
        chart: MetricChart(
          name: name, points: points, reference: report.metrics[name]?.reference
        ).render())
    }
  }

  private static func chunk(_ chunk: PerformanceChunk, _ primary: String) -> Chunk {
    let (metric, estimate) = (chunk.metrics[primary], chunk.estimates[primary])
    return Chunk(
      label: chunk.label, rows: Figures.count(chunk.rows),
      labelled: Figures.count(chunk.labelledRows), value: Figures.number(metric?.value),
      interval: Figures.interval(metric?.lower, metric?.upper),
      estimated: Figures.number(estimate?.value), status: chunk.status.rawValue,
      sign: chunk.status.symbol, labels: PerformanceWording.maturity(chunk))
  }
}
