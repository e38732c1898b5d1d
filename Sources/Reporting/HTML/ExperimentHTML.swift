public import Monitoring

/// An experiment's report as one self-contained page, as ``renderHTML(_:title:generatedAt:version:)``
/// makes of other reports.
public func renderHTML(
  _ report: ExperimentReport, title: String, generatedAt: String, version: String
) throws -> String {
  try Page.render(
    PackageResources.experiment_mustache,
    ExperimentView(report, title: title, generatedAt: generatedAt, version: version))
}

/// What the page shows, in the template's words.
struct ExperimentView {
  struct Row {
    let texts: [String]

    init(_ texts: [String]) {
      self.texts = texts.map(PrintableText.visible)
    }
  }

  let head: PageHead
  let charts: [PerformanceView.Chart]
  let hasCharts: Bool
  let comparisons: [Row]
  let guardrails: [Row]
  let hasGuardrails: Bool
  let looks: [Row]
  let hasLooks: Bool

  init(_ report: ExperimentReport, title: String, generatedAt: String, version: String) {
    let facts =
      report.variants.map { variant in
        NamedValue(
          name: PrintableText.visible(variant.name + (variant.model.map { " · \($0)" } ?? "")),
          value: "\(Figures.count(variant.units)) units")
      } + [NamedValue(name: "p of the sample ratio", value: Figures.pValue(report.srm.pValue))]
    head = PageHead(
      title: title, generatedAt: generatedAt, version: version, status: report.status,
      word: report.verdict.rawValue, headline: report.recommendation, facts: facts,
      advice: report.notes)
    charts = Self.charts(report)
    hasCharts = !charts.isEmpty
    comparisons = report.comparisons.map { comparison in
      Row([
        comparison.metric, comparison.treatment, Figures.number(comparison.controlMean),
        Figures.number(comparison.treatmentMean), Figures.signed(comparison.difference),
        Figures.interval(comparison.lower, comparison.upper),
        comparison.lift.map { Figures.signedPercent($0) } ?? "–",
        Figures.pValue(comparison.adjustedPValue), Figures.pValue(comparison.alwaysValidPValue),
        comparison.significant == true ? "significant" : comparison.reason ?? "",
      ])
    }
    guardrails = report.guardrails.map { guardrail in
      Row([
        guardrail.guardrail, guardrail.variant, guardrail.aggregate,
        Figures.number(guardrail.value), Figures.interval(guardrail.lower, guardrail.upper),
        Figures.number(guardrail.minimum),
        Figures.number(guardrail.maximum), Figures.pValue(guardrail.pValue),
        guardrail.violated == true
          ? "✗ violated" : guardrail.violated == false ? "✓ held" : guardrail.reason ?? "",
      ])
    }
    hasGuardrails = !guardrails.isEmpty
    looks = (report.sequential?.tests ?? []).flatMap { test in
      test.looks.map { look in
        Row([
          test.metric, test.treatment, Figures.percent(look.informationFraction),
          Figures.number(look.alphaSpent), Figures.number(look.z), Figures.number(look.observedZ),
          look.crossed ? "crossed" : "",
        ])
      }
    }
    hasLooks = !looks.isEmpty
  }

  private static func charts(_ report: ExperimentReport) -> [PerformanceView.Chart] {
    let metric = report.comparisons.first?.metric ?? ""
    return Dictionary(grouping: report.timeline, by: \.treatment).sorted { $0.key < $1.key }
      .map { treatment, days in
        let points = days.map { day in
          MetricChart.Point(
            label: day.day, value: day.difference, lower: day.lower, upper: day.upper,
            isMature: true)
        }
        return PerformanceView.Chart(
          name: PrintableText.visible("\(metric): \(treatment) − control"),
          chart: MetricChart(name: metric, points: points, reference: 0).render())
      }
  }
}
