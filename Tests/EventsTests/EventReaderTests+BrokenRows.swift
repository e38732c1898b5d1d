import Columns
import Events
import Monitoring
import Testing

/// Rows that are broken, and those beside them.
extension EventReaderTests {
  private static let good = (
    #"{"prediction_id": "a", "features": {"x": 1}}"#,
    #"{"prediction_id": "c", "features": {"x": 2, "new": "n"}}"#
  )

  /// A batch of two good rows with others between them, in both of its formats.
  private func batches(_ rows: [String]) -> [(String, EventReader.Format)] {
    let all = [Self.good.0] + rows + [Self.good.1]
    return [
      ("[" + all.joined(separator: ",\n") + "]", .array), (all.joined(separator: "\n"), .lines),
    ]
  }

  @Test(arguments: [
    (#"{"prediction_id": "b", "features": {"x": NaN}}"#, "`x` of `features` is `NaN`"),
    (#"{"prediction_id": "b", "features": {"x": -Infinity}}"#, "write null"),
    (#"{"prediction_id": "b", "features": {"x": 1e400}}"#, "`x` of `features` is `1e400`"),
    (#"{"prediction_id": "b", "prediction": 01}"#, "`prediction` is `01`"),
    (#"{"prediction_id": "b", "features": {"x": tru}}"#, "`tru`, which cannot be read"),
    (#"{"prediction_id": "b", "features": {"x": nul}}"#, "`nul`, which cannot be read"),
    (#"{"prediction_id": "\ud800", "features": {"x": 3}}"#, "`prediction_id` is a text"),
    (#"{"prediction_id": "b", "features": {"x": }}"#, "structure"),
    (#"{"prediction_id": "b" "features": {"x": 1}}"#, "structure"),
    (#"{"prediction_id": "b", "features": {"x": 1},}"#, "structure"),
    (#"{"prediction_id": "]}\\", "features": {"x": 5 6}}"#, "structure"),
    ("{\"prediction_id\": \"b\tb\"}", "escaped"),
  ])
  func `What breaks a row refuses that row alone, in an array too`(
    row: String, reason: String
  ) throws {
    for (text, format) in batches([row, "7", row]) {
      let events = try read(text, format)
      #expect(events.rejected.map(\.index) == [1, 2, 3])
      #expect(events.rejected[0].reason.contains(reason), "\(events.rejected)")
      #expect(events.rejected[2].reason == events.rejected[0].reason)
      #expect(events.batch.column("x")?.values == .numbers([1, 2]))
      #expect(events.batch.column("new")?.isValid == [false, true])
    }
  }

  @Test func `A byte that is no UTF-8 refuses its row alone`() throws {
    for (text, format) in batches([#"{"prediction_id": "?"}"#]) {
      let bytes = text.utf8.map { $0 == UInt8(ascii: "?") ? 0xFF : $0 }
      let events = try EventReader(kind: .predictions, types: [:], now: .init(microseconds: 7))
        .read(bytes, format)
      #expect(events.rejected.map(\.index) == [1] && events.batch.rows == 2)
      #expect(events.rejected.first?.reason.contains("UTF-8") == true, "\(events.rejected)")
    }
  }

  @Test(arguments: [10_001, 21_000])
  func `A row of more columns than a model can have takes none away from others`(
    count: Int
  ) throws {
    let features = (0..<count).map { "\"f\($0)\": 1" }.joined(separator: ", ")
    let wide = "{\"prediction_id\": \"b\", \"features\": {\(features)}}"
    for (text, format) in batches([wide]) {
      let events = try read(text, format)
      #expect(events.rejected.map(\.index) == [1])
      #expect(events.rejected.first?.reason.contains("000") == true, "\(events.rejected)")
      #expect(
        events.batch.columns.map(\.name)
          == ["prediction_id", "timestamp", "x", "new", "received_at"])
    }
  }

  @Test func `A byte order mark is skipped`() throws {
    for (text, format) in batches([]) {
      let events = try read("\u{FEFF}" + text, format)
      #expect(events.rejected.isEmpty && events.batch.rows == 2, "\(events.rejected)")
    }
  }

  @Test(arguments: [
    #"{"features": {"amount": "oops"}}"#,
    #"{"prediction_id": "b", "timestamp": "never", "features": {"amount": "oops"}}"#,
    #"{"prediction_id": "b", "timestamp": "never", "features": {"AMOUNT": 1}}"#,
    #"{"prediction_id": "b", "features": {"amount": "oops", "other": NaN}}"#,
    #"{"prediction_id": "b", "features": {"amount": "oops"}, "status": "maybe"}"#,
    #"{"prediction_id": "b", "features": {"amount": "oops"}, "probabilities": {"1": 2}}"#,
    #"{"prediction_id": "b", "features": {"amount": "oops", "other": [1]}}"#,
    #"{"prediction_id": "b", "features": {"amount": "oops", "known": "text"}}"#,
    "7",
  ])
  func `A refused row decides neither the type nor the name of a column`(_ row: String) throws {
    let good = #"{"prediction_id": "c", "features": {"amount": 5}}"#
    let events = try read("[\(row), \(good)]", types: ["known": .number])
    #expect(events.rejected.map(\.index) == [0], "\(events.rejected)")
    #expect(events.batch.column("amount")?.values == .numbers([5]))
    // Where it is the only one that has the column, there is none: it would have its type for good.
    let alone = try read("[\(row), {\"prediction_id\": \"c\"}]", types: ["known": .number])
    #expect(alone.rejected.map(\.index) == [0], "\(alone.rejected)")
    #expect(
      alone.batch.columns.map(\.name) == ["prediction_id", "timestamp", "received_at"])
  }

  @Test(arguments: [
    #"{"prediction_id": "b", "label": "x", "timestamp": "never"}"#, #"{"label": "x"}"#,
  ])
  func `A refused label decides no type either`(_ row: String) throws {
    let events = try read(
      "[\(row), {\"prediction_id\": \"c\", \"label\": 1}]", .array, .labels)
    #expect(events.rejected.map(\.index) == [0], "\(events.rejected)")
    #expect(events.batch.column("label")?.values == .numbers([1]))
  }

  @Test func `Whole numbers of 64 bits are exact ids, floats only beneath 2^53`() throws {
    let exact = [
      "9007199254740992", "9007199254740993", "18446744073709551615", "-9223372036854775808",
    ]
    let odd = ["9007199254740992.0", "9007199254740993e0", "18446744073709551616", "1.5", "1e300"]
    let ids = exact + ["1e3", "-0.0", #""9007199254740995", "prediction_id": 7"#]
    let twice = #"9007199254740997, "prediction_id": 8"#
    let rows = (ids + [twice] + odd).map { "{\"prediction_id\": \($0)}" }
    let events = try read("[\(rows.joined(separator: ", "))]")
    let column = try #require(events.batch.column("prediction_id"))
    #expect(
      (0..<events.batch.rows).map { String(decoding: column.text($0), as: UTF8.self) }
        == exact + ["1000", "0", "7", "8"])
    #expect(events.rejected.map(\.index) == Array(8..<13))
    for (row, isWhole) in zip(events.rejected, [true, true, true, false, true]) {
      let reason = isWhole ? "not exact" : "neither a text nor a whole number"
      #expect(row.reason.contains(reason), "\(row)")
    }
  }

  @Test func `Probabilities that rounding took beyond 0 or 1 are brought back`() throws {
    let shares = ["1.0000001192092896", "-1e-7", "0.5", "1.00001", "-0.00001"]
    let rows = shares.enumerated().map {
      "{\"prediction_id\": \"p\($0)\", \"probabilities\": {\"1\": \($1)}}"
    }
    let events = try read("[\(rows.joined(separator: ", "))]")
    #expect(events.batch.column("probability_1")?.values == .numbers([1, 0, 0.5]))
    #expect(events.rejected.map(\.index) == [3, 4])
    #expect(events.rejected.last?.reason.contains("not between 0 and 1: -1e-05") == true)
  }
}
