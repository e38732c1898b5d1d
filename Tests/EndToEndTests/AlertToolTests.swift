import Foundation
import Monitoring
import Statistics
import Store
import Support
import Testing

/// The commands rules and channels are tuned and tried with, as people and scripts run them.
struct AlertToolTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func alerts(_ arguments: String...) throws -> ToolRun {
    try CommandRun.plumbline(["alerts"] + arguments)
  }

  /// A data folder whose history has values of a metric, one a minute.
  private func history(
    _ values: [Double], of metric: String = "error_rate", every minutes: Int = 1,
    until end: Instant = Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
  ) throws -> String {
    let data = folder.path + "/data"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    let samples = values.enumerated().map { index, value in
      let age = Int64((values.count - index) * minutes) * 60_000_000
      return MetricSample(
        metric: metric, labels: ["model_name": "fraud"],
        at: Instant(microseconds: end.microseconds - age), value: value)
    }
    try History(path: data + "/history.db").add(samples)
    return data
  }

  @Test func `A test alert says whether the channel takes it`() async throws {
    let sink = try WebhookSink(folder)
    let config = try folder.write(
      "c.yaml",
      """
      alerting:
        channels:
          - {name: hook, type: webhook, url: "\(sink.address)"}
          - {name: dead, type: webhook, url: "http://127.0.0.1:1/none"}
      """)
    let sent = try alerts("test", "hook", "--config", config)
    #expect(sent.code == 0 && sent.output.hasPrefix("hook took the test alert: "), "\(sent)")
    let json = try alerts("test", "hook", "--config", config, "--format", "json").json
    #expect(json["channel"] as? String == "hook" && json["delivered"] as? Bool == true)
    let told = try await sink.messages { $0.count >= 2 }
    #expect(told.count == 2)
    for message in told {
      let alert = try #require((message["alerts"] as? [[String: Any]])?.first)
      let labels = try #require(alert["labels"] as? [String: String])
      #expect(labels["alertname"] == "plumbline_test" && labels["severity"] == "info")
    }
    #expect(Set(try await sink.ids()).count == 2)

    let dead = try alerts("test", "dead", "--config", config)
    #expect(dead.code == 1 && dead.output.hasPrefix("dead did not take the test alert: "))
    let answer = try alerts("test", "dead", "--config", config, "--format", "json")
    #expect(answer.code == 1 && answer.json["delivered"] as? Bool == false)
    #expect((answer.json["detail"] as? String)?.isEmpty == false)
    let unknown = try alerts("test", "pager", "--config", config)
    #expect(unknown.code == 2 && unknown.output.isEmpty)
    #expect(unknown.errors.contains("has no channel `pager`, but hook, dead"))
    #expect(try alerts("test", "hook", "--config", config, "--format", "junit").code == 2)
  }

  @Test func `A replay tells how often rules would have fired, and for how long`() throws {
    let values = (0..<180).map { (60..<90).contains($0) ? 0.5 : 0.01 }
    let end = try #require(Instant("2026-11-02T03:00:00Z"))
    let data = try history(values, until: end)
    let rules = try folder.write(
      "rules.yaml",
      """
      rules:
        - {name: failing, metric: error_rate, condition: "> 5%", consecutive_failures: 3}
        - {name: never, metric: error_rate, condition: "> 90%", consecutive_failures: 1}
      """)
    let kept = data + "/history.db"
    func replay(_ arguments: String...) throws -> ToolRun {
      try CommandRun.plumbline(["alerts", "replay", "--rules", rules] + arguments)
    }
    let report = try replay("--history", kept, "--format", "json")
    #expect(report.code == 0, "\(report.errors)")
    #expect(report.json["samples"] as? Int == 180 && report.json["series"] as? Int == 1)
    let replayed = try #require(report.json["rules"] as? [[String: Any]])
    #expect(replayed.map { $0["rule"] as? String } == ["failing", "never"])
    #expect(replayed.map { $0["firings"] as? Int } == [1, 0])
    // It fires at the third failure, and until the first value that is well again.
    #expect(replayed.first?["firing_seconds"] as? Double == 1_680.0)
    #expect(replayed.first?["first_firing"] as? String == "2026-11-02T01:02:00Z")
    #expect(report.json["degradations"] is NSNull)

    let table = try replay("--data-folder", data)
    #expect(table.code == 0 && table.output.contains("180 samples of 1 series"))
    #expect(table.output.contains("there are no labels"))
    let quiet = try replay("--history", kept, "--from", "2026-11-02T01:30:00Z", "--format", "json")
    #expect(quiet.json["samples"] as? Int == 90)
    #expect((quiet.json["rules"] as? [[String: Any]])?.first?["firings"] as? Int == 0)
    let nothing = try replay("--history", kept, "--until", "2026-11-01", "--format", "json")
    #expect(nothing.code == 2 && nothing.json["samples"] as? Int == 0)
    let missing = try replay("--history", folder.path + "/none.db")
    #expect(missing.code == 2 && missing.errors.contains("there is no such file"))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/none.db"))

    let lines = values.enumerated().map { index, value in
      "2026-11-02T0\(index / 60):\(index % 60 < 10 ? "0" : "")\(index % 60):00Z,fraud,\(value)"
    }
    let table2 = try folder.write(
      "m.csv", (["timestamp,model_name,error_rate"] + lines).joined(separator: "\n"))
    let other = try replay("--samples", table2, "--format", "json")
    #expect(other.json["rules"] as? NSArray == report.json["rules"] as? NSArray)
  }

  @Test func `Rules come out for Prometheus, and what it has no form for is named`() throws {
    let config = try folder.write(
      "c.yaml",
      """
      alerting:
        default_rules: false
        rules:
          - {name: failing, metric: error_rate, condition: "> 5%", consecutive_failures: 3, severity: critical}
          - {name: odd, metric: error_rate, condition: "> 5%", where: __team=fraud}
      """)
    let file = folder.path + "/rules.yml"
    let written = try alerts("export", "--config", config, "--interval", "30s", "-o", file)
    #expect(written.code == 0 && written.output.isEmpty)
    #expect(
      written.errors.contains("warning: odd is left out: Prometheus has no labels named __team"))
    let checked = try ToolRun("/usr/bin/promtool", ["check", "rules", file])
    #expect(checked.code == 0 && checked.all.contains("SUCCESS: 1 rules found"), "\(checked.all)")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text.contains("interval: \"30s\"") && text.contains("for: \"1m\""), "\(text)")
    #expect(text.contains("plumbline_error_rate > 0.05"))
    let printed = try alerts("export", "--config", config, "--interval", "30s")
    #expect(printed.code == 0 && printed.output == text)
    // A file of rules is enough, whatever configuration the environment names.
    let rules = try folder.write(
      "rules.yaml", "rules: [{name: a, metric: error_rate, condition: '> 5%'}]")
    let alone = try CommandRun.plumbline(
      ["alerts", "export", "--rules", rules],
      environment: ["PLUMBLINE_CONFIG": try folder.write("other.yaml", "nonsense: 1")])
    #expect(alone.code == 0 && alone.output.contains("plumbline_error_rate > 0.05"), "\(alone)")
    let broken = try folder.write("broken.yaml", "rules: [{name: a, metric: error_rate}]")
    let refused = try alerts("export", "--rules", broken)
    #expect(refused.code == 2 && refused.output.isEmpty && refused.errors.contains("condition"))
  }

  @Test func `A threshold is proposed, put in force within its bounds, and taken back`() throws {
    var generator = SeededGenerator(seed: 5)
    let noisy = (0..<14 * 144).map { index in
      let noise = (0..<12).reduce(-6.0) { sum, _ in sum + generator.uniform() }
      return 0.04 + 0.01 * sin(Double(index) / 144 * 2 * .pi) + 0.002 * noise
    }
    let data = try history(noisy, every: 10)
    let config = try folder.write(
      "c.yaml",
      """
      alerting:
        default_rules: false
        rules:
          - name: failing
            metric: error_rate
            condition: "> 5%"
            consecutive_failures: 1
            dynamic: {mode: propose, minimum: 3%, maximum: 7%}
          - {name: fixed, metric: error_rate, condition: "> 50%"}
      """)
    func thresholds(_ arguments: String...) throws -> ToolRun {
      try CommandRun.plumbline(
        ["alerts", "thresholds"] + arguments
          + ["--data-folder", data, "--config", config, "--format", "json"])
    }
    func inForce() throws -> [Double?] {
      let standings = try #require(try thresholds("list").json["in_force"] as? [[String: Any]])
      return standings.map { $0["applied"] as? Double }
    }
    let proposed = try thresholds("propose", "failing")
    #expect(proposed.code == 0, "\(proposed.errors)")
    #expect(proposed.json["direction"] as? String == "loosen")
    #expect(proposed.json["old_threshold"] as? Double == 0.05)
    let better = try #require(proposed.json["new_threshold"] as? Double)
    #expect(better > 0.05 && better <= 0.07)
    #expect((proposed.json["explanation"] as? String)?.contains("would have fired") == true)
    #expect(try inForce().isEmpty)

    let applied = try thresholds("apply", "failing")
    #expect(applied.json["state"] as? String == "applied", "\(applied)")
    #expect(applied.json["after"] as? Double == better)
    #expect(try inForce() == [better])
    #expect(try thresholds("apply", "failing", "--threshold", "0.065").code == 0)
    #expect(try inForce() == [0.065])
    let beyond = try thresholds("apply", "failing", "--threshold", "0.5")
    #expect(beyond.code == 2 && beyond.errors.contains("is beyond its bounds, 0.03 to 0.07"))
    let unbounded = try thresholds("apply", "fixed", "--threshold", "0.4")
    #expect(unbounded.code == 2 && unbounded.errors.contains("says nothing of how far"))
    let unknown = try thresholds("propose", "slow")
    #expect(unknown.code == 2 && unknown.errors.contains("there is no rule `slow`, but failing"))
    #expect(try inForce() == [0.065])
    try expectInForce("> 6.5%", in: data, config)

    #expect(try thresholds("revert", "failing").json["after"] as? Double == better)
    #expect(try thresholds("revert", "failing").json["after"] as? Double == 0.05)
    #expect(try inForce().isEmpty)
    let done = try thresholds("revert", "failing")
    #expect(done.code == 2 && done.errors.contains("has its own threshold already"))
    let changes = try #require(try thresholds("list").json["changes"] as? [[String: Any]])
    #expect(
      changes.map { $0["state"] as? String } == [
        "reverted", "reverted", "applied", "applied", "proposed",
      ])
  }

  /// Export and replay go by a threshold in force in place of the rule's own, and say so.
  private func expectInForce(_ condition: String, in data: String, _ config: String) throws {
    let word = "\(condition) is in force in place of its own > 5%"
    let exported = try alerts("export", "--config", config, "--data-folder", data)
    #expect(exported.code == 0 && exported.errors.contains("note: failing: \(word)"))
    #expect(exported.output.contains("# failing: \(word)"), "\(exported.output)")
    #expect(exported.output.contains("plumbline_error_rate > 0.065"))
    let own = try alerts("export", "--config", config, "--data-folder", folder.path)
    #expect(own.code == 2 && own.errors.contains("the service has not run there"))
    let replayed = try alerts(
      "replay", "--config", config, "--data-folder", data, "--format", "json")
    let rules = try #require(replayed.json["rules"] as? [[String: Any]])
    #expect(rules.map { $0["condition"] as? String } == [condition, "> 50%"])
    #expect(rules.first?["own_condition"] as? String == "> 5%")
    #expect(rules.last?["own_condition"] is NSNull)
    let table = try alerts("replay", "--config", config, "--data-folder", data)
    #expect(table.output.contains("failing: \(word)"))
    try expectNothingInForce(for: "> 5%", besides: data)
  }

  /// Samples of elsewhere are replayed by rules as they stand, though a service runs in the same folder.
  private func expectNothingInForce(for condition: String, besides data: String) throws {
    let place = folder.path + "/place"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: data, toPath: place + "/plumbline-data")
    let rules = try folder.write(
      "rules.yaml",
      """
      rules:
        - name: failing
          metric: error_rate
          condition: "\(condition)"
          dynamic: {mode: propose, minimum: 3%, maximum: 7%}
      """)
    let samples = try folder.write("s.csv", "timestamp,error_rate\n2026-11-02T00:00:00Z,0.06\n")
    func replayed(_ arguments: String...) throws -> String? {
      let run = try ToolRun(
        RunningService.binary.path,
        ["alerts", "replay", "--rules", rules, "--format", "json"] + arguments, at: place)
      return (run.json["rules"] as? [[String: Any]])?.first?["condition"] as? String
    }
    #expect(try replayed() == "> 6.5%")
    #expect(try replayed("--samples", samples) == condition)
  }

  @Test func `A silence ends when somebody ends it, once`() throws {
    let data = try history([0.01])
    func silence(_ arguments: String...) throws -> ToolRun {
      try CommandRun.plumbline(
        ["alerts", "silence"] + arguments + ["--data-folder", data, "--format", "json"])
    }
    func listed(_ arguments: String...) throws -> [Int] {
      let run = try CommandRun.plumbline(
        ["alerts", "silence", "list", "--data-folder", data, "--format", "json"] + arguments)
      let silences = try #require(run.json["silences"] as? [[String: Any]])
      return silences.compactMap { $0["id"] as? Int }
    }
    let made = try silence("add", "model_name=fraud", "--for", "2h", "--by", "ada")
    let id = try #require(made.json["id"] as? Int, "\(made)")
    #expect(try listed() == [id])
    #expect(try silence("end", "\(id + 1)").code == 2)
    #expect(try listed() == [id])
    let ended = try silence("end", "\(id)")
    #expect(ended.code == 0 && ended.json["ended"] as? Int == id)
    #expect(try listed().isEmpty)
    #expect(try listed("--all") == [id])
    let again = try silence("end", "\(id)")
    #expect(
      again.code == 2 && again.errors.contains("there is no silence \(id) that has not ended"))
  }

  @Test func `Alerts and messages that wait are gauges`() async throws {
    let service = try RunningService(
      folder,
      alerting: """
        group_wait: 0s
        rules:
          - {name: failing, metric: error_rate, condition: "> 50%", consecutive_failures: 1, severity: critical}
          - {name: slowly, metric: error_rate, condition: "> 50%", for: 1d, severity: info}
        channels: [{name: dead, type: webhook, url: "http://127.0.0.1:1/none"}]
        """)
    defer { service.send(SIGTERM) }
    _ = await service.predict(0..<100, status: "error")
    var shown = ""
    while !shown.contains("plumbline_notification_attempts_total{channel=\"dead\"") {
      shown = await service.request("GET", "metrics")?.text ?? ""
      await Task.yield()
    }
    // What waits is shown at the next look at the rules.
    while !shown.contains("plumbline_notifications_waiting{channel=\"dead\"} 1") {
      shown = await service.request("GET", "metrics")?.text ?? ""
      await Task.yield()
    }
    for line in [
      "plumbline_alerts{state=\"firing\",severity=\"critical\"} 1",
      "plumbline_alerts{state=\"pending\",severity=\"info\"} 1",
      "plumbline_alerts{state=\"firing\",severity=\"info\"} 0",
      "plumbline_alerts_firing{rule=\"failing\",severity=\"critical\",model_name=\"fraud\"} 1",
    ] {
      #expect(shown.contains(line), "\(line) is not in\n\(shown)")
    }
    #expect(!shown.contains("plumbline_alerts_firing{rule=\"slowly\""))
  }
}
