import Columns
import Foundation
import Monitoring

/// Takes columns of cells one after the other and notes what is wrong with rows.
struct EventIntake<Rows: SentRows> {
  let reader: EventReader
  let rows: Rows
  var reasons: [Int: String] = [:]
  var columns: [MemoryColumn] = []
  var ignored: [String] = []
  /// Names of columns in small letters: engines do not tell them apart by case.
  var known: [String: String]

  init(_ reader: EventReader, _ rows: Rows) {
    self.reader = reader
    self.rows = rows
    known = Dictionary(
      reader.types.keys.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    for row in 0..<rows.count {
      if let error = rows.rowError(row) { reasons[row] = error }
    }
  }

  mutating func refuse(_ row: Int, _ reason: @autoclosure () -> String) {
    if reasons[row] == nil { reasons[row] = reason() }
  }

  /// Reads ids and times first, then what members have a type already: a row that is refused for any of
  /// them decides neither the type nor the name of another column.
  mutating func read() {
    var (ids, users, times): (Rows.Column?, Rows.Column?, Rows.Column?)
    var others: [Rows.Column] = []
    for column in rows.columns {
      switch (column.group, column.name) {
      case ("", reader.kind.idColumn): ids = column
      case ("", EventColumnName.user) where reader.kind == .observations: users = column
      case ("", EventColumnName.timestamp): times = column
      default: others.append(column)
      }
    }
    switch reader.kind {
    case .predictions, .labels: readIDs(ids, as: EventColumnName.id)
    case .observations:
      // What has no id is another one each time it comes.
      readIDs(users, as: EventColumnName.user)
      readIDs(ids, as: EventColumnName.observationID) { UUID().uuidString }
    }
    readTimes(times)
    if reader.kind == .labels { requireLabels(others) }
    let members = others.compactMap { member(of: $0) }
    add(members)
    columns.append(
      MemoryColumn(
        name: EventColumnName.receivedAt,
        values: .timestamps([Int64](repeating: reader.now.microseconds, count: rows.count))))
  }

  private mutating func requireLabels(_ columns: [Rows.Column]) {
    let labels = columns.first { $0.group.isEmpty && $0.name == EventColumnName.label }
    for row in 0..<rows.count where (labels?.cell(row) ?? .null) == .null {
      refuse(row, "it has no label")
    }
  }

  /// Text of others in a message, of a length that can be read.
  static func short(_ text: String) -> String {
    text.count > 40 ? text.prefix(40) + "…" : text
  }

  func finish() -> ReadEvents {
    var good = MemoryTable(rows: rows.count, columns: columns)
    let rejected = reasons.sorted { $0.key < $1.key }.map {
      RejectedEvent(index: $0.key, reason: $0.value)
    }
    if !rejected.isEmpty {
      good = good.keeping((0..<rows.count).filter { reasons[$0] == nil })
      // What refused rows alone had is no column of the model: it would have its type for good.
      good.columns.removeAll { !$0.isValid.isEmpty && !$0.isValid.contains(true) }
    }
    return ReadEvents(batch: good, rejected: rejected, ignored: Array(ignored.sorted().prefix(100)))
  }
}
