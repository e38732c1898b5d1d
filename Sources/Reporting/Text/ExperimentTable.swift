public import Monitoring
public import Statistics

/// A planned experiment's size.
public struct ExperimentPlan: Codable, Sendable, Equatable {
  /// A point of the power curve.
  public struct Power: Codable, Sendable, Equatable {
    public var nPerVariant: Int
    @NullCoded public var power: Double?
    /// The smallest effect found with the planned power.
    @NullCoded public var mdeAbsolute: Double?

    enum CodingKeys: String, CodingKey {
      case nPerVariant = "n_per_variant"
      case power
      case mdeAbsolute = "mde_absolute"
    }
  }

  public var metric: String
  public var baseline: Double
  public var alpha: Double
  public var nPerVariant: Int
  public var nTotal: Int
  public var power: Double
  public var mdeAbsolute: Double
  @NullCoded public var mdeRelative: Double?
  @NullCoded public var days: Double?
  public var powerCurve: [Power]

  enum CodingKeys: String, CodingKey {
    case metric, baseline, alpha
    case nPerVariant = "n_per_variant"
    case nTotal = "n_total"
    case power
    case mdeAbsolute = "mde_absolute"
    case mdeRelative = "mde_relative"
    case days
    case powerCurve = "power_curve"
  }

  public init(
    design: ExperimentDesign, metric: String, units: Int, power: Double, variants: Int,
    dailyUnits: Double?
  ) {
    self.metric = metric
    baseline = design.baseline
    alpha = design.alpha
    nPerVariant = units
    let (total, overflow) = units.multipliedReportingOverflow(by: variants)
    nTotal = overflow ? Int.max : total
    self.power = power
    mdeAbsolute = design.minimumEffect
    mdeRelative = design.baseline == 0 ? nil : design.minimumEffect / abs(design.baseline)
    days = dailyUnits.map { (Double(total) / $0).rounded(.up) }
    powerCurve = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2].map { share in
      let n = max(2, Int(Double(units) * share))
      return Power(
        nPerVariant: n, power: design.power(units: n),
        mdeAbsolute: design.effect(units: n, power: power))
    }
  }
}

/// A plan as text of some format.
public func render(
  _ plan: ExperimentPlan, as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  guard format == .table || format == .markdown else { return try json(plan) }
  let relative = plan.mdeRelative.map { " (\(Figures.signedPercent($0)))" } ?? ""
  let headline =
    "\(Figures.count(plan.nPerVariant)) units per variant find a difference of "
    + "\(Figures.number(plan.mdeAbsolute))\(relative) with power \(Figures.number(plan.power)) at "
    + "α \(Figures.number(plan.alpha))."
  let days = plan.days.map { "That takes \(Figures.number($0)) days.\n" } ?? ""
  let rows = plan.powerCurve.map {
    [
      Figures.count($0.nPerVariant), Figures.number($0.power), Figures.number($0.mdeAbsolute),
    ]
  }
  return headline + "\n" + days + "\n"
    + grid(["units per variant", "power", "effect found"], rows, format, style)
}

/// Boundaries as text of some format.
public func render(
  _ boundaries: GroupSequentialBoundaries, as format: OutputFormat,
  style: TerminalStyle = .plain
) throws -> String {
  let looks = boundaries.looks.map { SequentialLook($0) }
  guard format == .table || format == .markdown else { return try json(["looks": looks]) }
  let rows = looks.map {
    [
      Figures.number($0.informationFraction), Figures.number($0.alphaSpent),
      $0.z.map { "\(($0 * 10_000).rounded() / 10_000)" } ?? "–", Figures.pValue($0.nominalP),
    ]
  }
  return grid(["information", "α spent", "z", "nominal p"], rows, format, style)
}

/// Numbers in rows, aligned or in Markdown.
private func grid(
  _ titles: [String], _ rows: [[String]], _ format: OutputFormat, _ style: TerminalStyle
) -> String {
  if format == .markdown {
    let lines = [titles, titles.map { _ in "---:" }] + rows
    return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n") + "\n"
  }
  var table = Table(titles.map { .init(title: $0, isNumber: true) })
  for row in rows { table.add(row.map { .init($0) }) }
  return table.render(style)
}

/// An experiment's report as text of some format.
public func render(
  _ report: ExperimentReport, as format: OutputFormat, style: TerminalStyle = .plain
) throws -> String {
  switch format {
  case .table: ExperimentTable(report: report, style: style).render()
  case .json: try json(report)
  case .markdown: ExperimentTable(report: report, style: .plain).markdown()
  case .junit:
    JUnitSuite(
      name: "experiment",
      properties: [
        ("experiment_id", report.experimentID), ("verdict", report.verdict.rawValue),
      ],
      cases: [
        (
          "verdict",
          report.status == .healthy
            ? .passed
            : report.status == .unknown
              ? .error(message: report.recommendation)
              : .failure(type: report.verdict.rawValue, message: report.recommendation)
        )
      ]
    ).render()
  }
}

/// An experiment's report for people.
struct ExperimentTable {
  let report: ExperimentReport
  let style: TerminalStyle

