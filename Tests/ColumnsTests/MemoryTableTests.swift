import Columns
import Testing

struct MemoryTableTests {
  private func table(_ columns: MemoryColumn...) -> MemoryTable {
    MemoryTable(rows: columns[0].count, columns: columns)
  }

  private func texts(_ texts: [String], isValid: [Bool] = []) -> MemoryColumn {
    var (ends, bytes): ([Int32], [UInt8]) = ([], [])
    for text in texts {
      bytes += text.utf8
      ends.append(Int32(bytes.count))
    }
    return MemoryColumn(name: "t", values: .texts(ends: ends, bytes: bytes), isValid: isValid)
  }

  private func numbers(_ numbers: [Double], isValid: [Bool] = []) -> MemoryColumn {
    MemoryColumn(name: "n", values: .numbers(numbers), isValid: isValid)
  }

  @Test func `Joined tables have all rows, missing cells where one lacks a column`() {
    let joined = MemoryTable.joined([
      table(numbers([1, 2]), texts(["a", "bc"])), table(texts(["", "d"], isValid: [false, true])),
      table(texts(["e"]), numbers([3])),
    ])
    #expect(
      joined
        == table(
          numbers([1, 2, 0, 0, 3], isValid: [true, true, false, false, true]),
          texts(["a", "bc", "", "d", "e"], isValid: [true, true, false, true, true])))
  }

  @Test func `One table is itself, none is none, and types do not mix`() {
    let one = table(numbers([1, 2], isValid: [true, false]))
    #expect(MemoryTable.joined([one]) == one)
    #expect(MemoryTable.joined([]) == nil)
    let other = table(MemoryColumn(name: "n", values: .booleans([true])))
    #expect(MemoryTable.joined([one, other]) == nil)
  }
}
