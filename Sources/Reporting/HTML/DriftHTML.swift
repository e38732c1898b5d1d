public import Monitoring

/// A drift report as one self-contained page: no script, no request, under a strict content policy.
///
/// - Parameters:
///   - report: what to show.
///   - title: what the report is called.
///   - generatedAt: when it was made (ISO 8601); the page has no clock of its own.
///   - version: of Plumbline.
/// - Returns: the page; the same arguments give the same bytes.
/// - Throws: where a template cannot be read, which would be a mistake in Plumbline.
public func renderHTML(
  _ report: DriftReport, title: String, generatedAt: String, version: String
) throws -> String {
  try Page.render(
    PackageResources.report_mustache,
    PageView(report, title: title, generatedAt: generatedAt, version: version))
}

/// What the page shows, in the template's words.
struct PageView {
  let head: PageHead
  let notes: [String]
  let hasNotes: Bool
  let timeline: TimelineView?
  let shown: [ColumnView]
  let folded: [ColumnView]
  let foldedCount: Int
  let hasFolded: Bool
  let multivariate: [MultivariateView]
  let hasMultivariate: Bool
  let quality: [QualityView]
  let hasQuality: Bool
  let schema: [SchemaView]
  let terms: String

  /// Stable columns beyond these are folded away.
  private static let shownStable = 12

  init(_ report: DriftReport, title: String, generatedAt: String, version: String) {
    let wording = Wording(report: report)
    head = PageHead(
      title: title, generatedAt: generatedAt, version: version, status: report.status,
      headline: wording.headline, facts: Self.facts(report),
      advice: report.recommendations + report.nextSteps)
    notes = report.notes.map(PrintableText.visible)
    hasNotes = !notes.isEmpty
    timeline = report.chunks.isEmpty ? nil : TimelineView(report.chunks)
    let notable = report.columns.filter { $0.drifted != false }
    let stable = report.columns.filter { $0.drifted == false }
    let room = max(0, Self.shownStable - notable.count)
    shown = (notable + stable.prefix(room)).map(ColumnView.init)
    folded = stable.dropFirst(room).map(ColumnView.init)
    foldedCount = folded.count
    hasFolded = !folded.isEmpty
    multivariate = report.multivariate.map(MultivariateView.init)
    hasMultivariate = !multivariate.isEmpty
    quality = report.quality.map(QualityView.init)
    hasQuality = !quality.isEmpty
    schema = report.schema.map(SchemaView.init)
    terms = wording.terms.prefix(1).uppercased() + wording.terms.dropFirst()
  }

  /// What one side is made of.
  static func side(_ name: String, _ side: TableSummary) -> NamedValue {
    var parts = ["rows of \(name)", PrintableText.visible(side.source)]
    if let start = side.start, let end = side.end { parts.append("\(start) to \(end)") }
    return NamedValue(name: parts.joined(separator: " · "), value: Figures.count(side.rows))
  }

  private static func facts(_ report: DriftReport) -> [NamedValue] {
    let worrying = report.quality.count { $0.severity != .info }
    return [
      NamedValue(
        name: "columns drifted · \(Figures.percent(report.driftShare))",
        value: "\(report.driftedColumns) of \(report.checkedColumns)"),
      side("reference", report.reference), side("current", report.current),
      NamedValue(name: "data quality findings to look at", value: "\(worrying)"),
    ]
  }
}

struct NamedValue {
  let name: String
  let value: String
}

struct TimelineView {
  let shareChart: String
  let heatChart: String
  let chunks: [ChunkView]

  init(_ chunks: [ChunkDrift]) {
    shareChart = TimelineChart(chunks: chunks).shares()
    heatChart = TimelineChart(chunks: chunks).columns()
    self.chunks = chunks.map(ChunkView.init)
  }
}

struct ChunkView {
  let label: String
  let rows: String
  let drifted: String
  let share: String
  let status: String
  let sign: String
  let columns: String

  init(_ chunk: ChunkDrift) {
    columns = chunk.columns.filter { $0.drifted == true }
      .map { PrintableText.visible($0.column) }.joined(separator: ", ")
    label = chunk.label
    rows = Figures.count(chunk.rows)
    drifted = "\(chunk.driftedColumns) of \(chunk.checkedColumns)"
    share = Figures.percent(chunk.driftShare)
    status = chunk.status.rawValue
    sign = chunk.status.symbol
  }
}

struct MultivariateView {
  let method: String
  let columns: Int
  let statistic: String
  let pValue: String
  let verdict: String
  let details: String

  init(_ drift: MultivariateDrift) {
    method = drift.method
    columns = drift.columns.count
    statistic = Figures.number(drift.statistic)
    pValue = Figures.pValue(drift.pValue)
    verdict = drift.drifted.map { $0 ? "drifted" : "stable" } ?? "unknown: \(drift.reason ?? "")"
    details = Wording.details(drift.details)
  }
}

struct QualityView {
  let severity: String
  let check: String
  let column: String
  let message: String

  init(_ finding: QualityFinding) {
    severity = finding.severity.rawValue
    check = finding.check.rawValue.replacing("_", with: " ")
    column = finding.column.map(PrintableText.visible) ?? ""
    message = PrintableText.visible(finding.message) + Wording.examples(finding.examples)
  }
}

struct SchemaView {
  let column: String
  let role: String
  let kind: String
  let origin: String
  let why: String
  let reference: String
  let current: String

  init(_ resolved: ResolvedColumn) {
    column = PrintableText.visible(resolved.column)
    role = resolved.role.rawValue
    kind = resolved.type.rawValue
    origin = resolved.origin.rawValue
    why = resolved.why
    reference = resolved.referenceType ?? "missing"
    current = resolved.currentType ?? "missing"
  }
}