  func render() -> String {
    let headline =
      style.paint(report.status.symbol, report.status.tone) + " "
      + style.paint(PrintableText.visible(report.recommendation), .strong) + "\n"
      + style.paint("  \(PrintableText.visible(facts))", .dim) + "\n"
    return [headline, variants, comparisons, guardrails, sequential, notes]
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  func markdown() -> String {
    "## \(report.status.symbol) Experiment \(MarkdownText.escape(report.experimentID))\n\n"
      + "**\(MarkdownText.escape(report.recommendation))**\n\n"
      + "| metric | treatment | control | treatment mean | difference | lift | p adjusted |\n"
      + "|---|---|---:|---:|---:|---:|---:|\n"
      + report.comparisons.map { comparison in
        "| \(MarkdownText.escape(comparison.metric)) | \(MarkdownText.escape(comparison.treatment)) "
          + "| \(Figures.number(comparison.controlMean)) | "
          + "\(Figures.number(comparison.treatmentMean)) | "
          + "\(Figures.interval(comparison.lower, comparison.upper)) | "
          + "\(comparison.lift.map { Figures.signedPercent($0) } ?? "–") | "
          + "\(Figures.pValue(comparison.adjustedPValue)) |\n"
      }.joined()
  }

  private var facts: String {
    "\(report.experimentID), α \(Figures.number(report.significanceLevel)); sample ratio p "
      + (report.srm.pValue.map { Figures.pValue($0) } ?? report.srm.reason ?? "–")
  }

  private var variants: String {
    var table = Table([
      .init(title: "variant"), .init(title: "model"), .init(title: "share", isNumber: true),
      .init(title: "units", isNumber: true), .init(title: "rows", isNumber: true),
    ])
    for variant in report.variants {
      table.add([
        .init(variant.name), .init(variant.model ?? "–"), .init(Figures.percent(variant.share)),
        .init(Figures.count(variant.units)), .init(Figures.count(variant.rows)),
      ])
    }
    return table.render(style)
  }

  private var comparisons: String {
    guard !report.comparisons.isEmpty else { return "" }
    var table = Table([
      .init(title: "metric"), .init(title: "treatment"), .init(title: "control", isNumber: true),
      .init(title: "treated", isNumber: true), .init(title: "difference", isNumber: true),
      .init(title: "interval"), .init(title: "lift", isNumber: true),
      .init(title: "p adjusted", isNumber: true), .init(title: "always-valid p", isNumber: true),
      .init(title: ""),
    ])
    for comparison in report.comparisons {
      table.add([
        .init(comparison.metric, .strong), .init(comparison.treatment),
        .init(Figures.number(comparison.controlMean)),
        .init(Figures.number(comparison.treatmentMean)),
        .init(Figures.signed(comparison.difference)),
        .init(Figures.interval(comparison.lower, comparison.upper)),
        .init(comparison.lift.map { Figures.signedPercent($0) } ?? "–"),
        .init(Figures.pValue(comparison.adjustedPValue)),
        .init(Figures.pValue(comparison.alwaysValidPValue)),
        .init(
          comparison.significant == true ? "significant" : comparison.reason ?? "",
          comparison.significant == true ? .strong : .dim),
      ])
    }
    return table.render(style)
  }

  private var guardrails: String {
    guard !report.guardrails.isEmpty else { return "" }
    var table = Table([
      .init(title: "guardrail"), .init(title: "variant"), .init(title: "of"),
      .init(title: "value", isNumber: true), .init(title: "bounds"), .init(title: "limits"),
      .init(title: "p", isNumber: true), .init(title: ""),
    ])
    for guardrail in report.guardrails {
      let limits = [
        guardrail.minimum.map { "≥ \(Figures.number($0))" },
        guardrail.maximum.map { "≤ \(Figures.number($0))" },
      ].compactMap { $0 }.joined(separator: ", ")
      table.add([
        .init(guardrail.guardrail), .init(guardrail.variant), .init(guardrail.aggregate),
        .init(Figures.number(guardrail.value)),
        .init(Figures.interval(guardrail.lower, guardrail.upper)), .init(limits),
        .init(Figures.pValue(guardrail.pValue)),
        .init(
          guardrail.violated == true
            ? "✗ violated" : guardrail.violated == false ? "✓ held" : guardrail.reason ?? "",
          guardrail.violated == true ? .critical : nil),
      ])
    }
    return table.render(style)
  }

  private var sequential: String {
    guard let sequential = report.sequential else { return "" }
    var table = Table([
      .init(title: "metric"), .init(title: "treatment"), .init(title: "look at", isNumber: true),
      .init(title: "α spent", isNumber: true), .init(title: "boundary", isNumber: true),
      .init(title: "observed z", isNumber: true), .init(title: ""),
    ])
    for test in sequential.tests {
      for look in test.looks {
        table.add([
          .init(test.metric), .init(test.treatment),
          .init(Figures.percent(look.informationFraction)), .init(Figures.number(look.alphaSpent)),
          .init(Figures.number(look.z)), .init(Figures.number(look.observedZ)),
          .init(look.crossed ? "crossed" : "", .strong),
        ])
      }
    }
    return table.render(style)
  }

  private var notes: String {
    report.notes.map { "  · \(PrintableText.visible($0))" }.joined(separator: "\n")
      + (report.notes.isEmpty ? "" : "\n")
  }
}
