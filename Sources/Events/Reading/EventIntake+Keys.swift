import Columns
import Monitoring

/// What every event has: an id and a time.
extension EventIntake {
  /// Ids of one kind; `missing` gives those of rows without.
  mutating func readIDs(
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
        if let column, column.textLength(row) > 0 {
          column.appendText(row, to: &bytes)
        } else if abs(number) >= 0x1p53 {
          // Another id would be the same double.
          refuse(
            row,
            "\(name) is \(number), which is not exact: send a text, or a whole number of 64 bits")
        } else if let whole = Int64(exactly: number) {
          bytes.append(contentsOf: String(whole).utf8)
        } else {
          refuse(row, "\(name) is neither a text nor a whole number: \(number)")
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

  mutating func readTimes(_ column: Rows.Column?) {
    var times = [Int64](repeating: reader.now.microseconds, count: rows.count)
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
  }
}
