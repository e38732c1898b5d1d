import Monitoring

/// One column's card, in the template's words.
struct ColumnView {
  struct Row {
    let name: String
    let reference: String
    let current: String
  }

  let name: String
  let kind: String
  let verdict: String
  let tone: String
  let sign: String
  let chart: String
  let reason: String?
  let figures: [NamedValue]
  let numbers: [Row]
  let numbersTitle: String
  let hasNumbers: Bool

  init(_ column: ColumnDrift) {
    name = PrintableText.visible(column.column)
    kind = Wording.kind(column)
    verdict = Wording.verdict(column)
    switch column.drifted {
    case true: (tone, sign) = ("critical", "✗")
    case false: (tone, sign) = ("healthy", "✓")
    case nil: (tone, sign) = ("unknown", "?")
    }
    chart =
      column.distribution.map {
        DistributionChart(distribution: $0, column: column.column).render()
      } ?? ""
    reason = column.drifted == nil ? column.reason.map(PrintableText.visible) : nil
    figures = Self.figures(column)
    numbers = Self.summaryRows(column) + Self.distributionRows(column)
    numbersTitle = column.type == .categorical ? "category" : "value"
    hasNumbers = !numbers.isEmpty
  }

  private static func figures(_ column: ColumnDrift) -> [NamedValue] {
    guard let method = column.method else { return [] }
    var figures = [
      NamedValue(name: "method", value: "\(method) (\(column.methodReason))"),
      NamedValue(name: "statistic", value: Figures.number(column.statistic)),
    ]
    if column.pValue != nil {
      figures.append(
        NamedValue(
          name: "p",
          value: "\(Figures.pValue(column.pValue)), adjusted "
            + Figures.pValue(column.adjustedPValue)))
    }
    if let effect = column.effectSize, effect != column.statistic {
      figures.append(
        NamedValue(
          name: "effect",
          value: Figures.number(effect) + " "
            + (column.effectSizeName ?? "").replacing("_", with: " ")))
    }
    figures.append(NamedValue(name: "drift if", value: Wording.threshold(column)))
    figures.append(NamedValue(name: "missing", value: Wording.missing(column)))
    if column.referenceNonFinite + column.currentNonFinite > 0 {
      figures.append(
        NamedValue(
          name: "infinite",
          value: "\(column.referenceNonFinite) → \(column.currentNonFinite)"))
    }
    if !column.details.isEmpty {
      figures.append(NamedValue(name: "details", value: Wording.details(column.details)))
    }
    return figures
  }

  private static func summaryRows(_ column: ColumnDrift) -> [Row] {
    let (before, now) = (column.referenceSummary, column.currentSummary)
    guard before != nil || now != nil else { return [] }
    func row(_ name: String, _ value: (NumericSummary) -> Double?) -> Row {
      Row(
        name: name, reference: Figures.number(before.flatMap(value)),
        current: Figures.number(now.flatMap(value)))
    }
    let names = ["5 %", "25 %", "median", "75 %", "95 %"]
    let quantiles = names.enumerated().map { index, name in
      row(name) { $0.quantiles.indices.contains(index) ? $0.quantiles[index] : nil }
    }
    return [
      row("mean") { $0.mean }, row("standard deviation") { $0.standardDeviation },
      row("minimum") { $0.minimum },
    ] + quantiles + [row("maximum") { $0.maximum }]
  }

  private static func distributionRows(_ column: ColumnDrift) -> [Row] {
    guard let distribution = column.distribution else { return [] }
    let names: [String]
    if let categories = distribution.categories {
      names = categories.map(PrintableText.visible)
    } else {
      let edges = distribution.edges ?? []
      names = zip(edges, edges.dropFirst()).map {
        "\(Figures.number($0)) to \(Figures.number($1))"
      }
    }
    return names.enumerated().compactMap { index, name in
      guard distribution.reference.indices.contains(index),
        distribution.current.indices.contains(index)
      else { return nil }
      return Row(
        name: name, reference: Figures.count(distribution.reference[index]),
        current: Figures.count(distribution.current[index]))
    }
  }
}

extension Wording {
  /// A method's further values in order of name.
  static func details(_ details: [String: Detail]) -> String {
    details.sorted { $0.key < $1.key }.map { name, detail in
      let value =
        switch detail {
        case .number(let number): Figures.number(number)
        case .flag(let flag): flag ? "yes" : "no"
        case .text(let text): PrintableText.visible(text)
        }
      return "\(name.replacing("_", with: " ")) \(value)"
    }.joined(separator: ", ")
  }
}
