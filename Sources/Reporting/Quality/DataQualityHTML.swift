public import Monitoring

/// A report of data quality as one self-contained page: no script, no request, under a strict content
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
  _ report: DataQualityReport, title: String, generatedAt: String, version: String
) throws -> String {
  try Page.render(
    PackageResources.quality_mustache,
    DataQualityView(report, title: title, generatedAt: generatedAt, version: version))
}

/// What the page shows, in the template's words.
struct DataQualityView {
  let head: PageHead
  let notes: [String]
  let hasNotes: Bool
  let quality: [QualityView]
  let hasQuality: Bool
  let schema: [SchemaView]

  init(_ report: DataQualityReport, title: String, generatedAt: String, version: String) {
    head = PageHead(
      title: title, generatedAt: generatedAt, version: version, status: report.status,
      headline: report.headline,
      facts: [
        NamedValue(name: "critical findings", value: "\(report.critical)"),
        NamedValue(name: "warnings", value: "\(report.warnings)"),
        PageView.side("reference", report.reference), PageView.side("current", report.current),
      ] + (report.newest.map { [NamedValue(name: "newest row", value: $0)] } ?? []),
      advice: report.recommendations + report.nextSteps)
    notes = report.notes.map(PrintableText.visible)
    hasNotes = !notes.isEmpty
    quality = report.findings.map(QualityView.init)
    hasQuality = !quality.isEmpty
    schema = report.schema.map(SchemaView.init)
  }
}
