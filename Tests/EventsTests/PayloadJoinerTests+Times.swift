import Columns
import Events
import Foundation
import Monitoring
import Support
import Testing

/// Times of requests and responses, and what is made of them.
extension PayloadJoinerTests {
  @Test(arguments: [["request"], ["response"], ["request", "response"]])
  func `Where a half has no time no latency is made up, after a restart neither`(
    without: [String]
  ) async throws {
    for order in [["request", "response"], ["response", "request"]] {
      let halves = try order.map { side in
        try event(
          order[0], side, side == "request" ? #"{"instances": [[1]]}"# : #"{"predictions": [7]}"#,
          without.contains(side) ? ["time": ""] : [:])
      }
      let first = try open()
      let joiner = PayloadJoiner(log: first)
      _ = try await take(joiner, halves[0])
      joiner.close()
      first.close()
      let log = try open()
      let second = PayloadJoiner(log: log)
      let later = Instant(microseconds: Self.noon.microseconds + 589)
      let taken = try await second.take(halves[1], names: .init(), at: later)
      #expect(taken.events?.appended.accepted == 1)
      #expect(log.types(of: "m", .predictions)["latency_seconds"] == nil)
      second.close()
      log.close()
    }
  }

  @Test func `A half that an older version left on the disk has the time it had`() async throws {
    let first = try open()
    let joiner = PayloadJoiner(log: first)
    let request = #"{"instances": [[1]]}"#
    _ = try await take(joiner, event("timed", "request", request))
    _ = try await take(joiner, event("untimed", "request", request, ["time": ""]))
    joiner.close()
    first.close()
    let program = """
      import sqlite3, sys
      journal = sqlite3.connect(sys.argv[1])
      journal.execute("UPDATE payload SET content ="
                      " CAST(json_remove(CAST(content AS TEXT), '$.hasTime') AS BLOB)")
      journal.commit()
      """
    let edited = try ToolRun.python(["-c", program, folder.path + "/data/events.db"])
    #expect(edited.code == 0, "\(edited.all)")
    let log = try open()
    let second = PayloadJoiner(log: log)
    for id in ["timed", "untimed"] {
      _ = try await take(second, event(id, "response", #"{"predictions": [7]}"#))
    }
    #expect(try rows(log, "latency_seconds") == ["0.25", "NULL"])
    #expect(try rows(log, "epoch_ms(timestamp)") == ["1714557600000", "1714564800000"])
  }

  @Test func `A time that cannot be read is refused, a response's with its request`() async throws {
    let error = #expect(throws: EventError.self) {
      try event("a", "request", #"{"instances": [[1]]}"#, ["time": "yesterday"])
    }
    #expect(error?.what.contains("time is `yesterday`") == true, "\(error?.what ?? "")")
    let log = try open()
    let joiner = PayloadJoiner(log: log)
    _ = try await take(joiner, event("a", "request", #"{"instances": [[1]]}"#))
    let response = try event("a", "response", #"{"predictions": [7]}"#, ["time": "yesterday"])
    let refused = try await take(joiner, response)
    #expect(refused.refusal?.contains("time is `yesterday`") == true, "\(refused)")
    #expect(refused.refusedRows == 1)
    let structured = try CloudEvent.structured(
      Data(
        #"""
        [{"id": "s", "source": "m", "specversion": "1.0", "type": "x.inference.request", "time": 17,
          "data": {"instances": [1]}},
         {"id": "s", "source": "m", "specversion": "1.0", "type": "x.inference.request", "time": null,
          "data": {"instances": [1]}}]
        """#.utf8))
    let number = #expect(throws: EventError.self) { try structured[0].get() }
    #expect(number?.what.contains("time is no text") == true, "\(number?.what ?? "")")
    _ = try structured[1].get()
  }

  @Test func `What is said of a CloudEvent helps who sends CloudEvents`() async throws {
    let joiner = PayloadJoiner(log: try open())
    for (body, reason) in [
      (#"{"foo": 1}"#, "the request has none of instances, inputs and data"), ("tru", "no JSON"),
    ] {
      let error = await #expect(throws: EventError.self) {
        try await take(joiner, event("a", "request", body))
      }
      #expect(error?.what.hasPrefix("the CloudEvent cannot be taken: ") == true)
      #expect(error?.what.contains(reason) == true, "\(error?.what ?? "")")
      #expect(error?.mend.contains("V1 protocol") == true && error?.code == "unreadable_events")
    }
    let response = try await take(joiner, event("a", "response", "{}"))
    #expect(response.refusal == "the response has none of predictions, outputs and data")
    #expect(throws: EventError.self) { try CloudEvent.structured(Data("\u{FEFF}tru".utf8)) }
    let marked = try CloudEvent.structured(Data("\u{FEFF}[]".utf8))
    #expect(marked.isEmpty)
  }

  @Test func `Probabilities of a softmax in 32 bits are probabilities`() async throws {
    let log = try open()
    let joiner = PayloadJoiner(log: log)
    _ = try await take(joiner, event("a", "request", #"{"instances": [[1]]}"#))
    let shares = #"{"predictions": [[1.0000001, -0.0000001]]}"#
    let taken = try await take(joiner, event("a", "response", shares))
    #expect(taken.events?.appended.accepted == 1, "\(taken)")
    #expect(
      try rows(log, "concat_ws(' ', prediction, probability_0, probability_1)") == ["0.0 1.0 0.0"])
  }
}
