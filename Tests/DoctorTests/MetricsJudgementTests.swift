import Foundation
import Outbound
import Reporting
import Store
import Testing

@testable import Monitoring
@testable import PlumblineCLI
@testable import Telemetry

struct MetricsJudgementTests {
  struct Gaps: Sendable, CustomTestStringConvertible {
    var name: String
    var times: [Double]
    var until: Double?
    var gaps: Int
    var outcome: DoctorItem.Outcome
    var testDescription: String { name }
  }

  private static let steady = (0..<1_000).map { Double($0) * 15 }

  static let gapCases = [
    Gaps(name: "none", times: [], until: 100, gaps: 0, outcome: .unknown),
    Gaps(name: "one sample", times: [5], until: nil, gaps: 0, outcome: .unknown),
    Gaps(name: "steady", times: steady, until: nil, gaps: 0, outcome: .ok),
    Gaps(name: "one lost", times: steady.filter { $0 != 150 }, until: nil, gaps: 0, outcome: .ok),
    Gaps(
      name: "a short gap in long history", times: steady.filter { !(150...200).contains($0) },
      until: nil, gaps: 1, outcome: .warning),
    Gaps(
      name: "an hour", times: steady.filter { !(1_500...5_100).contains($0) }, until: nil, gaps: 1,
      outcome: .failed),
    Gaps(name: "it stopped", times: steady, until: 16_000, gaps: 1, outcome: .failed),
    Gaps(name: "the next is due", times: steady, until: 15_010, gaps: 0, outcome: .ok),
  ]

  @Test(arguments: gapCases)
  func `Gaps are what is longer than three intervals`(_ sample: Gaps) {
    let found = SeriesGaps(times: sample.times, interval: 15, until: sample.until)
    #expect(found.gaps.count == sample.gaps)
    let finding = MetricsJudgement.gaps(found, of: "scrapes", in: "Prometheus", over: 1)
    #expect(finding.outcome == sample.outcome, "\(finding)")
    #expect(finding.outcome == .ok || finding.mend != nil)
  }

  struct Labels: Sendable, CustomTestStringConvertible {
    var name: String
    var labels: [[String: String]]
    var models: Set<String>
    var outcome: DoctorItem.Outcome
    var testDescription: String { name }
  }

  @Test(arguments: [
    Labels(name: "none", labels: [], models: ["a"], outcome: .unknown),
    Labels(name: "right", labels: [["model_name": "a"]], models: ["a"], outcome: .ok),
    Labels(name: "no model configured", labels: [["model_name": "b"]], models: [], outcome: .ok),
    Labels(name: "nameless", labels: [[:], ["model_name": "a"]], models: [], outcome: .failed),
    Labels(name: "empty", labels: [["model_name": ""]], models: [], outcome: .failed),
    Labels(
      name: "overflown", labels: [["model_name": "__overflow__"]], models: ["a"],
      outcome: .failed),
    Labels(name: "another model", labels: [["model_name": "b"]], models: ["a"], outcome: .warning),
  ])
  func `Labels name a model that is known`(_ sample: Labels) {
    let samples = sample.labels.map {
      Exposition.Sample(name: "ml_predictions_total", labels: $0, value: 1, line: 1)
    }
    let finding = MetricsJudgement.labels(samples, models: sample.models)
    #expect(finding.outcome == sample.outcome, "\(finding)")
  }

  @Test(arguments: [
    ("connection refused", "host and port"),
    ("server returned HTTP status 401 Unauthorized", "credentials_file"),
    ("", "service's log"),
  ])
  func `What scraping fails by says what mends it`(_ error: String, _ mend: String) {
    let target = PrometheusTarget(
      labels: [:], scrapeURL: "http://h:1/metrics", health: .down, lastError: error)
    let finding = MetricsJudgement.scraping(target)
    #expect(finding.outcome == .failed && finding.mend?.contains(mend) == true, "\(finding)")
  }

