import Alerting
import Monitoring
import Testing

struct FingerprintTests {
  /// Label sets that are easily taken for each other.
  static let hostile: [[String: String]] = [
    [:], ["": ""], ["a": ""], ["": "a"], ["a": "bc"], ["ab": "c"], ["a": "b", "c": "d"],
    ["a": "b\",c=\"d"], ["a": "b,c=d"], ["a": "b\u{0}c\u{0}d"], ["a": "b", "c\u{0}d": ""],
    ["a": "b\nc"], ["a": "b\\nc"], ["a": " b"], ["a": "b "], ["a": "B"], ["A": "b"],
    ["a": "\u{202E}b"], ["a": "\u{200B}"], ["a": "👩‍👩‍👧"], ["a": "👩👩👧"],
    ["a": String(repeating: "x", count: 10_000)], ["a": String(repeating: "x", count: 10_001)],
    ["a": "é"], ["a": "e"], ["a": "ﬁ"], ["a": "fi"], ["a": "'; DROP TABLE alert; --"],
    ["a": "{labels.a}"], ["a": "<script>"],
  ]

  @Test func `Label sets that differ have fingerprints that differ`() {
    let fingerprints = Self.hostile.flatMap {
      [AlertEngine.fingerprint("rule", $0), AlertEngine.fingerprint("rule2", $0)]
    }
    #expect(Set(fingerprints).count == fingerprints.count)
    #expect(
      fingerprints.allSatisfy { $0.count == 32 && $0.allSatisfy { $0.isHexDigit } })
    #expect(
      AlertEngine.fingerprint("a", ["b": "c"]) != AlertEngine.fingerprint("ab", ["": "c"]))
  }

  @Test func `Text that Unicode holds for the same has the same fingerprint`() {
    #expect(
      AlertEngine.fingerprint("r", ["caf\u{e9}": "\u{e5}"])
        == AlertEngine.fingerprint("r", ["cafe\u{301}": "a\u{30a}"]))
  }

  @Test func `A fingerprint is what it was in every release`() {
    // The first 16 bytes of SHA-256 over lengths and parts, worked out by Python's hashlib.
    #expect(
      AlertEngine.fingerprint("errors", ["model_name": "a", "region": "eu"])
        == "e15edf01b52c991065e95564526b34a6")
  }

  @Test func `Hostile labels survive restarts with their alerts, and are told whole`() throws {
    let configuration = alerting([rule("errors", "error_rate", "> 5%")])
    let run = try ScenarioRun(configuration)
    let samples = Self.hostile.map {
      MetricSample(metric: "error_rate", labels: $0, at: Scenario.time(0), value: 0.07)
    }
    let fired = try run.manager.record(samples, at: Scenario.time(0)).filter { $0.kind == .firing }
    #expect(fired.count == Self.hostile.count)
    let again = try AlertManager(configuration, history: run.history, now: Scenario.time(1))
    // The same text in other bytes is the same series.
    var other = samples
    for index in other.indices {
      other[index].at = Scenario.time(1)
      other[index].labels = other[index].labels.mapValues { $0 == "é" ? "e\u{301}" : $0 }
    }
    #expect(try again.record(other, at: Scenario.time(1)).isEmpty)
    let last = try AlertManager(configuration, history: run.history, now: Scenario.time(2))
    #expect(try last.advance(to: Scenario.time(2)).isEmpty)
    #expect(
      Set(last.records().map(\.fingerprint)) == Set(fired.map(\.record.fingerprint)))
    #expect(last.records().allSatisfy { $0.state == .firing })
    for record in last.records() {
      let own = record.labels.filter { !["alertname", "severity", "topic"].contains($0.key) }
      #expect(Self.hostile.contains(own))
    }
  }
}
