import Columns
import DataSources
import Events
import Foundation
import Monitoring
import Support
import Testing

/// Requests and responses as model servers log them.
struct PayloadJoinerTests {
  let folder: TemporaryFolder
  static let noon = Instant(microseconds: 1_714_564_800_000_000)

  init() throws {
    folder = try TemporaryFolder()
  }

  func open(_ change: (inout EventLog.Options) -> Void = { _ in }) throws -> EventLog {
    var options = EventLog.Options()
    change(&options)
    return try EventLog(folder: folder.path + "/data", options: options) { Self.noon }
  }

  /// The headers of KServe's logger.
  func event(
    _ id: String, _ side: String, _ body: String, _ more: [String: String] = [:]
  ) throws -> CloudEvent {
    let attributes = [
      "id": id, "specversion": "1.0", "source": "http://localhost:9081/",
      "type": "org.kubeflow.serving.inference.\(side)", "inferenceservicename": "m",
      "namespace": "default", "component": "predictor", "endpoint": "",
      "time": side == "request" ? "2024-05-01T10:00:00Z" : "2024-05-01T10:00:00.25Z",
    ]
    return try CloudEvent(
      attributes: attributes.merging(more) { $1 }, body: Data(body.utf8))
  }

  func take(
    _ joiner: PayloadJoiner, _ event: CloudEvent, _ names: PayloadNames = .init()
  ) async throws -> PayloadJoiner.Taken {
    try await joiner.take(event, names: names, at: Self.noon)
  }

  /// Rows of the log, as an expression of the engine has them.
  func rows(_ log: EventLog, _ expression: String) throws -> [String] {
    try log.withEvents(of: "m", .predictions) { events in
      let query = events.select(
        ["CAST(\(expression) AS varchar)"], suffix: "ORDER BY prediction_id")
      let connection = try events.database.connect()
      let stream = try connection.query(query, source: "test")
      var rows: [String] = []
      while let batch = try stream.next() {
        rows += (0..<batch.rows).map { batch.column(0)?.string($0) ?? "NULL" }
      }
      return rows
    } ?? []
  }

  @Test(arguments: [
    // KServe's V1 protocol, rows as lists and as objects.
    (
      #"{"instances": [[1, 2.5]]}"#, #"{"predictions": [1]}"#,
      "concat_ws(' ', prediction_id, f0, f1, prediction)", ["a 1.0 2.5 1.0"]
    ),
    (
      #"{"instances": [{"age": 3, "city": "Oslo"}, {"age": 4, "city": "Bergen"}]}"#,
      #"{"predictions": [[0.25, 0.75], [0.5, 0.5]]}"#,
      "concat_ws(' ', prediction_id, age, city, prediction, probability_1)",
      ["a:0 3.0 Oslo 1.0 0.75", "a:1 4.0 Bergen 0.0 0.5"]
    ),
    // The Open Inference Protocol: tensors beside each other, MLServer's scikit-learn outputs.
    (
      #"{"inputs": [{"name": "age", "shape": [2, 1], "datatype": "FP64", "data": [3, 4]}, {"name": "city", "shape": [2], "datatype": "BYTES", "data": ["Oslo", "Bergen"]}]}"#,
      #"{"model_version": "v7", "outputs": [{"name": "predict", "shape": [2, 1], "datatype": "INT64", "data": [1, 0]}, {"name": "predict_proba", "shape": [2, 2], "datatype": "FP64", "data": [[0.25, 0.75], [0.5, 0.5]]}]}"#,
      "concat_ws(' ', prediction_id, age, city, prediction, probability_0, model_version)",
      ["a:0 3.0 Oslo 1.0 0.25 v7", "a:1 4.0 Bergen 0.0 0.5 v7"]
    ),
    // Seldon's.
    (
      #"{"data": {"names": ["age", "size"], "ndarray": [[3, 4]]}}"#,
      #"{"data": {"names": ["no", "yes"], "tensor": {"shape": [1, 2], "values": [0.125, 0.875]}}}"#,
      "concat_ws(' ', prediction_id, age, size, prediction, probability_yes)",
      ["a 3.0 4.0 yes 0.875"]
    ),
  ])
  func `Both halves are one event, whichever comes first`(
    request: String, response: String, expression: String, expected: [String]
  ) async throws {
    let log = try open()
    let joiner = PayloadJoiner(log: log)
    let halves = [try event("a", "request", request), try event("a", "response", response)]
    let reversed = try [
      event("b", "response", response, ["specversion": "0.3"]), event("b", "request", request),
    ]
    for (index, half) in (halves + reversed).enumerated() {
      let taken = try await take(joiner, half)
      #expect(!taken.isDuplicate && taken.model == "m")
      #expect(taken.events?.appended.accepted == (index % 2 == 1 ? expected.count : nil))
      // The logger sends again what it was not told the end of.
      let again = try await take(joiner, half)
      #expect(again.isDuplicate || again.events?.appended.accepted == 0 || index % 2 == 1)
    }
    let swapped = expected.map { "b" + $0.dropFirst() }
    #expect(try rows(log, expression) == expected + swapped)
    #expect(Set(try rows(log, "latency_seconds")) == ["0.25"])
    #expect(Set(try rows(log, "status")) == ["success"])
    #expect(Set(try rows(log, "epoch_ms(timestamp)")) == ["1714557600000"])
  }

