import GRDB
public import Monitoring

extension History {
  /// Adds a line to the log of thresholds and gives its number.
  @discardableResult
  public func add(_ change: ThresholdChange) throws(HistoryError) -> Int64 {
    try write { try Self.add(change, $0) }
  }

  private static func add(
    _ change: ThresholdChange, _ database: GRDB.Database
  ) throws -> Int64 {
    try database.execute(
      sql: """
        INSERT INTO threshold_change (rule, at, before, after, explanation, state)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        change.rule, change.at.microseconds, change.before, change.after, change.explanation,
        change.state.rawValue,
      ])
    return database.lastInsertedRowID
  }

  /// The log, newest first.
  ///
  /// - Parameters:
  ///   - rule: of this rule only; nil for all.
  ///   - limit: how many at most.
  public func thresholdChanges(
    of rule: String? = nil, limit: Int = 1_000
  ) throws(HistoryError) -> [ThresholdChange] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT id, rule, at, before, after, explanation, state FROM threshold_change
          WHERE ?1 IS NULL OR rule = ?1 ORDER BY id DESC LIMIT ?2
          """, arguments: [rule, limit]
      ).map(Self.thresholdChange)
    }
  }

  private static func thresholdChange(_ row: Row) -> ThresholdChange {
    ThresholdChange(
      id: row[0], rule: row[1], at: Instant(microseconds: row[2]), before: row[3], after: row[4],
      explanation: row[5], state: .init(rawValue: row[6]) ?? .proposed)
  }

  /// Thresholds that stand in place of rules' own, by rule.
  ///
  /// What is applied goes on top of what was in force, and reverting takes the topmost away: reverted
  /// often enough, every rule has its own again.
  public func thresholdsInForce() throws(HistoryError) -> [String: ThresholdInForce] {
    try read { try Self.stacks($0).compactMapValues(Self.top) }
  }

  private static func stacks(
    _ database: GRDB.Database, rule: String? = nil
  ) throws -> [String: [ThresholdChange]] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT id, rule, at, before, after, explanation, state FROM threshold_change
        WHERE state <> 'proposed' AND (?1 IS NULL OR rule = ?1) ORDER BY id
        """, arguments: [rule]
    ).map(thresholdChange).reduce(into: [:]) { stacks, change in
      if change.state == .applied {
        stacks[change.rule, default: []].append(change)
      } else {
        _ = stacks[change.rule, default: []].popLast()
      }
    }
  }

  private static func top(_ stack: [ThresholdChange]) -> ThresholdInForce? {
    guard let first = stack.first, let last = stack.last else { return nil }
    return ThresholdInForce(value: last.after, own: first.before)
  }

  /// Takes the newest threshold in force of a rule away: that before it is in force again, or the rule's
  /// own.
  ///
  /// - Returns: the line that says so; nil where none is in force.
  public func revertThreshold(
    of rule: String, at now: Instant, explanation: String
  ) throws(HistoryError) -> ThresholdChange? {
    try write { database in
      guard let stack = try Self.stacks(database, rule: rule)[rule], let last = stack.last else {
        return nil
      }
      var change = ThresholdChange(
        rule: rule, at: now, before: last.after, after: last.before, explanation: explanation,
        state: .reverted)
      change.id = try Self.add(change, database)
      return change
    }
  }
}
