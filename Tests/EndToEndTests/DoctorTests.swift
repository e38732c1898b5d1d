import Foundation
import Support
import Testing

/// `plumbline doctor` against real services, a real Prometheus, and set-ups that are broken.
@Suite(.serialized)
struct DoctorTests {
  let setUp: DoctorSetUp
  var folder: TemporaryFolder { setUp.folder }

  init() throws {
    setUp = try DoctorSetUp()
  }

  @Test func `A healthy set-up is fine in every point`() async throws {
    let provider = try LocalProvider(folder)
    let environment = [
      "DOCTOR_HOOK": provider.address + "/hook", "PLUMBLINE_TOKEN": DoctorSetUp.token,
      "DOCTOR_READER": DoctorSetUp.reader,
    ]
    let configuration = try setUp.healthy(provider)
    var service = try RunningService(folder, configuration, environment: environment)
    await setUp.send(service, "models/fraud/predictions", setUp.predictions())
    await setUp.send(service, "models/fraud/labels", setUp.labels())
    await setUp.send(service, "experiments/checkout/observations", setUp.observations())
    service.send(SIGTERM)
    #expect(service.wait() == 0)
    // What the checks were made for last is some minutes ago, so that they are due at once.
    try setUp.sql(
      """
      import datetime, sqlite3, sys
      before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=7)
      with sqlite3.connect(sys.argv[1]) as history:
        for check in ("drift", "performance"):
          history.execute("INSERT OR REPLACE INTO check_progress VALUES ('fraud', ?, ?)",
            (check, before.strftime("%Y-%m-%dT%H:%M:00Z")))
      """)
    service = try RunningService(folder, configuration, environment: environment)
    // Metrics of models are those of the process: it starts with none.
    await setUp.send(
      service, "models/fraud/predictions",
      #"{"prediction_id": "late", "prediction": 1, "features": {"amount": 3, "country": "c1"}}"#)
    let prometheus = try RunningPrometheus(
      folder, target: "127.0.0.1:\(service.address.port ?? 0)",
      tokenFile: folder.path + "/token", interval: "3s")
    #expect(try await prometheus.value(of: "count_over_time(up[1m]) > 2") != nil)
    let arguments = [
      "--config", folder.path + "/plumbline.yaml", "--url", service.address.absoluteString,
      "--prometheus", prometheus.address.absoluteString,
    ]
    var outcome = try setUp.doctor(arguments, environment: environment)
    for _ in 0..<100 where outcome.items.contains(where: { $0.outcome == "unknown" }) {
      try await Task.sleep(for: .milliseconds(200))
      outcome = try setUp.doctor(arguments, environment: environment)
    }
    for item in outcome.items {
      #expect(["ok", "skipped"].contains(item.outcome), "\(item)")
    }
    #expect(outcome.code == 0 && outcome.json["status"] as? String == "ok", "\(outcome.errors)")
    #expect(outcome.item("prometheus_scraping")?.outcome == "ok")
    #expect(outcome.item("channel_test")?.outcome == "skipped")
    let counts = try #require(outcome.json["counts"] as? [String: Int])
    #expect(counts["ok", default: 0] >= 29 && counts["failed"] == 0, "\(counts)")
    let sent = try setUp.doctor(arguments + ["--send-tests"], environment: environment)
    #expect(sent.item("channel_test", "hook")?.outcome == "ok", "\(sent.output)")
    #expect(provider.received.contains("plumbline_test"))
    #expect(!(outcome.output + sent.output).contains(DoctorSetUp.token))
    #expect(try setUp.isOfSchema(outcome.output))
    for (format, word) in [("table", "Drift detection"), ("markdown", "| ✓ ok |")] {
      let text = try setUp.doctor(arguments, format: format, environment: environment)
      #expect(text.output.contains(word) && text.code == 0)
    }
    let junit = try setUp.doctor(arguments, format: "junit", environment: environment)
    #expect(junit.output.contains("name=\"metrics_collection.metrics_endpoint\""))

    // A service whose folder is not here tells over HTTP.
    let remote = try setUp.doctor(
      arguments + ["--data-folder", folder.path + "/elsewhere"], environment: environment)
    #expect(remote.item("data_folder")?.mend?.contains("--data-folder") == true)
    for id in ["checks_made", "methods_fit", "label_delay", "false_alarms"] {
      let item = try #require(remote.item(id))
      #expect(item.outcome == "ok", "\(item)")
    }

    // What metrics were is not told over HTTP: nothing is taken for fine because of it.
    let blind = try setUp.doctor(
      Array(arguments.prefix(4)) + ["--data-folder", folder.path + "/elsewhere"],
      environment: environment)
    for id in ["series_gaps", "rule_thresholds"] {
      let item = try #require(blind.item(id))
      #expect(item.outcome == "unknown" && item.seen.contains("over HTTP"), "\(item)")
      #expect(item.mend?.contains("--prometheus") == true)
    }
    let thresholds = try #require(outcome.item("rule_thresholds"))
    #expect(thresholds.seen.contains("errors `> 10%` (0 of"), "\(thresholds)")

    // Who may only read cannot have users assigned, and sees all else.
    let reading = try setUp.doctor(
      arguments,
      environment: environment.merging(["PLUMBLINE_TOKEN": DoctorSetUp.reader]) { $1 })
    for item in reading.items where !["ok", "skipped"].contains(item.outcome) {
      #expect(item.id == "assignment_deterministic" && item.outcome == "unknown", "\(item)")
      #expect(item.mend?.contains("ingest") == true)
    }

    // Stopped, it is looked at by its folder.
    service.send(SIGTERM)
    #expect(service.wait() == 0)
    let stopped = try setUp.doctor(arguments, environment: environment)
    #expect(stopped.code == 1)
    #expect(stopped.item("metrics_endpoint")?.mend?.contains("plumbline serve") == true)
    #expect(stopped.item("service_ready")?.outcome == "failed")
    for id in ["columns_match", "label_delay", "traffic_split", "assignment_deterministic"] {
      #expect(stopped.item(id)?.outcome == "ok", "\(String(describing: stopped.item(id)))")
    }
    let offline = try setUp.doctor(arguments + ["--offline"], environment: environment)
    #expect(offline.code == 0, "\(offline.output)")
    #expect(offline.item("runbooks")?.outcome == "skipped")

    // None of it was a look at the experiment.
    try setUp.sql(
      """
      import sqlite3, sys
      with sqlite3.connect(sys.argv[1]) as history:
        assert history.execute("SELECT count(*) FROM experiment_look").fetchone() == (0,)
      """)
    // Hours without a figure of live traffic.
    try setUp.sql(
      """
      import sqlite3, sys, time
      now = int(time.time())
      with sqlite3.connect(sys.argv[1]) as history:
        series = history.execute(
          "SELECT id FROM metric_series WHERE metric = 'prediction_rate'").fetchone()[0]
        for second in range(now - 9000, now - 5400, 5):
          history.execute("INSERT OR IGNORE INTO metric_sample (series_id, at, value) VALUES (?, ?, 1)",
            (series, second * 1000000))
      """)
    let gap = try setUp.doctor(arguments + ["--offline"], environment: environment)
    let item = try #require(gap.item("series_gaps"))
    #expect(gap.code == 1 && item.outcome == "failed" && item.seen.contains("min from"), "\(item)")
    #expect(item.mend?.contains("logs") == true)
  }

  @Test func `Whatever is broken is named with its mend`() async throws {
    let provider = try LocalProvider(folder)
    let dead = try RunningPrometheus.freePort()
    let environment = [
      "DOCTOR_HOOK": "http://127.0.0.1:\(dead)/secret-path", "PLUMBLINE_TOKEN": DoctorSetUp.token,
      "DOCTOR_READER": DoctorSetUp.reader,
    ]
    let configuration = """
      \(try setUp.serviceSection())
      models:
        - name: fraud
          reference: \(try setUp.reference())
          checks:
            - {type: drift, schedule: "@weekly", window: 1d, drift: {method: hellinger, threshold: 3}}
        - name: churn
          reference: \(folder.path)/gone.parquet
          checks:
            - {type: drift, schedule: "@weekly", window: 1d, drift: {method: ks_test, threshold: 0.5}}
      alerting:
        interval: 5s
        channels: [{name: hook, type: webhook, url: {env: DOCTOR_HOOK}}]
        rules:
          - {name: silly, metric: eror_rate, condition: "> 5%", severity: critical,
             runbook_url: "\(provider.address)/missing"}
          - {name: never, metric: error_rate, condition: "> 5", severity: warning,
             runbook_url: "\(provider.address)/loop"}
      experiments:
        - {experiment_id: checkout, min_sample_size: 100, metrics: [converted, revenue]}
      """
    let service = try RunningService(folder, configuration, environment: environment)
    await setUp.send(service, "models/fraud/predictions", setUp.predictions(feature: "amonut"))
    await setUp.send(
      service, "experiments/checkout/observations",
      setUp.observations { $0 % 4 == 0 ? "treatment" : "control" })
    // Prometheus scrapes, and not this.
    let prometheus = try RunningPrometheus(
      folder, target: "127.0.0.1:\(dead)", tokenFile: folder.path + "/token")
    #expect(try await prometheus.value(of: "up") == 0)
    let arguments = [
      "--config", folder.path + "/plumbline.yaml", "--url", service.address.absoluteString,
      "--prometheus", prometheus.address.absoluteString,
    ]
    let outcome = try setUp.doctor(arguments, environment: environment)
    #expect(outcome.code == 1 && outcome.json["status"] as? String == "failed")
    let expected: [(id: String, subject: String?, seen: String, mend: String)] = [
      ("prometheus_scraping", nil, "down", "host and port"),
      ("reference_loaded", "churn", "gone.parquet", "check the path"),
      ("columns_match", "fraud/drift", "`amount` is in reference", "renamed to `amonut`"),
      ("drift_thresholds", "fraud/drift", "never finds drift", "0.1"),
      ("drift_thresholds", "churn/drift", "significance level is 0.5", "0.05"),
      ("rule_metrics", nil, "eror_rate", "did you mean `error_rate`"),
      ("rule_thresholds", nil, "never fires", "5%"),
      ("channel_reachable", "hook", "takes no connections", "check host, port"),
      ("runbooks", nil, "answers 404", "correct the link"),
      ("runbooks", nil, "redirected more than", "correct the link"),
      ("traffic_split", "checkout", "the split is off", "lost on the way"),
      ("variants_measured", "checkout", "revenue was not measured", "metrics"),
    ]
    for (id, subject, seen, mend) in expected {
      let item = try #require(outcome.item(id, subject), "\(id)")
      #expect(item.outcome == "failed", "\(item)")
      #expect(item.seen.contains(seen) && item.mend?.contains(mend) == true, "\(item)")
    }
    #expect(outcome.item("guardrails")?.outcome == "warning")
    #expect(outcome.item("reference_loaded", "fraud")?.outcome == "ok")
    for item in outcome.items where ["failed", "warning"].contains(item.outcome) {
      #expect(item.mend?.isEmpty == false, "\(item)")
    }
    // Neither keys nor tokens are shown.
    #expect(!outcome.output.contains("secret-path") && !outcome.output.contains(DoctorSetUp.token))

    let sent = try setUp.doctor(arguments + ["--send-tests"], environment: environment)
    #expect(sent.item("channel_test", "hook")?.outcome == "failed")

    let wrong = try setUp.doctor(
      arguments, environment: environment.merging(["PLUMBLINE_TOKEN": "wrong"]) { $1 })
    let endpoint = try #require(wrong.item("metrics_endpoint"))
    #expect(endpoint.outcome == "failed" && endpoint.seen.contains("401"), "\(endpoint)")
    #expect(endpoint.mend?.contains("PLUMBLINE_TOKEN") == true)

    // Where Prometheus' own address is wrong.
    let nowhere = try setUp.doctor(
      Array(arguments.dropLast()) + ["http://127.0.0.1:\(dead)"], environment: environment)
    #expect(nowhere.item("prometheus_scraping")?.outcome == "failed")
    // Another job at another address is not the service.
    let other = try setUp.doctor(arguments + ["--job", "other"], environment: environment)
    #expect(other.item("prometheus_scraping")?.mend?.contains("scrape_configs") == true)
  }

  @Test func `A mail server is gone through to its login, and sent no mail`() throws {
    let mail = try LocalProvider(folder, LocalProvider.mail)
    let dead = try RunningPrometheus.freePort()
    let wiki = try LocalProvider(folder)
    func channel(_ name: String, _ port: Int, _ secret: String) -> String {
      "{name: \(name), type: email, host: 127.0.0.1, port: \(port), encryption: none, "
        + "from: ml@example.com, to: [ops@example.com], username: watch, "
        + "password: {env: \(secret)}}"
    }
    let path = try folder.write(
      "plumbline.yaml",
      """
      service: {data_folder: \(folder.path)/data, listen: "127.0.0.1:0"}
      alerting:
        channels:
          - \(channel("right", mail.port, "DOCTOR_RIGHT"))
          - \(channel("wrong", mail.port, "DOCTOR_WRONG"))
          - \(channel("dead", dead, "DOCTOR_RIGHT"))
        rules:
          - {name: many, metric: error_rate, condition: "> 5%", severity: critical,
             runbook_url: "\(wiki.address)/private"}
      """)
    let outcome = try setUp.doctor(
      ["--config", path], environment: ["DOCTOR_RIGHT": "right", "DOCTOR_WRONG": "no-secret"])
    let right = try #require(outcome.item("channel_reachable", "right"))
    #expect(right.outcome == "ok" && right.seen.contains("EHLO, AUTH"), "\(right)")
    let wrong = try #require(outcome.item("channel_reachable", "wrong"))
    #expect(wrong.outcome == "failed" && wrong.seen.contains("535"), "\(wrong)")
    #expect(outcome.item("channel_reachable", "dead")?.outcome == "failed")
    #expect(!outcome.output.contains("no-secret"))
    let commands = mail.received.split(separator: "\n").map(String.init)
    #expect(commands.contains("NOOP") && commands.contains("QUIT"), "\(commands)")
    #expect(!commands.contains("MAIL") && !commands.contains("DATA"), "\(commands)")
    let runbooks = try #require(outcome.item("runbooks"))
    #expect(runbooks.outcome == "unknown" && runbooks.seen.contains("login"), "\(runbooks)")
    let offline = try setUp.doctor(
      ["--config", path, "--offline"],
      environment: ["DOCTOR_RIGHT": "right", "DOCTOR_WRONG": "no-secret"])
    #expect(offline.item("channel_reachable", "right")?.outcome == "skipped")
  }

  @Test func `A configuration with mistakes is gone through as far as it can be read`() throws {
    let path = try folder.write(
      "plumbline.yaml",
      """
      service: {data_folder: \(folder.path)/data, listen: "127.0.0.1:0"}
      models: [{name: fraud, reference: \(try setUp.reference())}]
      alerting:
        channels: [{name: hook, type: slack, url: {env: DOCTOR_NOT_THERE}}]
        rules: [{name: many, metric: error_rate, condition: "over 5"}]
      """)
    let outcome = try setUp.doctor(["--config", path])
    #expect(outcome.code == 1)
    let syntax = try #require(outcome.item("rule_syntax"))
    #expect(syntax.outcome == "failed" && syntax.seen.contains(":5:"), "\(syntax)")
    let channels = try #require(outcome.item("channels_configured"))
    #expect(channels.outcome == "failed" && channels.seen.contains("DOCTOR_NOT_THERE"))
    #expect(!channels.seen.contains(":5:"))
    #expect(outcome.item("configuration")?.outcome == "failed")
    #expect(outcome.item("reference_loaded", "fraud")?.outcome == "ok")
  }

  @Test func `What answers and is no service of Plumbline is told apart`() throws {
    let provider = try LocalProvider(folder)
    let path = try folder.write(
      "plumbline.yaml",
      """
      service: {data_folder: \(folder.path)/data, listen: "127.0.0.1:0"}
      models:
        - {name: fraud, checks: [{type: drift, schedule: "@daily", window: 1d},
           {type: performance, schedule: "@daily", window: 1d}]}
      experiments: [{experiment_id: checkout, metrics: [converted]}]
      """)
    let arguments = ["--config", path, "--url", provider.address, "--prometheus", provider.address]
    let outcome = try setUp.doctor(arguments)
    #expect(outcome.code == 1, "\(outcome.errors)")
    let exposition = try #require(outcome.item("exposition"))
    #expect(exposition.outcome == "failed" && exposition.mend?.contains("--url") == true)
    #expect(outcome.item("prometheus_scraping")?.mend?.contains("/api/v1") == true)
    for id in ["checks_made", "label_delay", "traffic_split", "assignment_deterministic"] {
      let item = try #require(outcome.item(id))
      #expect(item.outcome == "unknown" && item.seen.contains("not of Plumbline"), "\(item)")
    }
  }

  @Test func `A history that is damaged has failed, whether the service is asked or not`() throws {
    let data = try folder.write("broken/history.db", String(repeating: "junk ", count: 500))
    let outcome = try setUp.doctor([
      "--offline", "--data-folder", (data as NSString).deletingLastPathComponent,
    ])
    #expect(outcome.code == 1)
    let item = try #require(outcome.item("history"))
    #expect(item.outcome == "failed" && item.seen.contains("history.db"), "\(item)")
    #expect(!item.seen.contains("SQLite error"), "\(item)")
  }

  @Test func `What cannot be asked is a usage error, and nothing at all is 2`() throws {
    for arguments in [
      ["--config", folder.path + "/none.yaml"], ["--url", "ftp://host"], ["--timeout", "0"],
      ["--offline", "--send-tests"], ["--prometheus", "localhost"],
    ] {
      let outcome = try setUp.doctor(arguments)
      #expect(outcome.code == 2 && outcome.output.isEmpty, "\(arguments): \(outcome.output)")
    }
    // There is nothing to look at: no configuration, no data, nobody asked.
    let nothing = try setUp.doctor(["--offline", "--data-folder", folder.path + "/none"])
    #expect(
      nothing.code == 2 && nothing.json["status"] as? String == "unknown", "\(nothing.output)")
    let help = try setUp.doctor(["--help"])
    #expect(help.code == 0 && help.output.contains("plumbline doctor --config"))
  }
}