  @Test func `A body of too many values is refused, a large one waits some bytes at a time`()
    async throws
  {
    let numbers = [String](repeating: "1", count: 500_001).joined(separator: ",")
    #expect {
      try event("a", "request", "{\"instances\": [[\(numbers)]]}")
    } throws: {
      "\($0)".contains("values")
    }
    let log = try open()
    let joiner = PayloadJoiner(log: log)
    // More than is read of them at a time.
    let text = String(repeating: "x", count: 60_000)
    let row = (0..<50).map { "\"f\($0)\": \"\(text)\"" }.joined(separator: ",")
    for id in 0..<8 {
      _ = try await take(joiner, event("p\(id)", "request", "{\"instances\": [{\(row)}]}"))
    }
    var portions: [Int] = []
    try await joiner.flush(receivedBefore: Instant(microseconds: Self.noon.microseconds + 1)) {
      portions.append($1.appended.accepted)
    }
    #expect(portions.count > 1 && portions.reduce(0, +) == 8, "\(portions)")
  }

  @Test func `What waits survives a restart, and is kept alone in the end`() async throws {
    let first = try open()
    let joiner = PayloadJoiner(log: first)
    _ = try await take(joiner, event("a", "request", #"{"instances": [[1]]}"#))
    _ = try await take(joiner, event("lone", "request", #"{"instances": [[2]]}"#))
    joiner.close()
    first.close()
    let log = try open()
    let second = PayloadJoiner(log: log)
    let joined = try await take(second, event("a", "response", #"{"predictions": [7]}"#))
    #expect(joined.events?.appended.accepted == 1)
    try await second.flush(receivedBefore: Self.noon) { _, _ in Issue.record("none is late") }
    var late = 0
    let after = Instant(microseconds: Self.noon.microseconds + 1)
    for _ in 0..<2 {
      try await second.flush(receivedBefore: after) { late += $1.appended.accepted }
    }
    #expect(late == 1)
    #expect(
      try rows(log, "concat_ws(' ', prediction_id, f0, prediction, status)")
        == ["a 1.0 7.0 success", "lone 2.0 error"])
  }

  @Test func `A process that ended between the halves' join and its end loses and doubles nothing`()
    async throws
  {
    let log = try open()
    let joiner = PayloadJoiner(log: log)
    _ = try await take(joiner, event("a", "request", #"{"instances": [[1]]}"#))
    _ = try await take(joiner, event("a", "response", #"{"predictions": [7]}"#))
    // Another joiner knows nothing of what the first has joined and not yet forgotten.
    try await PayloadJoiner(log: log).flush(
      receivedBefore: Instant(microseconds: Self.noon.microseconds + 1)
    ) { #expect($1.appended == .init(accepted: 0, duplicates: 1)) }
    #expect(try rows(log, "prediction") == ["7.0"])
  }

  @Test func `Names, versions and models come from the event and the configuration`() async throws {
    let log = try open()
    let joiner = PayloadJoiner(log: log)
    let names = PayloadNames(features: ["age"], classes: ["ham", "spam"])
    let more = ["endpoint": "canary", "requestid": "r1", "id": "one"]
    _ = try await take(joiner, event("", "request", #"{"instances": [[1, 2]]}"#, more), names)
    let answer = try await take(
      joiner,
      event("", "response", #"{"predictions": [[0.1, 0.9]]}"#, more.merging(["id": "two"]) { $1 }),
      names)
    #expect(answer.events?.appended.accepted == 1)
    #expect(
      try rows(
        log, "concat_ws(' ', prediction_id, age, f1, prediction, probability_spam, model_version)")
        == ["r1 1.0 2.0 spam 0.9 canary"])
    let other = try event("x", "request", #"{"instances": [1]}"#, ["component": "transformer"])
    #expect(other.model == "m.transformer")
    let structured = try CloudEvent.structured(
      Data(
        #"[{"id": "s", "source": "/a/model-b", "specversion": "1.0", "type": "x.inference.request", "data": {"instances": [1]}}, {"id": 3}]"#
          .utf8))
    #expect(try structured.first?.get().model == "model-b")
    #expect(throws: EventError.self) { try structured.last?.get() }
  }

  @Test func `Texts and numbers of any kind come through`() async throws {
    let log = try open()
    let joiner = PayloadJoiner(log: log)
    let text = #"a\"\\\n\u0001\u00e9\ud83d\ude00"#
    _ = try await take(
      joiner,
      event(
        "a", "request",
        #"{"instances": [{"t": "\#(text)", "n": -1.5e-300, "big": 12345678901234567890123, "yes": true, "no": null}]}"#
      ))
    _ = try await take(joiner, event("a", "response", #"{"predictions": [-0.0]}"#))
    #expect(try rows(log, "t") == ["a\"\\\n\u{1}é😀"])
    #expect(
      try rows(log, "concat_ws(' ', n, big, yes, prediction)")
        == ["-1.5e-300 1.2345678901234568e+22 true -0.0"])
  }
}
