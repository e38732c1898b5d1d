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
  var hasLabels = false
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

  mutating func read() {
    var (ids, users, times): (Rows.Column?, Rows.Column?, Rows.Column?)
    for column in rows.columns {
      switch (column.group, column.name) {
      case ("", reader.kind.idColumn): ids = column
      case ("", EventColumnName.user) where reader.kind == .observations: users = column
      case ("", EventColumnName.timestamp): times = column
      case ("", let name): readMember(name, column)
      case ("features", let name):
        add(column, as: EventColumnName.feature(name), "feature `\(Self.short(name))`")
      case ("metrics", let name): readMetric(name, column)
      case (_, let name):
        add(
          column, as: EventColumnName.probability(of: name),
          "the probability of `\(Self.short(name))`"
        ) { $0 >= 0 && $0 <= 1 ? nil : "is not between 0 and 1" }
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
    if reader.kind == .labels, !hasLabels {
      for row in 0..<rows.count { refuse(row, "it has no label") }
    }
  }

  private mutating func readMetric(_ name: String, _ column: Rows.Column) {
    guard !EventColumnName.ofObservations.contains(name.lowercased()) else {
      for row in 0..<rows.count where column.cell(row) != .null {
        refuse(row, "a metric cannot be called `\(Self.short(name))`")
      }
      return
    }
    add(column, as: name, "metric `\(Self.short(name))`")
  }

  private mutating func readMember(_ name: String, _ column: Rows.Column) {
    switch (reader.kind, name) {
    case (.predictions, EventColumnName.prediction): add(column, as: name, "the prediction")
    case (.predictions, EventColumnName.latency):
      add(column, as: name, name) { $0 >= 0 ? nil : "is below 0" }
    case (.predictions, EventColumnName.status):
      for row in 0..<rows.count where column.cell(row) == .text {
        let status = column.text(row)
        if status != "success", status != "error" {
          refuse(row, "status is `\(Self.short(status))`, neither `success` nor `error`")
        }
      }
      add(column, as: name, name)
    case (.predictions, EventColumnName.modelVersion), (.predictions, EventColumnName.segment),
      (.observations, EventColumnName.variant):
      add(column, as: name, name)
    case (let kind, let name) where kind.groups.contains(name):
      for row in 0..<rows.count where column.cell(row) != .null {
        refuse(row, "\(name) is no JSON object")
      }
    case (.labels, EventColumnName.label):
      hasLabels = true
      for row in 0..<rows.count where column.cell(row) == .null { refuse(row, "it has no label") }
      add(column, as: name, "the label")
    default: ignored.append(name)
    }
  }

  /// Text of others in a message, of a length that can be read.
  static func short(_ text: String) -> String {
    text.count > 40 ? text.prefix(40) + "…" : text
  }

  func finish() -> ReadEvents {
    let batch = MemoryTable(rows: rows.count, columns: columns)
    let rejected = reasons.sorted { $0.key < $1.key }.map {
      RejectedEvent(index: $0.key, reason: $0.value)
    }
    let good =
      rejected.isEmpty
      ? batch : batch.keeping((0..<rows.count).filter { reasons[$0] == nil })
    return ReadEvents(batch: good, rejected: rejected, ignored: Array(ignored.sorted().prefix(100)))
  }
}
