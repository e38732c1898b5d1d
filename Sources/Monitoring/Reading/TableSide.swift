import Columns
import DataSources
import Statistics

/// One side of a comparison: its rows and, for current, how they are cut into chunks.
struct TableSide: Sendable {
  let side: Side
  let relation: Relation
  let rows: Int
  var chunks: ChunkPlan?
}

/// Which chunk each row is in: a whole-number expression, and the chunks by its values.
struct ChunkPlan: Sendable {
  struct Chunk: Sendable {
    var label: String
    var start: Instant?
    var end: Instant?
    var rows: Int
  }

  /// The key of a row in SQL.
  let key: String
  let chunks: [Chunk]
  let chunkOfKey: [Int64: Int]
  /// Rows in no chunk, for want of a timestamp.
  let unplaced: Int
}

extension ChunkPlan {
  /// The name of the row number's column, unlikely in any table.
  private static let rowNumber = "plumbline_row_number"

  static func isRowNumber(_ column: String) -> Bool { column == rowNumber }

  /// Cuts `relation` by `rule`.
  ///
  /// - Returns: the plan, and the relation it applies to (numbered, for chunks by row count).
  static func make(
    _ rule: ChunkRule, for relation: Relation, timestamp: String?, over connection: Connection
  ) throws -> (plan: ChunkPlan, relation: Relation) {
    let dialect = relation.dialect
    let time = timestamp.map { dialect.epochMicroseconds(of: dialect.identifier($0)) }
    switch rule {
    case .day, .week, .month:
      guard let time, let timestamp else {
        throw MonitoringError.timestampNeeded(option: "--chunk")
      }
      _ = try TimeRange.type(of: timestamp, in: relation, over: connection)
      let key = dialect.floor("\(time) / 86400000000.0")
      let counts = try relation.integers(
        [key, "count(*)"], suffix: "GROUP BY 1", over: connection)
      return (byCalendar(rule, key: key, counts: counts), relation)
    case .rows(let size):
      let numbered = relation.numbered(
        by: try timestamp.map { try order($0, of: relation, over: connection) }, as: rowNumber)
      let key = dialect.floor("(\(dialect.identifier(rowNumber)) - 1) / \(size).0")
      var expressions = [key, "count(*)"]
      if let time { expressions += ["min(\(time))", "max(\(time))"] }
      let counts = try numbered.integers(expressions, suffix: "GROUP BY 1", over: connection)
      return (byRows(size, key: key, counts: counts), numbered)
    }
  }

  /// By time, rows of the same time by all that is in them: a row is in the same chunk in every query.
  private static func order(
    _ timestamp: String, of relation: Relation, over connection: Connection
  ) throws -> String {
    let columns = try relation.columns(over: connection).filter {
      $0.type.isNumeric || $0.type.isText || $0.type.isTemporal || $0.type == .boolean
    }.map(\.name)
    return ([timestamp] + columns.filter { $0 != timestamp })
      .map { relation.dialect.identifier($0) }.joined(separator: ", ")
  }

  private static func byCalendar(
    _ rule: ChunkRule, key: String, counts: [[Int64?]]
  ) -> ChunkPlan {
    var rowsOfFirstDay: [Int: Int] = [:]
    var unplaced = 0
    for row in counts {
      let rows = row.count > 1 ? Int(row[1] ?? 0) : 0
      if let day = row.first ?? nil {
        rowsOfFirstDay[rule.firstDay(of: Int(day)), default: 0] += rows
      } else {
        unplaced += rows
      }
    }
    let firstDays = rowsOfFirstDay.keys.sorted()
    let chunks = firstDays.map { day in
      Chunk(
        label: rule.label(firstDay: day), start: Instant(day: day),
        end: Instant(day: rule.nextDay(after: day)), rows: rowsOfFirstDay[day] ?? 0)
    }
    let positions = Dictionary(uniqueKeysWithValues: zip(firstDays, firstDays.indices))
    var chunkOfKey: [Int64: Int] = [:]
    for row in counts {
      guard let day = row.first ?? nil else { continue }
      chunkOfKey[day] = positions[rule.firstDay(of: Int(day))]
    }
    return ChunkPlan(key: key, chunks: chunks, chunkOfKey: chunkOfKey, unplaced: unplaced)
  }

  private static func byRows(_ size: Int, key: String, counts: [[Int64?]]) -> ChunkPlan {
    let ordered = counts.compactMap { row -> (key: Int64, row: [Int64?])? in
      guard let key = row.first ?? nil else { return nil }
      return (key, row)
    }.sorted { $0.key < $1.key }
    let chunks = ordered.map { key, row in
      let rows = row.count > 1 ? Int(row[1] ?? 0) : 0
      let first = Int(key) * size
      let times = row.dropFirst(2).map { $0.map { Instant(microseconds: $0) } }
      return Chunk(
        label: "rows \(first + 1)–\(first + rows)", start: times.first ?? nil,
        end: times.last.flatMap { $0.map { Instant(microseconds: $0.microseconds + 1) } },
        rows: rows)
    }
    let keys = ordered.map(\.key)
    return ChunkPlan(
      key: key, chunks: chunks,
      chunkOfKey: Dictionary(uniqueKeysWithValues: zip(keys, keys.indices)), unplaced: 0)
  }
}

extension Instant {
  /// The start of a day counted from 1970-01-01.
  init(day: Int) {
    let (microseconds, overflow) = Int64(day).multipliedReportingOverflow(by: 86_400_000_000)
    self.init(microseconds: overflow ? (day < 0 ? .min : .max) : microseconds)
  }
}
