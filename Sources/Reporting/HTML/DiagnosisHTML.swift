public import Monitoring

/// A diagnosis as one self-contained page, with the way through the decision tree.
public func renderHTML(
  _ report: DiagnosisReport, title: String, generatedAt: String, version: String
) throws -> String {
  try Page.render(
    PackageResources.diagnosis_mustache,
    DiagnosisView(report, title: title, generatedAt: generatedAt, version: version))
}

/// What the page shows, in the template's words.
struct DiagnosisView {
  struct Cause {
    let name: String
    let probability: String
    let isLikely: Bool
    let since: String
    let evidence: [String]
  }

  typealias Row = ExperimentView.Row

  let head: PageHead
  let tree: String
  let causes: [Cause]
  let change: String
  let parts: String
  let partRows: [Row]
  let hasParts: Bool
  let segments: [Row]
  let hasSegments: Bool
  let timeline: [Row]
  let hasTimeline: Bool
  let checks: [Row]
  let notes: [String]

  init(_ report: DiagnosisReport, title: String, generatedAt: String, version: String) {
    head = PageHead(
      title: title, generatedAt: generatedAt, version: version, status: report.status,
      word: Self.word(report), headline: report.summary, facts: Self.facts(report),
      advice: report.recommendedActions)
    tree = TreeChart(tree: report.tree).render()
    causes = report.causes.filter { $0.score >= 0.01 }.map { cause in
      Cause(
        name: PrintableText.visible(DiagnosisText.name(cause)),
        probability: Figures.percent(cause.score), isLikely: cause.score >= 0.5,
        since: cause.since.map { "since \($0.iso8601)" } ?? "",
        evidence: cause.evidence.map(PrintableText.visible))
    }
    change = report.attribution.map(Self.change) ?? ""
    parts = report.attribution.map { PartsChart(attribution: $0).render() } ?? ""
    partRows = (report.attribution?.parts ?? []).map { part in
      Row([
        part.feature ?? part.kind, Figures.signed(part.value), Figures.percent(part.share),
        Figures.interval(part.lower, part.upper),
      ])
    }
    hasParts = !partRows.isEmpty
    segments = report.worseSegments.map { segment in
      Row([
        segment.segment, Figures.count(segment.currentRows), Figures.percent(segment.share),
        Figures.signed(segment.excess), Figures.interval(segment.lower, segment.upper),
        Figures.signed(segment.contribution), Figures.pValue(segment.pValue),
      ])
    }
    hasSegments = !segments.isEmpty
    timeline = report.timeline.map { event in
      let range =
        event.earliest.flatMap { earliest in
          event.latest.map { "\(earliest.iso8601) to \($0.iso8601)" }
        } ?? ""
      return Row([event.at.iso8601, event.kind.rawValue, event.event, range])
    }
    hasTimeline = !timeline.isEmpty
    checks = report.diagnostics.map { result in
      let mark =
        switch result.outcome {
        case .passed: "✓ passed"
        case .failed: "✗ \(result.severity.rawValue)"
        case .unknown: "? unknown"
        }
      return Row([
        result.checkName, mark, result.message, result.outcome == .failed ? result.remediation : "",
      ])
    }
    notes = (report.missing + report.notes + [report.calibration.text])
      .map(PrintableText.visible)
  }

  private static func word(_ report: DiagnosisReport) -> String {
    switch report.verdict {
    case .nothingWrong: "Nothing wrong"
    case .undetermined: "Undetermined"
    case .causeFound:
      report.causes.first.map { DiagnosisText.name($0) }.map {
        $0.prefix(1).uppercased() + $0.dropFirst()
      } ?? "Cause found"
    }
  }

  private static func facts(_ report: DiagnosisReport) -> [NamedValue] {
    var facts = [
      NamedValue(
        name: "probability of the likeliest cause", value: Figures.percent(report.confidence))
    ]
    if let attribution = report.attribution {
      facts += [
        NamedValue(
          name: DiagnosisText.name(attribution.loss),
          value: "\(Figures.number(attribution.reference)) → \(Figures.number(attribution.current))"
        ),
        NamedValue(name: "from covariate shift", value: Figures.signed(attribution.covariate)),
        NamedValue(name: "from concept shift", value: Figures.signed(attribution.concept)),
      ]
    }
    return facts
  }

  private static func change(_ attribution: AttributionReport) -> String {
    let range = Figures.interval(attribution.lower, attribution.upper)
    return "\(DiagnosisText.name(attribution.loss)) changed by "
      + "\(Figures.signed(attribution.change)) (\(range)); the parts add up to it."
  }
}
