import Foundation
import Support
import Testing

/// The binary as people and scripts run it.
struct CommandLineTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  typealias Outcome = CommandRun.Outcome

  private func plumbline(
    _ arguments: String..., input: String = "", environment: [String: String] = [:]
  ) throws -> Outcome {
    try CommandRun.plumbline(arguments, input: input, environment: environment)
  }

  private func pair() throws -> (String, String) {
    (
      try folder.write("r.parquet", rowsOf: "SELECT range AS x, range % 3 AS y FROM range(300)"),
      try folder.write(
        "c.parquet", rowsOf: "SELECT range + 200 AS x, range % 3 AS y FROM range(300)")
    )
  }

  @Test func `Exit codes tell scripts what was found`() throws {
    let (r, c) = try pair()
    #expect(try plumbline("drift", r, c).code == 0)
    #expect(try plumbline("drift", r, c, "--fail-on", "degraded").code == 1)
    #expect(try plumbline("drift", r, c, "--fail-on", "critical").code == 0)
    #expect(try plumbline("drift", r, r, "--fail-on", "degraded").code == 0)
    #expect(try plumbline("drift", r, folder.path + "/none.csv").code == 2)
    #expect(try plumbline("drift").code == 2)
    #expect(try plumbline("nonsense").code == 2)
    #expect(try plumbline("--help").code == 0)
  }

  @Test func `JSON on standard output is one object and nothing else`() throws {
    let (r, c) = try pair()
    let outcome = try plumbline("drift", r, c, "--format", "json", "--method", "ks_test")
    #expect(outcome.json["status"] as? String == "degraded")
    #expect(outcome.json["drift_share"] as? Double == 0.5)
    #expect(outcome.errors.isEmpty)
  }

  @Test func `Mistakes are one line each, with the mend`() throws {
    let (r, c) = try pair()
    for arguments in [
      ["drift", r, folder.path + "/none.parquet"], ["drift", r, c, "--method", "magic"],
      ["drift", r, c, "--target", "z"], ["drift", r, c, "--method-for", "z=psi"],
      ["drift", "nosuchdriver://x", c, "--reference-sql", "SELECT 1"],
      ["drift", r, c, "--columns", "z"], ["drift", r],
      ["drift", r, c, "--config", folder.path + "/none.yaml"],
      ["drift", r, c, "--html", "/nonexistent/folder/r.html"],
      ["history", "list", "--history", folder.path + "/none.db"],
    ] {
      let outcome = try run(arguments)
      #expect(outcome.code == 2, "\(arguments)")
      #expect(outcome.errors.hasPrefix("error: "), "\(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
  }

  @Test func `A device is written to, never replaced by a file`() throws {
    let (r, c) = try pair()
    let full = try plumbline("drift", r, c, "--html", "/dev/full")
    #expect(full.code == 2 && full.errors.hasPrefix("error: /dev/full cannot be written"))
    #expect(try plumbline("drift", r, c, "--quiet", "--json", "/dev/null").code == 0)
    for device in ["/dev/full", "/dev/null"] {
      let type = try FileManager.default.attributesOfItem(atPath: device)[.type]
      #expect(type as? FileAttributeType == .typeCharacterSpecial)
    }
  }

  private func run(_ arguments: [String]) throws -> Outcome {
    try CommandRun.plumbline(arguments)
  }

  @Test func `Rows come on standard input too`() throws {
    let (r, _) = try pair()
    let lines = (0..<300).map { "{\"x\": \($0 + 200), \"y\": \($0 % 3)}\n" }.joined()
    let outcome = try plumbline("drift", r, "-", "--format", "json", input: lines)
    #expect(outcome.json["drifted_columns"] as? Int == 1)
  }

  @Test func `A request goes in, an answer comes out`() throws {
    let (r, c) = try pair()
    let request =
      "{\"monitoring_type\": \"drift_detection\", \"drift_config\": {\"detection_method\": "
      + "\"wasserstein\"}, \"data\": {\"reference\": \"\(r)\", \"current\": \"\(c)\"}}"
    let outcome = try plumbline("run", input: request)
    #expect(outcome.code == 0)
    #expect(outcome.json["status"] as? String == "degraded")
    #expect((outcome.json["drift_results"] as? [String: Any])?["checked_columns"] as? Int == 2)
    let table = try plumbline("run", "--format", "table", input: request)
    #expect(table.output.contains("DEGRADED"))
    #expect(try plumbline("run", input: "{").code == 2)
    #expect(try plumbline("run", input: "{\"monitoring_type\": \"alerting\"}").code == 2)
  }

  @Test func `Request and answer follow their published schemas`() throws {
    let (r, c) = try pair()
    let request = try folder.write(
      "request.json",
      "{\"monitoring_type\": \"drift_detection\", \"model_type\": \"nlp\", \"drift_config\": "
        + "{\"reference_window_days\": 30, \"detection_method\": \"ks_test\", \"threshold\": 0.05}, "
        + "\"data\": {\"reference\": \"\(r)\", \"current\": \"\(c)\"}}")
    let answer = try folder.write("answer.json", plumbline("run", request).output)
    let report = try folder.write(
      "report.json",
      plumbline("drift", r, c, "--format", "json", "--chunk", "100", "--multivariate", "mmd").output
    )
    let other = try folder.write(
      "other.json",
      plumbline(
        "run",
        input: "{\"monitoring_type\": \"root_cause_analysis\", \"diagnosis_config\": "
          + "{\"infrastructure\": {\"latency_p99_ms\": 900}}}"
      ).output
    )
    let samples = try folder.write(
      "samples.csv",
      "timestamp,error_rate,model_name\n"
        + (1...5).map { "2026-11-24T10:0\($0):00Z,0.2,fraud\n" }.joined())
    let alerts = try folder.write(
      "alerts.json",
      plumbline(
        "run",
        input: "{\"monitoring_type\": \"alerting\", \"data\": {\"samples\": \"\(samples)\"}}"
      ).output)
    let predictions = try folder.write(
      "p.parquet",
      rowsOf: """
        SELECT range % 2 AS y, 0.3 + 0.4 * (range % 2) AS p, range % 3 AS s,
          TIMESTAMP '2024-01-01' + INTERVAL 1 HOUR * range AS t,
          CASE WHEN hash(range) % 2 = 0 THEN 'control' ELSE 'treatment' END AS v
        FROM range(2000)
        """)
    let performance = try folder.write(
      "performance.json",
      plumbline(
        "performance", predictions, "--target", "y", "--probability", "p", "--reference",
        predictions, "--timestamp", "t", "--chunk", "month", "--segment", "s", "--shadow", "y",
        "--estimate", "--cost", "fp=1,fn=2", "--format", "json"
      ).output)
    let plan = try folder.write(
      "plan.json",
      "{\"experiment_id\": \"e\", \"min_sample_size\": 100, \"max_sample_size\": 4000, "
        + "\"spending\": \"pocock\", \"guardrails\": {\"p\": [0, 0.9], \"p_p99\": "
        + "{\"max\": 1, \"column\": \"p\"}}}")
    let experiment = try folder.write(
      "experiment.json",
      plumbline(
        "experiment", "analyze", predictions, "--config", plan, "--variant", "v", "--metric",
        "y,p", "--timestamp", "t", "--format", "json"
      ).output)
    let tests = try folder.write(
      "tests.json",
      "{\"monitoring_type\": \"ab_testing\", \"experiment_config\": {\"experiment_id\": \"e\"}, "
        + "\"data\": {\"observations\": \"\(predictions)\", \"variant\": \"v\", "
        + "\"metrics\": [\"y\"]}}")
    let monitoring = try folder.write(
      "monitoring.json",
      "{\"monitoring_type\": \"performance_monitoring\", \"model_type\": \"classification\", "
        + "\"performance_config\": {\"chunk\": \"day\", \"false_negative_cost\": 3}, \"data\": "
        + "{\"predictions\": \"\(predictions)\", \"reference\": \"\(predictions)\", \"target\": "
        + "\"y\", \"probability\": \"p\", \"timestamp\": \"t\"}}")
    let tested = try folder.write("tested.json", plumbline("run", tests).output)
    let monitored = try folder.write("monitored.json", plumbline("run", monitoring).output)
    for (schema, document) in [
      ("run-request", request), ("run-response", answer), ("run-response", other),
      ("run-response", alerts),
      ("drift-report", report), ("performance-report", performance), ("experiment", plan),
      ("experiment-report", experiment), ("run-request", tests), ("run-request", monitoring),
      ("run-response", tested), ("run-response", monitored),
    ] {
      #expect(try CommandRun.isOfSchema(schema, document), "\(schema)")
    }
  }

  @Test func `Experiments are planned, assigned and bounded at the command line`() throws {
    let plan = try folder.write("e.yaml", "experiment_id: model_v2_vs_v1_conversion\n")
    let assigned = try plumbline(
      "experiment", "assign", "--config", plan, input: "user_0\r\n\nuser_1\nuser_2")
    #expect(assigned.output == "user_0\ttreatment\nuser_1\tcontrol\nuser_2\ttreatment\n")
    let design = try plumbline(
      "experiment", "design", "--metric", "proportion", "--baseline", "0.1", "--mde", "0.02",
      "--format", "json")
    #expect(design.json["n_per_variant"] as? Int == 3_841)
    let bounds = try plumbline(
      "experiment", "boundaries", "--looks", "0.2,0.4,0.6,0.8,1", "--format", "json")
    let looks = try #require(bounds.json["looks"] as? [[String: Any]])
    #expect(abs((looks.last?["z"] as? Double ?? 0) - 2.0310) < 1e-4)
    for wrong in [
      ["experiment", "boundaries", "--looks", "0.5,0.1"],
      ["experiment", "design", "--metric", "mean", "--baseline"],
      ["experiment", "analyze", folder.path, "--config", plan],
    ] {
      #expect(try run(wrong).code == 2, "\(wrong)")
    }
  }

  @Test func `Looks at an experiment are kept between runs`() throws {
    let plan = try folder.write(
      "e.yaml",
      "experiment_id: e\nmin_sample_size: 10\nmax_sample_size: 1000\nspending: pocock\n")
    let history = folder.path + "/e.db"
    func looks(_ rows: Int) throws -> Int {
      let source = try folder.write(
        "o\(rows).parquet",
        rowsOf: "SELECT CASE WHEN range % 2 = 0 THEN 'control' ELSE 'treatment' END AS v, "
          + "hash(range) % 7 AS y FROM range(\(rows))")
      let outcome = try plumbline(
        "experiment", "analyze", source, "--config", plan, "--variant", "v", "--metric", "y",
        "--history", history, "--format", "json")
      let sequential = outcome.json["sequential"] as? [String: Any]
      return (sequential?["looks"] as? [Any])?.count ?? 0
    }
    #expect(try looks(200) == 1)
    #expect(try looks(200) == 1)
    #expect(try looks(900) == 2)
    #expect(try looks(3_000) == 3)
  }

  @Test func `SQLite's texts and numbers are compared, as they come`() throws {
    let (r, c) = try pair()
    let history = folder.path + "/runs.db"
    for _ in 0..<3 { _ = try plumbline("drift", r, c, "--history", history, "--quiet") }
    let source = "sqlite://\(history)"
    let query = "SELECT status, command, created_at, drift_share, checked_columns FROM run"
    let outcome = try plumbline(
      "drift", source, source, "--reference-sql", query, "--current-sql", query, "--format", "json")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let columns = try #require(outcome.json["columns"] as? [[String: Any]])
    let types = columns.reduce(into: [String: String]()) {
      $0[$1["column"] as? String ?? ""] = $1["type"] as? String
    }
    #expect(types["status"] == "categorical" && types["drift_share"] == "numerical")
  }

  @Test func `Secrets in an address are not said`() throws {
    let (r, _) = try pair()
    for address in [
      "postgresql://u:hush@127.0.0.1:1/d", "postgresql://127.0.0.1:1/d?user=u&password=hush",
    ] {
      let outcome = try plumbline("drift", address, r, "--reference-sql", "SELECT 1")
      #expect(outcome.code == 2)
      #expect(!outcome.errors.contains("hush"), "\(outcome.errors)")
    }
  }

  @Test func `Standard input leaves nothing behind`() throws {
    let (r, _) = try pair()
    let scratch = folder.path + "/scratch"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    _ = try plumbline(
      "drift", r, "-", input: "{\"x\": 1, \"y\": 2}\n", environment: ["TMPDIR": scratch])
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch)
    #expect(!left.contains { $0.contains("stdin") })
  }

  @Test func `Runs are kept, listed and shown`() throws {
    let (r, c) = try pair()
    let history = folder.path + "/runs.db"
    let first = try plumbline("drift", r, c, "--history", history, "--format", "json")
    _ = try plumbline("drift", r, r, "--history", history, "--quiet")
    let list = try plumbline("history", "list", "--history", history)
    #expect(list.output.split(separator: "\n").count == 3)
    let shown = try plumbline(
      "history", "show", "1", "--format", "json", environment: ["PLUMBLINE_HISTORY": history])
    #expect(shown.output == first.output)
    #expect(try plumbline("history", "show", "9", "--history", history).code == 2)
  }

  @Test func `Flags override the configuration`() throws {
    let (r, c) = try pair()
    let config = try folder.write("p.yaml", "drift: {method: psi, threshold: 99}\n")
    let configured = try plumbline("drift", r, c, "--config", config, "--format", "json")
    #expect(configured.json["drifted_columns"] as? Int == 0)
    let flagged = try plumbline(
      "drift", r, c, "--config", config, "--threshold", "0.1", "--format", "json")
    #expect(flagged.json["drifted_columns"] as? Int == 1)
    let broken = try folder.write("b.yaml", "drift: {methd: psi}\n")
    let outcome = try plumbline("drift", r, c, "--config", broken)
    #expect(outcome.code == 2 && outcome.errors.contains("did you mean `method`?"))
  }

  @Test func `A million categories are counted, not drawn`() throws {
    let r = try folder.write("r.parquet", rowsOf: "SELECT 'k' || range AS k FROM range(1000000)")
    let html = folder.path + "/r.html"
    let outcome = try plumbline("drift", r, r, "--categorical", "k", "--html", html)
    #expect(outcome.code == 0)
    let size = try FileManager.default.attributesOfItem(atPath: html)[.size] as? Int
    #expect((size ?? .max) < 100_000)
  }

  @Test func `Every command explains itself with an example`() throws {
    for command in [["drift"], ["run"], ["history"], ["version"], ["diagnose"], ["doctor"]] {
      let outcome = try run(command + ["--help"])
      #expect(outcome.code == 0)
      #expect(outcome.output.contains("Example"), "\(command)")
    }
  }

  @Test func `The report opens in a browser without complaint`() throws {
    let r = try folder.write(
      "r.csv", "x,\"<script>document.title='broken'</script>\"\n1,a\n2,b\n3,c\n")
    let page = folder.path + "/r.html"
    _ = try plumbline("drift", r, r, "--html", page, "--quiet")
    let sight = try Browser.look(at: "file://\(page)", in: folder.path)
    #expect(sight.dom.contains("<svg"))
    #expect(sight.dom.contains("Drift report: healthy"))
    #expect(sight.complaints.isEmpty, "\(sight.complaints)")
  }
}
