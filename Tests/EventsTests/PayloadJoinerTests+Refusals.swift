import Columns
import Events
import Foundation
import Monitoring
import Support
import Testing

/// Payloads that are refused.
extension PayloadJoinerTests {
  @Test func `Payloads that cannot be events are refused with a reason`() async throws {
    let log = try open()
    let joiner = PayloadJoiner(log: log)
    for (side, body, reason) in [
      ("request", "{}", "instances"), ("request", #"{"instances": 3}"#, "instances"),
      (
        "request",
        #"{"inputs": [{"name": "x", "shape": [3], "datatype": "FP32", "data": [1, 2]}]}"#,
        "shape"
      ),
      (
        "request", #"{"inputs": [{"name": "x", "shape": [0], "datatype": "FP32", "data": [1]}]}"#,
        "shape"
      ),
      ("request", #"{"inputs": [{"name": "x", "shape": [1], "datatype": "FP32"}]}"#, "no data"),
    ] {
      let error = await #expect(throws: EventError.self) {
        try await take(joiner, event("e", side, body))
      }
      #expect(error?.what.contains(reason) == true, "\(error?.what ?? "")")
    }
    #expect(throws: EventError.self) { try event("e", "request", "no JSON") }
    #expect(throws: EventError.self) { try event("e", "feedback", "{}") }
    #expect(throws: EventError.self) { try event("", "request", "{}") }
    for deep in [100_000, 66] {
      let text = String(repeating: "[", count: deep) + String(repeating: "]", count: deep)
      let error = #expect(throws: EventError.self) { try event("e", "request", text) }
      #expect(error?.what.contains("64 deep") == true, "\(error?.what ?? "")")
    }
    for text in ["{\"a\": 1} 2", "{\"a\": tru}", "{\"a\": \"\\ud800\"}", "[1,]", "", "{'a': 1}"] {
      #expect(throws: EventError.self, "\(text)") { try event("e", "request", text) }
    }
  }

  @Test(arguments: [
    (#"{"predictions": [[3, 4], [3, 4]]}"#, "no probabilities"), (#"{"predictions": [1]}"#, "rows"),
    ("{\"predictions\": [1", "no JSON"), ("{}", "predictions"),
  ])
  func `A response that cannot be read is refused with its request, and makes no failed call`(
    response: String, reason: String
  ) async throws {
    let log = try open()
    let joiner = PayloadJoiner(log: log)
    // The model's responses are otherwise seen.
    _ = try await take(joiner, event("good", "request", #"{"instances": [[1]]}"#))
    _ = try await take(joiner, event("good", "response", #"{"predictions": [7]}"#))
    let request = try event("a", "request", #"{"instances": [[1], [2]]}"#)
    _ = try await take(joiner, request)
    let refused = try await take(joiner, event("a", "response", response))
    #expect(refused.refusal?.contains(reason) == true, "\(refused.refusal ?? "")")
    #expect(refused.refusedRows == 2 && refused.events == nil)
    #expect(try await take(joiner, request).isDuplicate)
    // The other way round the response waits for its request to be told.
    let early = try await take(joiner, event("b", "response", response))
    #expect(early.refusedRows == 0 && (early.refusal != nil || reason == "rows"))
    let late = try await take(joiner, event("b", "request", #"{"instances": [[1], [2]]}"#))
    #expect(late.refusal?.contains(reason) == true && late.refusedRows == 2)
    let after = Instant(microseconds: Self.noon.microseconds + 1)
    try await joiner.flush(receivedBefore: after) { _, _ in Issue.record("nothing is to be kept") }
    #expect(try rows(log, "prediction_id") == ["good"])
    // Nothing waits any more: the exchange may begin anew.
    #expect(try await take(joiner, request).isDuplicate == false)
  }

  @Test func `A refused response may come again, mended`() async throws {
    let log = try open()
    let joiner = PayloadJoiner(log: log)
    _ = try await take(joiner, event("a", "request", #"{"instances": [[1]]}"#))
    for _ in 0..<2 {
      #expect(try await take(joiner, event("a", "response", #"{"odd": 1}"#)).refusal != nil)
    }
    let mended = try await take(joiner, event("a", "response", #"{"predictions": [7]}"#))
    #expect(mended.refusal == nil && mended.events?.appended.accepted == 1)
    #expect(try await take(joiner, event("a", "response", #"{"odd": 1}"#)).refusal != nil)
    #expect(try rows(log, "prediction") == ["7.0"])
  }

  @Test func `What cannot be kept is refused when it comes, or in the end, and holds nothing up`()
    async throws
  {
    let log = try open {
      $0.models = 2
      $0.batchBytes = 4_000
    }
    let joiner = PayloadJoiner(log: log)
    func request(_ id: String, _ model: String, text: String = "x") throws -> CloudEvent {
      try event(
        id, "request", "{\"instances\": [{\"t\": \"\(text)\"}]}", ["inferenceservicename": model])
    }
    // There is no model yet: all of these may come.
    for model in ["m", "n", "o"] { _ = try await take(joiner, request("a", model)) }
    _ = try await take(joiner, request("b", "m"))
    _ = try await take(joiner, request("c", "m", text: String(repeating: "x", count: 5_000)))
    var refused: [PayloadJoiner.Refused] = []
    var kept = 0
    let after = Instant(microseconds: Self.noon.microseconds + 1)
    for _ in 0..<2 {
      try await joiner.flush(
        receivedBefore: after, refused: { refused.append($0) },
        each: { kept += $1.appended.accepted })
    }
    // Of three models two could become some; of one of them a request was too large.
    let models = Set(refused.filter { $0.error == .tooManyModels(limit: 2) }.map(\.model))
    #expect(models.count == 1 && refused.allSatisfy { $0.rows == 1 }, "\(refused)")
    #expect(refused.contains { $0.error == .tooLarge(bytes: 4_000) } == !models.contains("m"))
    #expect(kept + refused.count == 5 && log.models.count == 2)
    let late = try #require(models.first)
    await #expect(throws: EventError.tooManyModels(limit: 2)) {
      try await take(joiner, request("d", late))
    }
    try await joiner.flush(receivedBefore: after) { _, _ in Issue.record("nothing waits") }
  }

  @Test(arguments: [false, true])
  func `What was kept or refused is told once, also where more cannot be kept or nothing noted`(
    isClosed: Bool
  ) async throws {
    let log = try open {
      $0.batchBytes = 4_000
      $0.unsealedEvents = 1
    }
    let joiner = PayloadJoiner(log: log)
    for (id, length) in [("a", 5_000), ("b", 1), ("c", 1)] {
      let text = String(repeating: "x", count: length)
      _ = try await take(joiner, event(id, "request", "{\"instances\": [{\"t\": \"\(text)\"}]}"))
    }
    if isClosed { joiner.close() }
    // What is kept fills the log: nothing can be sealed for now.
    let scratch = folder.path + "/data/scratch"
    try FileManager.default.removeItem(atPath: scratch)
    _ = try folder.write("data/scratch", "in the way")
    var (refused, kept, failures) = (0, EventLog.Appended(accepted: 0, duplicates: 0), 0)
    let after = Instant(microseconds: Self.noon.microseconds + 1)
    for round in 0..<3 {
      do {
        try await joiner.flush(
          receivedBefore: after, refused: { refused += $0.rows },
          each: {
            kept.accepted += $1.appended.accepted
            kept.duplicates += $1.appended.duplicates
          })
      } catch {
        #expect(error == .overloaded || isClosed)
        failures += 1
      }
      if round == 0 {
        try FileManager.default.removeItem(atPath: scratch)
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
      }
      try log.seal()
    }
    #expect(refused == 1 && kept == .init(accepted: 2, duplicates: 0))
    #expect(failures == (isClosed ? 2 : 1))
  }
}
