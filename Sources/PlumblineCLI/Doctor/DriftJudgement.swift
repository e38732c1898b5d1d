import Foundation
import Monitoring
import Reporting

/// What was gathered of a drift check means.
enum DriftJudgement {
  static func reference(name: String, rows: Int, columns: Int) -> Finding {
    let seen = "\(name): \(rows) rows, \(columns) columns"
    if rows == 0 {
      return .failed(seen, mend: "write the reference anew: nothing can be compared with no rows")
    }
    if rows < leastValues {
      return .warning(seen, mend: "use a reference of some hundred rows at least")
    }
    return .ok(seen)
  }

  static func columns(_ match: ColumnMatch) -> Finding {
    let missing = match.findings.filter { $0.check == .missingColumn }.compactMap(\.column)
    let new = match.findings.filter { $0.check == .newColumn }.compactMap(\.column)
    var findings = match.findings.map { finding -> Finding in
      switch finding.check {
      case .missingColumn:
        return .failed(
          finding.message,
          mend: renamed(missing, new, match).map {
            "was it renamed to `\($0)`? Send it by the reference's name, or make the reference anew"
          } ?? "send the feature again, or list it under `ignore` of the model's schema")
      case .newColumn:
        return .warning(
          finding.message,
          mend: "make the reference anew with it, or list it under `ignore` of the model's schema")
      default:
        return .failed(
          finding.message, mend: "send values of the type the reference has, or make it anew")
      }
    }
    let told = Set(match.findings.compactMap(\.column))
    findings += match.unfit.filter { !told.contains($0.column.column) }.map {
      .failed(
        "column `\($0.column.column)` cannot be compared: \($0.reason)",
        mend: "name its kind in the model's schema, or list it under `ignore`")
    }
    if findings.isEmpty, match.compared.isEmpty {
      return .failed(
        "no column is compared",
        mend: "check the model's schema: features are what has no other role")
    }
    return .worst(
      of: findings, fine: "\(NumberText.count(match.compared.count, "column")) on both sides")
  }

  /// What the one missing column is called now, where only one of its type is new.
  private static func renamed(
    _ missing: [String], _ new: [String], _ match: ColumnMatch
  ) -> String? {
    guard missing.count == 1, new.count == 1, let before = missing.first, let now = new.first,
      let old = match.columns.first(where: { $0.column == before }),
      let other = match.columns.first(where: { $0.column == now }), old.type == other.type
    else { return nil }
    return now
  }

  // MARK: Methods

  /// Values of a side below which a test says little.
  static let leastValues = 30
  /// Values of a side from which on every difference is significant.
  static let manyValues = 50_000

  /// Whether the methods that are asked for fit the columns there are.
  static func planned(_ options: DriftOptions, columns: [ResolvedColumn]) -> Finding {
    var findings: [Finding] = []
    for (name, id) in options.methodFor.sorted(by: { $0.key < $1.key }) where id != "auto" {
      guard let method = DriftMethod.all.first(where: { $0.id == id }) else { continue }
      guard let column = columns.first(where: { $0.column == name }) else { continue }
      if !method.fits(column.type) {
        let fitting = DriftMethod.all.filter { $0.fits(column.type) }.map(\.id)
        findings.append(
          .failed(
            "`\(id)` does not fit `\(name)`, which is \(column.type.rawValue)",
            mend: "use one of \(fitting.joined(separator: ", ")), or auto"))
      }
    }
    return .worst(of: findings, fine: "the methods fit")
  }

  static func methods(_ report: DriftReport) -> Finding {
    let findings = report.columns.flatMap { judge($0, policy: report.policy) }
    let methods = Set(report.columns.compactMap(\.method)).sorted().joined(separator: ", ")
    return .worst(
      of: findings,
      fine:
        "\(NumberText.count(report.columns.count, "column")) by \(methods), \(report.reference.rows) rows beside "
        + "\(report.current.rows)")
  }

  private static func judge(_ column: ColumnDrift, policy: DriftPolicy) -> [Finding] {
    let name = "`\(column.column)`"
    guard column.drifted != nil else {
      return [
        .warning(
          "\(name) could not be judged: \(column.reason ?? "no reason is given")",
          mend: "see the run's report for its values")
      ]
    }
    let least = min(column.referenceCount, column.currentCount)
    if least < leastValues {
      return [
        .warning(
          "\(name) has \(column.referenceCount) values in the reference and "
            + "\(column.currentCount) in current: too few to tell drift by",
          mend: "widen the check's window, or use a longer reference")
      ]
    }
    if column.thresholdKind == .significance, policy == .classic, least > manyValues {
      return [
        .warning(
          "\(name) is tested for significance over \(least) values a side, where any difference is",
          mend: "use `policy: robust`, or a distance (`method: auto` chooses one)")
      ]
    }
    return [cochran(column), noiseFloor(column)].compactMap { $0 }
  }

  /// χ² is an approximation that needs 5 expected counts in four of five cells. Source: Cochran (1954),
  /// Biometrics 10.
  private static func cochran(_ column: ColumnDrift) -> Finding? {
    // Rare categories may be counted together, which only makes cells larger.
    guard column.method == "chi_square", let cells = column.distribution else { return nil }
    let sides = [cells.reference, cells.current].map { $0.reduce(0, +) }
    let total = Double(sides[0] + sides[1])
    guard total > 0, !cells.reference.isEmpty else { return nil }
    let expected = zip(cells.reference, cells.current).flatMap { one, other in
      sides.map { Double($0) * Double(one + other) / total }
    }
    let small = expected.count { $0 < 5 }
    guard Double(small) > 0.2 * Double(expected.count) else { return nil }
    return .warning(
      "`\(column.column)`: χ² expects fewer than 5 in \(small) of \(expected.count) cells",
      mend: "widen the check's window, or use js_divergence for columns of many categories")
  }

  private static func noiseFloor(_ column: ColumnDrift) -> Finding? {
    guard case .number(let floor)? = column.details["noise_floor"],
      let threshold = column.threshold, floor >= threshold
    else { return nil }
    return .warning(
      "`\(column.column)`: at these sizes psi is \(NumberText.short(floor)) by chance alone, and the "
        + "threshold is \(NumberText.short(threshold))",
      mend: "widen the check's window, or raise the threshold")
  }
}
