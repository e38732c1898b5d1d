public import Monitoring

/// How a result is printed.
public enum OutputFormat: String, CaseIterable, Sendable {
  /// For people at a terminal.
  case table
  /// For programs: one object.
  case json
  /// For pull requests and chat.
  case markdown
  /// For continuous integration: a test case for each column.
  case junit
}

/// A performance report as text of some format.
public func render(
  _ report: PerformanceReport, as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  switch format {
  case .table: PerformanceTable(report: report, style: style).render()
  case .json: try json(report)
  case .markdown: PerformanceMarkdown(report: report).render()
  case .junit: PerformanceJUnit(report: report).render()
  }
}

/// A report of data quality as text of some format.
public func render(
  _ report: DataQualityReport, as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  switch format {
  case .table: DataQualityTable(report: report, style: style).render()
  case .json: try json(report)
  case .markdown: DataQualityMarkdown(report: report).render()
  case .junit: DataQualityJUnit(report: report).render()
  }
}

/// A drift report as text of some format.
public func render(
  _ report: DriftReport, as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  switch format {
  case .table: DriftTable(report: report, style: style).render()
  case .json: try json(report)
  case .markdown: DriftMarkdown(report: report).render()
  case .junit: DriftJUnit(report: report).render()
  }
}
