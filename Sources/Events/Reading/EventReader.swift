public import Columns
import Foundation
public import Monitoring

/// A row that was not taken.
public struct RejectedEvent: Sendable, Codable, Equatable {
  /// Its place in the batch, from 0.
  public var index: Int
  public var reason: String

  /// How many an answer lists at most.
  public static let listed = 10_000

  public init(index: Int, reason: String) {
    self.index = index
    self.reason = reason
  }
}

/// A batch of events as they were sent, made into columns.
public struct ReadEvents: Sendable {
  /// The good rows.
  public var batch: MemoryTable
  public var rejected: [RejectedEvent]
  /// Members no event has, which were left out.
  public var ignored: [String]
}

/// Reads batches into columns of the types a model's columns have.
///
/// A bad row is left out with its reason; the good rows of its batch are kept.
public struct EventReader: Sendable {
  public enum Format: Sendable { case array, lines }

  public let kind: EventKind
  /// Types of columns the model has already, by their names.
  public let types: [String: CellType]
  /// What events without a time of their own are given.
  public let now: Instant
  /// Times that events may have; nil for all.
  let times: EventTimes?

  /// Bytes a text may have.
  public static let textLimit = 65_536
  /// Bytes the texts of a row of a Parquet file may have together. Bodies of JSON hold no more than
  /// was sent; a small file can hold any number of rows that share a long text.
  public static let rowLimit = 262_144
  /// Columns a model's events of a kind may have.
  public static let columnLimit = 10_000
  /// Bytes an id may have.
  public static let idLimit = 512

  public init(
    kind: EventKind, types: [String: CellType], now: Instant, times: EventTimes? = nil
  ) {
    self.times = times
    self.kind = kind
    self.types = types
    self.now = now
  }

  /// Reads a batch of JSON.
  ///
  /// - Throws: ``EventError/unreadable(reason:)`` where the text is no array of objects at all.
  public func read(
    _ text: some Collection<UInt8>, _ format: Format
  ) throws(EventError) -> ReadEvents {
    guard let rows = ParsedRows(text, isLines: format == .lines, groups: kind.groups) else {
      throw .unreadable(reason: "there is not enough memory for it")
    }
    if let error = rows.error { throw .unreadable(reason: error) }
    return read(rows)
  }

  /// Reads rows that were sent.
  func read(_ rows: some SentRows) -> ReadEvents {
    var intake = Intake(self, rows)
    intake.read()
    return intake.finish()
  }
}

/// Takes columns of cells one after the other and notes what is wrong with rows.
private struct Intake<Rows: SentRows> {
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

  private mutating func refuse(_ row: Int, _ reason: @autoclosure () -> String) {
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
          "the probability of `\(Self.short(name))`",
          type: .number
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
    add(column, as: name, "metric `\(Self.short(name))`", type: .number)
  }

