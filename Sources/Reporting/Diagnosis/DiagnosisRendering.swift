public import Monitoring

/// A diagnosis as text of some format.
public func render(
  _ report: DiagnosisReport, as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  switch format {
  case .json: try json(report)
  case .table: DiagnosisText(report: report, style: style).table()
  case .markdown: DiagnosisText(report: report, style: .plain).markdown()
  case .junit: DiagnosisText(report: report, style: .plain).junit()
  }
}

extension DiagnosisReport {
  /// Segments whose loss rose; others are in the JSON.
  var worseSegments: [SegmentReport] { segments.filter { $0.excess > 0 } }
}

/// A diagnosis in words.
struct DiagnosisText {
  let report: DiagnosisReport
  let style: TerminalStyle

  private var causes: Grid {
    Grid(
      ["cause", "probability", "since", "evidence"],
      report.causes.filter { $0.score >= 0.01 }.map { cause in
        [
          Self.name(cause), Figures.percent(cause.score), cause.since?.iso8601 ?? "–",
          cause.evidence.first ?? "–",
        ]
      }, empty: "nothing speaks for any cause")
  }

  private var checks: Grid {
    Grid(
      ["check", "outcome", "severity", "found"],
      report.diagnostics.map { result in
        [
          result.checkName, result.outcome.rawValue,
          result.outcome == .failed ? result.severity.rawValue : "", result.message,
        ]
      }, empty: "no check was made")
  }

  private var parts: Grid? {
    report.attribution.map { attribution in
      Grid(
        ["part", "of the change", "share", "95 %"],
        attribution.parts.filter { abs($0.value) > 0 }.prefix(15).map { part in
          [
            part.feature ?? part.kind, Figures.signed(part.value),
            part.share.map { Figures.percent($0) } ?? "–",
            Figures.interval(part.lower, part.upper),
          ]
        }, empty: "nothing has changed")
    }
  }

  private var segments: Grid? {
    let worse = report.worseSegments
    return worse.isEmpty
      ? nil
      : Grid(
        ["segment", "rows", "worse by", "95 %", "of the change"],
        worse.prefix(10).map { segment in
          [
            segment.segment, Figures.percent(segment.share), Figures.signed(segment.excess),
            Figures.interval(segment.lower, segment.upper), Figures.signed(segment.contribution),
          ]
        }, empty: "")
  }

  private var timeline: Grid? {
    report.timeline.isEmpty
      ? nil
      : Grid(
        ["at", "what", "event"],
        report.timeline.map { [$0.at.iso8601, $0.kind.rawValue, $0.event] }, empty: "")
  }

  /// Titles and their grids, in the order they are read in.
  private var sections: [(title: String, grid: Grid)] {
    let change = report.attribution.map {
      "\(Self.name($0.loss)) went from \(Figures.number($0.reference)) to "
        + "\(Figures.number($0.current))"
    }
    let all: [(String, Grid?)] = [
      ("Causes", causes), (change ?? "Change", parts), ("Segments that got worse", segments),
      ("Timeline", timeline), ("Checks", checks),
    ]
    return all.compactMap { title, grid in grid.map { (title, $0) } }
  }

  static func name(_ loss: DiagnosisLoss) -> String {
    switch loss {
    case .zeroOne: "Error rate (1 − accuracy)"
    case .brier: "Brier score"
    case .logLoss: "Log loss"
    case .squaredError: "Mean squared error"
    case .absoluteError: "Mean absolute error"
    }
  }

  static func words(_ name: String) -> String { name.replacing("_", with: " ") }

  static func name(_ cause: DiagnosisReport.Cause) -> String {
    let kind = cause.kind.title.lowercased()
    let name = words(cause.cause.rawValue)
    return kind == name || cause.kind == .custom ? name : "\(name): \(kind)"
  }

  func table() -> String {
    let tone: TerminalStyle.Tone =
      switch report.status {
      case .healthy: .good
      case .critical: .critical
      case .degraded, .unknown: .warning
      }
    var text = style.paint(PrintableText.visible(report.summary), tone) + "\n"
    for (title, grid) in sections {
      text += "\n" + style.paint(title, .strong) + "\n" + grid.text(.table, style)
    }
    return text + lists { style.paint($0, .strong) + "\n" }
  }

  func markdown() -> String {
    var text = "**\(PrintableText.visible(report.summary))**\n"
    for (title, grid) in sections { text += "\n### \(title)\n\n" + grid.text(.markdown, .plain) }
    return text + lists { "### \($0)\n\n" }
  }

  private func lists(_ heading: (String) -> String) -> String {
    let all = [
      ("What to do", report.recommendedActions), ("Not known", report.missing),
      ("Notes", report.notes + [report.calibration.text]),
    ]
    return all.filter { !$0.1.isEmpty }.map { title, lines in
      "\n" + heading(title) + Steps(lines).listed.map { $0 + "\n" }.joined()
    }.joined()
  }

  func junit() -> String {
    JUnitSuite(
      name: "diagnosis",
      properties: [
        ("verdict", report.verdict.rawValue), ("primary_cause", report.primaryCause.rawValue),
      ],
      cases: report.diagnostics.map { result in
        let outcome: JUnitSuite.Outcome =
          switch result.outcome {
          case .passed: .passed
          case .failed: .failure(type: result.severity.rawValue, message: result.message)
          case .unknown: .error(message: result.message)
          }
        return (result.checkName, outcome)
      }
    ).render()
  }
}
