import Foundation
import Support
import Testing

/// `plumbline alerts` and `check-config` as people and scripts run them, beside a service that runs.
struct AlertCommandTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private typealias Outcome = ToolRun

  private func plumbline(_ arguments: String...) throws -> Outcome { try run(arguments) }

  /// A service one of whose alerts fires, whose channel takes nothing.
  private func firing() async throws -> (RunningService, fingerprint: String) {
    let service = try RunningService(
      folder,
      alerting: """
        group_wait: 0s
        rules:
          - {name: failing, metric: error_rate, condition: "> 50%", consecutive_failures: 1, severity: critical}
          - {name: calm, metric: error_rate, condition: "absent", for: 1d}
        channels: [{name: hook, type: slack, url: {env: HOOK}}]
        """, environment: ["HOOK": "http://127.0.0.1:1/none"])
    _ = await service.predict(0..<100, status: "error")
    while true {
      let answer = await service.request("GET", "v1/alerts?state=firing")
      if let first = (answer?.json["alerts"] as? [[String: Any]])?.first,
        let fingerprint = first["fingerprint"] as? String
      {
        return (service, fingerprint)
      }
      await Task.yield()
    }
  }

  @Test func `An alert is taken on once, by somebody with a name, here and over HTTP`() async throws
  {
    let (service, fingerprint) = try await firing()
    let data = folder.path + "/data"
    func take(_ arguments: String...) throws -> Outcome {
      var all = ["alerts", "ack", String(fingerprint.prefix(12)), "--data-folder", data]
      all += arguments
      return try run(all)
    }
    for name in ["", " ", "a\u{1B}[2J", String(repeating: "a", count: 201)] {
      let refused = try take("--by", name)
      #expect(refused.code == 2 && refused.errors.contains("--by is no name"), "\(refused)")
      let silence = try plumbline(
        "alerts", "silence", "add", "model_name=fraud", "--for", "1h", "--by", name,
        "--data-folder", data)
      #expect(silence.code == 2 && silence.errors.contains("who silences is not said"))
    }
    let taken = try take("--by", "ada")
    #expect(taken.code == 0 && taken.output == "failing (model_name=fraud) is taken on by ada.\n")
    let again = try take("--by", "bob")
    #expect(again.code == 2)
    #expect(again.errors.contains("ada has acknowledged the alert of failing already, at 20"))
    func post(_ body: String) async -> RunningService.Answer? {
      await service.request(
        "POST", "v1/alerts/\(fingerprint)/ack", body: Data(body.utf8), type: "application/json")
    }
    let conflict = await post(#"{"by": "bob"}"#)
    #expect(conflict?.status == 409 && conflict?.json["code"] as? String == "already_acknowledged")
    #expect((conflict?.json["detail"] as? String)?.contains("ada has acknowledged") == true)
    #expect(await post(#"{"by": "ada"}"#)?.status == 200)
    #expect(await post(#"{"by": " "}"#)?.status == 400)
    #expect(await post(#"{"by": "eve", "take_over": true}"#)?.status == 200)
    #expect(try take("--by", "bob", "--take-over").code == 0)
    let shown = try plumbline("alerts", "show", fingerprint, "--data-folder", data)
    for name in ["ada", "eve", "bob"] { #expect(shown.output.contains(name), "\(shown.output)") }
  }

  @Test func `Formats that have no form are refused, and alerts are tests for JUnit`() async throws
  {
    let (service, fingerprint) = try await firing()
    defer { service.send(SIGTERM) }
    let data = folder.path + "/data"
    let list = try plumbline("alerts", "list", "--format", "junit", "--data-folder", data)
    #expect(list.code == 0)
    let xml = try folder.write("alerts.xml", list.output)
    let summary = try python(
      """
      import sys, xml.etree.ElementTree as tree
      suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
      cases = suite.findall("testcase")
      failed = [c for c in cases if c.find("failure") is not None]
      print(suite.get("failures"), [c.get("name") for c in failed],
            failed[0].find("failure").get("type"), failed[0].find("failure").get("message"))
      """, xml)
    #expect(
      summary == "1 ['failing{model_name=fraud}'] critical error_rate is 100.0% (> 50%)\n")
    for command in [
      ["alerts", "history"], ["alerts", "history", "--deliveries"], ["alerts", "silence", "list"],
      ["alerts", "show", fingerprint], ["alerts", "thresholds"],
    ] {
      let refused = try run(command + ["--format", "junit", "--data-folder", data])
      #expect(refused.code == 2 && refused.output.isEmpty, "\(command)")
      #expect(refused.errors.contains("--format takes table, json, markdown here"), "\(command)")
    }
    let channel = try plumbline(
      "alerts", "history", "--channel", "hook", "--data-folder", data)
    #expect(channel.code == 2 && channel.errors.contains("add --deliveries"))
    let deliveries = try plumbline(
      "alerts", "history", "--deliveries", "--channel", "hook", "--format", "json",
      "--data-folder", data)
    #expect(deliveries.code == 0 && deliveries.output.contains("\"firing\""))
  }

  @Test func `Thresholds are not told of rules nobody named`() async throws {
    let (service, _) = try await firing()
    defer { service.send(SIGTERM) }
    let data = folder.path + "/data"
    let unknown = try plumbline("alerts", "thresholds", "--data-folder", data)
    #expect(unknown.code == 2)
    #expect(unknown.errors.contains("knows rules that are not default ones: failing"))
    #expect(unknown.errors.contains("--config"))
    let config = try folder.write(
      "rules.yaml",
      "alerting: {default_rules: false, rules: [{name: failing, metric: error_rate, condition: '> 50%'}]}"
    )
    let known = try plumbline(
      "alerts", "thresholds", "--data-folder", data, "--config", config, "--format", "json")
    #expect(known.code == 0 && known.output.contains("\"in_force\""), "\(known.errors)")
  }

  @Test func `A threshold of a rule nobody named is in the way until it is reverted`() throws {
    let data = folder.path + "/data"
    let service = try RunningService(
      folder, "service: {data_folder: \(data), listen: \"127.0.0.1:0\"}")
    service.send(SIGTERM)
    _ = service.wait()
    let config = try folder.write(
      "gone.yaml",
      "alerting: {rules: [{name: gone, metric: error_rate, condition: '> 50%', "
        + "dynamic: {mode: propose, minimum: 40%, maximum: 80%}}]}")
    let applied = try plumbline(
      "alerts", "thresholds", "apply", "gone", "--threshold", "0.7", "--config", config,
      "--data-folder", data)
    #expect(applied.code == 0, "\(applied)")
    let list = ["alerts", "thresholds", "--data-folder", data]
    let refused = try run(list)
    #expect(refused.code == 2 && refused.errors.contains("not default ones: gone"), "\(refused)")
    #expect(
      try plumbline("alerts", "thresholds", "revert", "gone", "--data-folder", data).code == 0)
    let shown = try run(list)
    #expect(shown.code == 0 && shown.output.contains("reverted"), "\(shown)")
  }

  @Test func `A configuration is checked for what will not do what was meant`() throws {
    let config = try folder.write(
      "c.yaml",
      """
      models: [{name: fraud}]
      alerting:
        group_by: [model]
        rules:
          - name: slow
            metric: latency_p99
            condition: "> 2s"
          - name: wrong
            metric: error_rate
            condition: "> 5%"
            where: modelname=fraud
            dynamic: {mode: apply, minimum: 10%, maximum: 20%}
            severity: urgent
      """)
    let checked = try plumbline("check-config", "--config", config)
    #expect(checked.code == 2)
    for words in [
      "c.yaml:6: there is no metric `latency_p99`; did you mean `prediction_latency_p99`?",
      "c.yaml:12: the threshold of `> 5%` is not between `minimum` and `maximum`",
      "c.yaml:13: `urgent` is not critical, warning, info",
    ] {
      #expect(checked.errors.contains(words), "\(checked.errors)")
    }
    let fine = try folder.write("fine.yaml", "alerting: {}\n")
    let answer = try plumbline("check-config", "--config", fine, "--format", "json")
    #expect(answer.code == 0 && answer.output.contains("\"valid\""))
  }

  private func run(_ arguments: [String]) throws -> Outcome {
    try CommandRun.plumbline(arguments)
  }

  private func python(_ script: String, _ argument: String) throws -> String {
    try ToolRun.python(["-c", script, argument]).output
  }
}
