import Columns
import Monitoring

/// Cells of one type.
extension EventIntake {
  /// Makes a column of one type; cells of another refuse their row.
  mutating func add(
    _ column: Rows.Column, as name: String, _ what: String, check: ((Double) -> String?)? = nil
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
      reader.kind.type(of: name) ?? reader.types[name]
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
}