  private mutating func readMember(_ name: String, _ column: Rows.Column) {
    switch (reader.kind, name) {
    case (.predictions, EventColumnName.prediction): add(column, as: name, "the prediction")
    case (.predictions, EventColumnName.latency):
      add(column, as: name, name, type: .number) { $0 >= 0 ? nil : "is below 0" }
    case (.predictions, EventColumnName.status):
      for row in 0..<rows.count where column.cell(row) == .text {
        let status = column.text(row)
        if status != "success", status != "error" {
          refuse(row, "status is `\(Self.short(status))`, neither `success` nor `error`")
        }
      }
      add(column, as: name, name, type: .text)
    case (.predictions, EventColumnName.modelVersion), (.predictions, EventColumnName.segment):
      add(column, as: name, name, type: .text)
    case (.observations, EventColumnName.variant): add(column, as: name, name, type: .text)
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

  /// Makes a column of one type; cells of another refuse their row.
  private mutating func add(
    _ column: Rows.Column, as name: String, _ what: String, type required: CellType? = nil,
    check: ((Double) -> String?)? = nil
  ) {
    var name = name
    let wrong: String?
    if let other = known[name.lowercased()] {
      wrong = other == name ? nil : "differs from `\(other)` in the case of letters alone"
      // The same letters can be written in several ways, which engines tell apart.
      name = other
    } else if !EventColumnName.isPossible(name) {
      wrong = "has a name that is empty, too long or has control characters"
    } else if known.count >= EventReader.columnLimit {
      wrong = "would be one column more than a model can have, \(EventReader.columnLimit)"
    } else {
      wrong = nil
    }
    if let wrong {
      for row in 0..<rows.count where column.cell(row) != .null { refuse(row, "\(what) \(wrong)") }
      return
    }
    known[name.lowercased()] = name
    let type =
      required ?? reader.types[name]
      ?? (0..<rows.count).lazy.compactMap { column.cell($0).type }.first
    guard let type else {
      for row in 0..<rows.count where column.cell(row) != .null {
        refuse(row, "\(what) is neither number, text nor truth value")
      }
      return
    }
    var isValid = [Bool](repeating: true, count: rows.count)
    func note(_ row: Int, _ cell: SentCell) -> String? {
      isValid[row] = false
      switch cell {
      case .null: return nil
      case .time, .nested: return "\(what) is neither number, text nor truth value"
      case .text:
        return
          "\(what) is \(type.word) in this model, not the text `\(Self.short(column.text(row)))`"
      case .number(let number): return "\(what) is \(type.word) in this model, not \(number)"
      case .boolean(let truth): return "\(what) is \(type.word) in this model, not \(truth)"
      }
    }
    let values: MemoryColumn.Values
    switch type {
    case .number:
      var numbers = [Double](repeating: 0, count: rows.count)
      for row in 0..<rows.count {
        let cell = column.cell(row)
        if case .boolean(let truth) = cell, column.group == "metrics" {
          numbers[row] = truth ? 1 : 0
        } else if case .number(let number) = cell {
          numbers[row] = number
          if let check, let wrong = check(number) { refuse(row, "\(what) \(wrong): \(number)") }
        } else if let reason = note(row, cell) {
          refuse(row, reason)
        }
      }
      values = .numbers(numbers)
    case .boolean:
      var truths = [Bool](repeating: false, count: rows.count)
      for row in 0..<rows.count {
        let cell = column.cell(row)
        if case .boolean(let truth) = cell {
          truths[row] = truth
        } else if let reason = note(row, cell) {
          refuse(row, reason)
        }
      }
      values = .booleans(truths)
    case .text, .timestamp:
      var (ends, bytes): ([Int32], [UInt8]) = ([], [])
      ends.reserveCapacity(rows.count)
      for row in 0..<rows.count {
        let cell = column.cell(row)
        if cell == .text {
          if column.textLength(row) > EventReader.textLimit {
            refuse(row, "\(what) is longer than \(EventReader.textLimit) bytes")
          } else {
            column.appendText(row, to: &bytes)
          }
        } else if let reason = note(row, cell) {
          refuse(row, reason)
        }
        ends.append(Int32(truncatingIfNeeded: bytes.count))
      }
      values = .texts(ends: ends, bytes: bytes)
    }
    guard isValid.contains(true) else { return }
    columns.append(
      MemoryColumn(name: name, values: values, isValid: isValid.contains(false) ? isValid : []))
  }

  /// Ids of one kind; `missing` gives those of rows without.
  private mutating func readIDs(
    _ column: Rows.Column?, as name: String, missing: (() -> String)? = nil
  ) {
    var (ends, bytes): ([Int32], [UInt8]) = ([], [])
    ends.reserveCapacity(rows.count)
    for row in 0..<rows.count {
      switch column?.cell(row) ?? .null {
      case .text:
        guard let column, (1...EventReader.idLimit).contains(column.textLength(row)) else {
          refuse(row, "\(name) has to have 1 to \(EventReader.idLimit) bytes")
          break
        }
        column.appendText(row, to: &bytes)
      case .number(let number):
        if let whole = Int64(exactly: number), abs(number) <= 0x1p53 {
          bytes.append(contentsOf: String(whole).utf8)
        } else {
          refuse(row, "\(name) is neither a text nor a whole number up to 2^53: \(number)")
        }
      case .null:
        if let missing {
          bytes.append(contentsOf: missing().utf8)
        } else {
          refuse(row, "it has no \(name)")
        }
      case .boolean, .time, .nested:
        refuse(row, "\(name) is neither a text nor a whole number")
      }
      ends.append(Int32(truncatingIfNeeded: bytes.count))
    }
    columns.insert(
      MemoryColumn(name: name, values: .texts(ends: ends, bytes: bytes)), at: 0)
  }

  private mutating func readTimes(_ column: Rows.Column?) {
    let now = reader.now.microseconds
    var times = [Int64](repeating: now, count: rows.count)
    var text: [UInt8] = []
    for row in 0..<rows.count {
      switch column?.cell(row) ?? .null {
      case .null: continue
      case .text:
        text.removeAll(keepingCapacity: true)
        column?.appendText(row, to: &text)
        guard let instant = Instant(utf8: text[...]) else {
          let text = String(decoding: text, as: UTF8.self)
          refuse(row, "timestamp `\(Self.short(text))` is no ISO 8601 instant")
          continue
        }
        times[row] = instant.microseconds
      case .time(.max): refuse(row, "timestamp is not finite")
      case .time(let microseconds): times[row] = microseconds
      case .number, .boolean, .nested: refuse(row, "timestamp is no text with an ISO 8601 instant")
      }
    }
    if let possible = reader.times {
      for (row, time) in times.enumerated() where !possible.range.contains(time) {
        let isPast = time < possible.range.lowerBound
        refuse(row, "timestamp \(isPast ? possible.tooOld : "is in the future")")
      }
    }
    columns.insert(
      MemoryColumn(name: EventColumnName.timestamp, values: .timestamps(times)), at: 1)
    columns.append(
      MemoryColumn(
        name: EventColumnName.receivedAt,
        values: .timestamps([Int64](repeating: now, count: rows.count))))
  }

  /// Text of others in a message, of a length that can be read.
  private static func short(_ text: String) -> String {
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
