import Columns
import Events
import Monitoring
import Testing

/// Batches as clients send them, good and bad.
struct EventReaderTests {
  func read(
    _ text: String, _ format: EventReader.Format = .array, _ kind: EventKind = .predictions,
    types: [String: CellType] = [:]
  ) throws -> ReadEvents {
    try EventReader(kind: kind, types: types, now: Instant(microseconds: 7))
      .read(Array(text.utf8), format)
  }

  @Test func `Events become columns`() throws {
    let events = try read(
      """
      [{"prediction_id": "a", "timestamp": "2024-05-01T10:00:00Z", "features": {"age": 3, "city": "Oslo",
        "vip": true, "label": null}, "prediction": 1, "probabilities": {"1": 0.75},
        "latency_seconds": 0.01, "status": "success", "model_version": "v1", "segment": "s"},
       {"prediction_id": 12, "features": {"age": 4.5, "extra": "\\u00e9"}, "surprise": {"a": [1]}}]
      """)
    #expect(events.rejected.isEmpty && events.ignored == ["surprise"])
    let batch = events.batch
    #expect(batch.rows == 2)
    #expect(
      batch.column("prediction_id")?.values == .texts(ends: [1, 3], bytes: Array("a12".utf8)))
    #expect(batch.column("timestamp")?.values == .timestamps([1_714_557_600_000_000, 7]))
    #expect(batch.column("age")?.values == .numbers([3, 4.5]))
    #expect(batch.column("vip")?.values == .booleans([true, false]))
    #expect(batch.column("vip")?.isValid == [true, false])
    #expect(batch.column("extra")?.values == .texts(ends: [0, 2], bytes: Array("é".utf8)))
    #expect(batch.column("probability_1")?.values == .numbers([0.75, 0]))
    #expect(batch.column("received_at")?.values == .timestamps([7, 7]))
    // A feature that was never there has no column yet.
    #expect(batch.column("feature_label") == nil)
  }

  @Test func `Features never hide what events have themselves`() throws {
    let events = try read(
      #"[{"prediction_id": "a", "features": {"prediction": 1, "Timestamp": 2, "probability_x": 3, "date": 4}}]"#
    )
    let names = Set(events.batch.columns.map(\.name))
    #expect(
      names == [
        "prediction_id", "timestamp", "received_at", "feature_prediction", "feature_Timestamp",
        "feature_probability_x", "feature_date",
      ])
  }

  @Test func `What is wrong within a cell is of its row alone`() throws {
    let rows = [
      #"{"prediction_id": "a", "features": {"x": 1e400, "y": 1}}"#,
      #"{"prediction_id": "b", "features": {"x": 2, "y": 3}}"#,
      #"{"prediction_id": "\ud800", "features": {"x": 1}}"#,
      #"{"prediction_id": "d", "features": {"x": 3, "y": 4}}"#,
    ]
    for (text, format) in [
      ("[" + rows.joined(separator: ",") + "]", EventReader.Format.array),
      (rows.joined(separator: "\n"), .lines),
    ] {
      let events = try read(text, format)
      #expect(events.rejected.map(\.index) == [0, 2])
      #expect(events.batch.column("x")?.values == .numbers([2, 3]))
      #expect(events.batch.column("y")?.values == .numbers([3, 4]))
    }
  }

  @Test func `A bad row is refused by its index, the good ones are kept`() throws {
    let bad = [
      (#"{"timestamp": "2024-01-01"}"#, "no prediction_id"),
      (#"{"prediction_id": ""}"#, "1 to 512 bytes"),
      (#"{"prediction_id": 1.5}"#, "neither a text nor a whole number"),
      (#"{"prediction_id": true}"#, "neither a text nor a whole number"),
      (#"{"prediction_id": "x", "timestamp": "yesterday"}"#, "ISO 8601"),
      (#"{"prediction_id": "x", "timestamp": 17}"#, "ISO 8601"),
      (#"{"prediction_id": "x", "features": {"age": "old"}}"#, "not the text `old`"),
      (#"{"prediction_id": "x", "features": {"age": [1]}}"#, "neither number, text"),
      (#"{"prediction_id": "x", "features": {"AGE": 1}}"#, "case of letters"),
      (#"{"prediction_id": "x", "features": 3}"#, "no JSON object"),
      (#"{"prediction_id": "x", "features": {"a\u0000b": 1}}"#, "control characters"),
      (#"{"prediction_id": "x", "features": {"": 1}}"#, "empty"),
      (#"{"prediction_id": "x", "probabilities": {"1": 1.5}}"#, "between 0 and 1"),
      (#"{"prediction_id": "x", "latency_seconds": -1}"#, "below 0"),
      (#"{"prediction_id": "x", "status": "maybe"}"#, "neither `success` nor `error`"),
      ("[1]", "no JSON object"), ("7", "no JSON object"), ("{\"prediction_id\": ", ""), ("{]", ""),
      (#"{"prediction_id": "x"} trailing"#, ""), (#"{"prediction_id": "x", "p": 1e}"#, ""),
    ]
    let good = #"{"prediction_id": "good", "features": {"age": 1}}"#
    for (line, reason) in bad {
      let events = try read("\(good)\n\(line)\r\n\n  \n\(good)", .lines, types: ["age": .number])
      #expect(events.rejected.map(\.index) == [1], "\(line)")
      #expect(events.rejected.first?.reason.contains(reason) == true, "\(events.rejected)")
      #expect(events.batch.rows == 2, "\(line)")
      #expect(events.batch.column("age")?.values == .numbers([1, 1]), "\(line)")
    }
  }

  @Test func `A few bytes never take much memory`() throws {
    let empty = String(repeating: "{}\n", count: 1_000_001)
    #expect(throws: EventError.self) { try read(empty, .lines) }
    let members = (0..<1_000).map { "\"m\($0)\": 1" }.joined(separator: ",")
    let wide = String(repeating: "{}\n", count: 100_000) + "{\(members)}"
    let error = #expect(throws: EventError.self) { try read(wide, .lines) }
    #expect(error?.what.contains("smaller batches") == true, "\(error?.what ?? "")")
  }

  @Test func `Labels need an id and a label`() throws {
    let events = try read(
      #"[{"prediction_id": "a", "label": 1}, {"prediction_id": "b"}, {"prediction_id": "c", "label": null}, {"label": 0}, {"prediction_id": "e", "label": "yes"}]"#,
      .array, .labels)
    #expect(events.rejected.map(\.index) == [1, 2, 3, 4])
    #expect(events.batch.column("label")?.values == .numbers([1]))
    #expect(try read(#"[{"prediction_id": "a"}]"#, .array, .labels).rejected.count == 1)
  }

  @Test(arguments: [
    "", "{", "[{}", "nonsense", "[{}] {}", "\"text\"", "[1,]", "\u{0}", "[{\"a\": \"\u{1}",
    // Where one row ends and the next begins cannot be told.
    "[{},,{}]", "[{}, {\"a\": [1}, {}]", "[{}, {\"a\": \"x}, {}]", "[{\"a\" 1}}", "{\"a\" 1}",
    "\u{FEFF}",
  ])
  func `What is no array of objects is refused as a whole`(_ text: String) {
    #expect(throws: EventError.self) { try read(text) }
  }

  @Test func `Numbers of any length, names of any kind and many members are read`() throws {
    let many = (0..<500).map { "\"f\($0)\": \($0)" }.joined(separator: ", ")
    let events = try read(
      #"[{"prediction_id": "a", "features": {"big": 123456789012345678901234567890, "tiny": 1e-400, "\u65e5": 1, \#(many)}}, {"prediction_id": "b", "features": {"big": -5, \#(many)}}]"#
    )
    #expect(events.rejected.isEmpty)
    #expect(events.batch.column("big")?.values == .numbers([1.2345678901234568e29, -5]))
    #expect(events.batch.column("tiny")?.values == .numbers([0, 0]))
    #expect(events.batch.column("日")?.values == .numbers([1, 0]))
    #expect(events.batch.column("f499")?.values == .numbers([499, 499]))
  }
}
