import Monitoring
public import Store

/// Kept runs as text of some format.
///
/// - Throws: where the format is for single runs only.
public func render(
  _ runs: [RunSummary], as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  switch format {
  case .json: return try json(["runs": runs])
  case .table, .junit: return RunList(runs: runs).table(style)
  case .markdown: return RunList(runs: runs).markdown()
  }
}

/// Kept runs, a line each.
private struct RunList {
  let runs: [RunSummary]

  func table(_ style: TerminalStyle) -> String {
    guard !runs.isEmpty else { return "no runs are kept yet\n" }
    var table = Table([
      .init(title: "run", isNumber: true), .init(title: "at"), .init(title: "command"),
      .init(title: "model"), .init(title: "status"), .init(title: "found"),
      .init(title: "reference"), .init(title: "current"),
    ])
    for run in runs {
      table.add([
        .init("\(run.id)"), .init(run.createdAt), .init(run.command),
        .init([run.model, run.check].compactMap { $0 }.joined(separator: " ")),
        .init("\(run.status.symbol) \(run.status.rawValue)", run.status.tone),
        .init(run.headline), .init(run.reference ?? "–"), .init(run.current ?? "–"),
      ])
    }
    return table.render(style)
  }

  func markdown() -> String {
    let rows = runs.map { run in
      let texts = [
        [run.model, run.check].compactMap { $0 }.joined(separator: " "), run.status.rawValue,
        run.headline, run.reference ?? "–", run.current ?? "–",
      ].map { PrintableText.visible($0).replacing("|", with: "\\|") }
      return "| \(run.id) | \(run.createdAt) | \(run.command) | "
        + texts.joined(separator: " | ") + " |\n"
    }
    return "| run | at | command | model | status | found | reference | current |\n"
      + "|---:|---|---|---|---|---|---|---|\n" + rows.joined()
  }
}
