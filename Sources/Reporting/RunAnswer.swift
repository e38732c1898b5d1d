public import Monitoring

/// The answer to a monitoring request as text of some format.
///
/// JSON has all of the answer; the formats for people show the report in it, or why there is none.
public func render(
  _ response: RunResponse, as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  if format == .json { return try json(response) }
  if let report = response.driftResults { return try render(report, as: format, style: style) }
  switch response.results {
  case .performance(let report): return try render(report, as: format, style: style)
  case .experiment(let report): return try render(report, as: format, style: style)
  case .alerting(let report): return try render(report.alerts, as: format, style: style)
  case .diagnosis(let report): return try render(report, as: format, style: style)
  case nil:
    let steps = response.nextSteps.map { "- \($0)" }.joined(separator: "\n")
    return "\(response.status.rawValue): \(response.reason ?? "there is no result")\n\(steps)\n"
  }
}