  @Test func `The service is found among targets by address, else by job`() {
    func target(_ url: String, _ job: String) -> PrometheusTarget {
      PrometheusTarget(labels: ["job": job], scrapeURL: url, health: .up)
    }
    let targets = [
      target("http://10.0.0.1:8080/metrics", "plumbline"),
      target("http://localhost:8080/metrics", "other"),
      target("https://secure.example/metrics", "third"),
    ]
    func job(_ address: String?, _ job: String = "plumbline") -> String? {
      ScrapeTargets.service(among: targets, address: address, job: job)?.labels["job"]
    }
    #expect(job("http://127.0.0.1:8080") == "other")
    #expect(job("http://[::1]:8080") == "other")
    #expect(job("https://secure.example:443") == "third")
    #expect(job("https://Secure.example") == "third")
    #expect(job("http://elsewhere:8080") == "plumbline")
    #expect(job(nil, "fourth") == nil)
  }

  @Test func `A check that was due and not made is missed`() throws {
    let schedule = try #require(CronSchedule("0 * * * *"))
    let window = try #require(TimeSpan("1h"))
    let check = CheckConfiguration(
      name: "drift", kind: .drift, schedule: schedule, window: window, delay: nil,
      timeout: window, referenceWindow: window)
    func finding(_ hours: [Int], failures: Set<Int> = [], at now: String) throws -> Finding {
      let runs = try hours.sorted(by: >).map { hour in
        let due = "2026-11-24T\(hour < 10 ? "0" : "")\(hour):00:00Z"
        return try RunSummary.of(due: due, isFailure: failures.contains(hour))
      }
      return CheckRunsJudgement.runs(
        runs, check: check, now: try #require(Instant(now)),
        from: try #require(Instant("2026-11-24T00:00:00Z")))
    }
    #expect(try finding([], at: "2026-11-24T05:30:00Z").outcome == .unknown)
    #expect(try finding([1, 2, 3, 4, 5], at: "2026-11-24T05:30:00Z").outcome == .ok)
    #expect(try finding([1, 2, 3, 4], at: "2026-11-24T05:02:00Z").outcome == .ok)
    let late = try finding([1, 2, 5], at: "2026-11-24T05:30:00Z")
    #expect(late.outcome == .failed && late.seen.contains("2 times"), "\(late)")
    let failed = try finding([1, 2], failures: [2], at: "2026-11-24T02:30:00Z")
    #expect(failed.outcome == .failed && failed.seen.contains("last 1 "), "\(failed)")
  }

  @Test(arguments: [
    (0.1, "ok"), (4, "ok"), (-7, "warning"), (61, "failed"), (-4_000, "failed"),
  ])
  func `Clocks that differ are told of`(_ seconds: Double, _ outcome: String) {
    let finding = InstallationJudgement.clock([("the service", seconds)])
    #expect(finding.outcome.rawValue == outcome, "\(finding)")
  }

  @Test(arguments: [
    (0.1, 100.0, nil, "failed"), (0.5, 100, nil, "warning"), (1.5, 100, nil, "warning"),
    (50, 100, nil, "ok"), (50, 100, 70, "warning"), (50, 100, 40, "ok"),
  ])
  func `A disk that is nearly full is told of`(
    _ free: Double, _ total: Double, _ retention: Double?, _ outcome: String
  ) {
    let size = 1_073_741_824.0
    let finding = InstallationJudgement.disk(
      free: free * size, total: total * size, retention: retention.map { $0 * size }, used: 0)
    #expect(finding.outcome.rawValue == outcome, "\(finding)")
  }
}

extension RunSummary {
  /// A run as the service tells of one.
  static func of(due: String, isFailure: Bool) throws -> RunSummary {
    let text = """
      {"id": 1, "kind": "\(isFailure ? "failure" : "drift")", "command": "serve",
       "created_at": "\(due)", "due_at": "\(due)", "model": "fraud", "check": "drift",
       "status": "\(isFailure ? "unknown" : "healthy")", "headline": "0 of 2 columns drifted"}
      """
    return try JSONDecoder().decode(RunSummary.self, from: Data(text.utf8))
  }
}
