import Columns
public import DataSources

/// A diagnostic in SQL: one number, and when it is wrong.
///
/// `{rows}` in the query stands for the current rows and, for conditions on change, for the reference's
/// in a second query; `{reference}` and `{current}` stand for either.
///
/// ```yaml
/// diagnosis:
///   checks:
///     - name: negative_amounts
///       cause: model_bug
///       sql: SELECT avg(CASE WHEN amount < 0 THEN 1.0 ELSE 0.0 END) FROM {rows} AS r
///       fails: "> 1%"
///       severity: critical
///       remediation: Ask the payments team about refunds
/// ```
public struct SQLDiagnostic: Sendable, Equatable {
  public var name: String
  public var cause: RootCause
  public var sql: String
  public var fails: AlertCondition
  public var severity: AlertSeverity
  public var remediation: String?

  public init(
    name: String, cause: RootCause, sql: String, fails: AlertCondition,
    severity: AlertSeverity = .warning, remediation: String? = nil
  ) {
    self.name = name
    self.cause = cause
    self.sql = sql
    self.fails = fails
    self.severity = severity
    self.remediation = remediation
  }

  /// Asks the database of `current`; a query that fails leaves the result unknown, with the reason.
  public func run(current: Relation, reference: Relation?) -> DiagnosticResult {
    let stand = StandIn(name: name, cause: cause)
    do {
      let connections = ConnectionPool()
      let value = try number(of: current, current, reference, connections)
      if fails.test == .absent {
        return result(stand, failed: value == nil, value, nil)
      }
      guard case .beyond(let subject, let bounds) = fails.test else {
        return .unknown(stand, "the condition cannot be held against a number")
      }
      guard let value else { return .unknown(stand, "the query gave no number") }
      guard value.isFinite else { return .unknown(stand, "the query gave an infinite number") }
      var before: Double?
      var held = value
      if subject != .value {
        guard let reference else { return .unknown(stand, "there is no reference to compare with") }
        before = try number(of: reference, current, reference, connections)
        guard let before else {
          return .unknown(stand, "the query gave no number of the reference")
        }
        guard before.isFinite else {
          return .unknown(stand, "the query gave an infinite number of the reference")
        }
        guard subject == .difference || before != 0 else {
          return .unknown(stand, "the reference is 0, of which nothing is a share")
        }
        held = subject == .difference ? value - before : (value - before) / abs(before)
      }
      return result(
        stand, failed: bounds.fails(held), value, before, threshold: bounds.crossed(by: held))
    } catch {
      return .unknown(stand, "the query failed: \(error)")
    }
  }

  private func result(
    _ stand: StandIn, failed: Bool, _ value: Double?, _ before: Double?, threshold: Double? = nil
  ) -> DiagnosticResult {
    let text = value.map(NumberFormat.short) ?? "absent"
    // Own checks are no part of the calibration; how much one weighs is what its author says.
    let strength: [AlertSeverity: Double] = [.critical: 0.9, .warning: 0.6, .info: 0.3]
    return DiagnosticResult(
      stand, failed: failed, severity: severity, strength: failed ? strength[severity] ?? 0 : 0,
      message: "\(name) is \(text); it fails if \(fails.text)",
      details: [DiagnosticFigure(name, value: value, reference: before, threshold: threshold)],
      remediation: remediation)
  }

  private func number(
    of rows: Relation, _ current: Relation, _ reference: Relation?, _ connections: ConnectionPool
  ) throws -> Double? {
    var query = sql.replacing("{rows}", with: "(\(rows.select(["*"])))")
      .replacing("{current}", with: "(\(current.select(["*"])))")
    if let reference {
      query = query.replacing("{reference}", with: "(\(reference.select(["*"])))")
    }
    while query.last?.isWhitespace == true || query.last == ";" { query.removeLast() }
    let source = "diagnostic \(name)"
    let asked = Relation(
      database: rows.database, name: source, from: "(\(query)\n) AS figure")
    return try connections.withConnection(to: rows.database) { connection in
      guard let column = try asked.columns(over: connection).first else { return nil }
      let value = asked.dialect.identifier(column.name)
      let isTruth = column.type == .boolean
      guard isTruth || column.type.isNumeric || column.type == .null else {
        throw DataSourceError.unexpectedResult(
          source: source, reason: "it gave no number, but \(column.type.name)")
      }
      // Counts and sums are whole numbers or decimals.
      let number = asked.dialect.double(
        isTruth ? "CASE WHEN \(value) THEN 1 WHEN NOT \(value) THEN 0 END" : value)
      let stream = try asked.run(asked.select([number]), over: connection)
      var values: [Double] = []
      while let batch = try stream.next() {
        guard let column = batch.column(0), column.appendAligned(to: &values) else {
          throw DataSourceError.unexpectedResult(source: source, reason: "it gave no number")
        }
      }
      return values.first { !$0.isNaN }
    }
  }

  private struct StandIn: Diagnostic {
    let name: String
    let cause: RootCause

    func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult { .unknown(self, "not run") }
  }
}
