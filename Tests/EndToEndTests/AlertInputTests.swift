import Foundation
import Support
import Testing

/// What people give `plumbline alerts` and `check-config`, and what they are told of it.
struct AlertInputTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func alerts(_ arguments: String...) throws -> ToolRun {
    try CommandRun.plumbline(["alerts"] + arguments)
  }

  @Test func `A replay says of which rules nothing could be seen, and of which rows`() throws {
    let samples = try folder.write(
      "m.csv",
      "timestamp,metric,value\n2026-11-02T00:00:00Z,error_rate,0.01\n"
        + "2026-11-02T00:01:00Z,error_rate,0.01\nsoon,error_rate,0.01\n")
    let rules = try folder.write(
      "r.yaml",
      "rules: [{name: typo, metric: eror_rate, condition: '> 5%'}, "
        + "{name: fine, metric: error_rate, condition: '> 5%'}]")
    let table = try alerts("replay", "--rules", rules, "--samples", samples)
    #expect(table.code == 0)
    for words in [
      "; 1 more are left out, whose time or metric is missing or cannot be read; ",
      "\ntypo: there are no samples of eror_rate; did you mean error_rate?\n",
    ] {
      #expect(table.output.contains(words), "\(table.output)")
    }
    func cells(_ name: String) -> [Substring] {
      let line = table.output.split(separator: "\n").first { $0.contains("\(name)  ") } ?? ""
      return line.split(separator: " ").filter { $0 != "│" && $0 != "|" }
    }
    #expect(cells("typo") == ["typo", "warning", "–", "–", "–", "–"], "\(table.output)")
    #expect(cells("fine").contains("0"))
    #expect(table.output.contains("100 %") && table.output.contains("never fire"))
    let json = try alerts("replay", "--rules", rules, "--samples", samples, "--format", "json").json
    #expect(json["skipped_samples"] as? Int == 1 && json["baselines"] is NSNull)
    let extremes = try #require(json["extremes"] as? [String: [String: Any]])
    #expect(extremes["always_fire"]?["notifications"] as? Int == 1)
    let none = try folder.write("ms.csv", "timestamp,a\n1704067200000,1\n")
    let refused = try alerts("replay", "--rules", rules, "--samples", none)
    #expect(refused.code == 2 && refused.errors.contains("seconds since 1970"), "\(refused)")
  }

  @Test(arguments: [
    ["--degraded", "nan"], ["--degraded=-1"], ["--degraded", "inf"],
    ["--from", "2026-11-02", "--until", "2026-11-01"],
    ["--from", "2026-11-02", "--until", "2026-11-02"],
  ])
  func `What a replay cannot go by is refused`(_ arguments: [String]) throws {
    let samples = try folder.write("m.csv", "timestamp,error_rate\n2026-11-02T00:00:00Z,0.1\n")
    let run = try CommandRun.plumbline(["alerts", "replay", "--samples", samples] + arguments)
    #expect(run.code == 2 && run.output.isEmpty && run.errors.contains(arguments[0].prefix(6)))
  }

  @Test func `The secrets of a service are not needed to look at its alerts`() throws {
    let data = folder.path + "/data"
    let service = try RunningService(
      folder, "service: {data_folder: \(data), listen: \"127.0.0.1:0\"}")
    service.send(SIGTERM)
    _ = service.wait()
    let text = """
      service:
        data_folder: \(data)
        tokens: [{name: t, scopes: [read], env: NO_SUCH_TOKEN}]
      alerting:
        rules: [{name: own, metric: error_rate, condition: "> 5%"}]
        channels:
          - {name: chat, type: slack, url: {env: NO_SUCH_SLACK}}
          - {name: hook, type: webhook, url: "http://127.0.0.1:1/none"}
      """
    let config = try folder.write("c.yaml", text)
    for command in [
      ["list"], ["history"], ["silence", "list"], ["thresholds", "list"],
      ["silence", "add", "model_name=fraud", "--for", "1h", "--by", "ada"],
    ] {
      let run = try CommandRun.plumbline(["alerts"] + command + ["--config", config])
      #expect(run.code == 0, "\(command): \(run.errors)")
    }
    // Its own secrets a channel needs.
    #expect(try alerts("test", "hook", "--config", config).code == 1)
    let secret = try alerts("test", "chat", "--config", config)
    #expect(secret.code == 2 && secret.errors.contains("NO_SUCH_SLACK"), "\(secret)")
    // What the file says wrongly is never passed over where it is used.
    let wrong = try folder.write("wrong.yaml", text.replacing("data_folder", with: "data_foldr"))
    let refused = try alerts("list", "--config", wrong)
    #expect(refused.code == 2 && refused.errors.contains("did you mean `data_folder`?"))
    let rules = try folder.write("rules.yaml", text.replacing("> 5%", with: "5%"))
    let unruly = try alerts("thresholds", "list", "--config", rules)
    #expect(unruly.code == 2 && unruly.errors.contains("is not a condition"), "\(unruly)")
    #expect(!unruly.errors.contains("NO_SUCH"))
  }

  @Test func `A threshold is given as rules have it`() throws {
    let data = folder.path + "/data"
    let service = try RunningService(
      folder, "service: {data_folder: \(data), listen: \"127.0.0.1:0\"}")
    service.send(SIGTERM)
    _ = service.wait()
    let config = try folder.write(
      "c.yaml",
      "alerting: {rules: [{name: errors, metric: error_rate, condition: '> 0.5%', "
        + "dynamic: {mode: propose, minimum: 0.1%, maximum: 1%}}]}")
    func apply(_ threshold: String) throws -> ToolRun {
      try alerts(
        "thresholds", "apply", "errors", "--threshold", threshold, "--config", config,
        "--data-folder", data, "--format", "json")
    }
    for (text, value) in [("0.2%", 0.002), ("0.003", 0.003), ("4ms", 0.004), (".005", 0.005)] {
      #expect(try apply(text).json["after"] as? Double == value, "\(text)")
    }
    for text in ["much", "nan", "inf", "2%%"] { #expect(try apply(text).code == 2, "\(text)") }
  }

  @Test func `A template that is none is named before the service refuses to start`() throws {
    let title = try folder.write("t.mustache", "{{#alerts}}{{title}}")
    let config = try folder.write(
      "c.yaml",
      """
      alerting:
        channels:
          - name: chat
            type: slack
            url: {file: \(folder.write("url", "http://127.0.0.1:1/x"))}
            title_template: \(title)
      """)
    let checked = try CommandRun.plumbline(["check-config", "--config", config])
    #expect(checked.code == 2)
    #expect(
      checked.errors.contains("c.yaml:6: `title_template` of channel `chat` is no Mustache"),
      "\(checked.errors)")
  }
}
