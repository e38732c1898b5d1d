public import Store

/// A kept run's report as text of some format.
public func render(
  _ report: RunReport, as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  switch report {
  case .drift(let report): try render(report, as: format, style: style)
  case .quality(let report): try render(report, as: format, style: style)
  case .performance(let report): try render(report, as: format, style: style)
  case .failure(let failure):
    format == .json
      ? try json(failure) : "? the check could not be made: \(failure.reason)\n"
  }
}

/// A kept run's report as one self-contained page.
///
/// - Throws: ``NoPage`` for a check that could not be made.
public func renderHTML(
  _ report: RunReport, generatedAt: String, version: String
) throws -> String {
  switch report {
  case .drift(let report):
    try renderHTML(report, title: "Drift report", generatedAt: generatedAt, version: version)
  case .quality(let report):
    try renderHTML(report, title: "Data quality report", generatedAt: generatedAt, version: version)
  case .performance(let report):
    try renderHTML(
      report, title: "Performance report", generatedAt: generatedAt, version: version)
  case .failure(let failure): throw NoPage(reason: failure.reason)
  }
}

/// A run has nothing to draw.
public struct NoPage: Error, CustomStringConvertible {
  public let reason: String
  public var description: String { "the check could not be made: \(reason)" }
}
