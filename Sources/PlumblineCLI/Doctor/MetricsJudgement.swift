import Foundation
import Monitoring
import Outbound
import Reporting
import Store
import Telemetry

/// Stretches of time without samples that should have some.
struct SeriesGaps: Equatable {
  struct Gap: Equatable {
    var from: Double
    var until: Double
    var seconds: Double { until - from }
  }

  /// Samples that are asked for at most.
  static let sampleLimit = 20_000.0
  /// Intervals between two samples from which on there is a gap: one sample may be late or lost.
  static let tolerance = 3.0

  private(set) var gaps: [Gap] = []
  private(set) var count: Int
  /// Whether the last gap goes on.
  private(set) var isOpen = false
  private(set) var seconds = 0.0

  /// - Parameters:
  ///   - times: of the samples, in seconds, ascending.
  ///   - interval: seconds between two that should be.
  ///   - until: when the last should be; nil for as it is.
  init(times: [Double], interval: Double, until: Double?) {
    count = times.count
    guard let first = times.first, let last = times.last else { return }
    for (one, other) in zip(times, times.dropFirst()) where other - one > Self.tolerance * interval
    {
      gaps.append(Gap(from: one, until: other))
    }
    let end = max(last, until ?? last)
    if end - last > Self.tolerance * interval {
      gaps.append(Gap(from: last, until: end))
      isOpen = true
    }
    seconds = end - first
  }

  /// The share of the time without samples.
  var share: Double {
    seconds > 0 ? gaps.reduce(0) { $0 + $1.seconds } / seconds : 0
  }
}

/// What gathered metrics mean.
enum MetricsJudgement {
  static func endpoint(_ contact: ServiceContact) -> Finding {
    switch contact.metrics {
    case .success(let answer):
      return .ok("\(contact.access?.peer ?? "it") answers with \(answer.body.count) bytes")
    case .failure(.notAsked(let why)): return .skipped(why)
    case .failure(let problem): return .failed(problem)
    }
  }

  static func exposition(_ exposition: Exposition) -> Finding {
    guard !exposition.samples.isEmpty || !exposition.problems.isEmpty else {
      return .failed("it is empty", mend: "check that --url is the service's address")
    }
    guard exposition.problems.isEmpty else {
      let problems = exposition.problems.map { "line \($0.line): \($0.text)" }
      return .failed(
        Finding.listed(problems),
        mend: "check what answers at this address, and report it if it is Plumbline")
    }
    return .ok("\(exposition.samples.count) samples of \(exposition.types.count) metrics")
  }

  static func scraping(_ target: PrometheusTarget) -> Finding {
    // The address may have a password in it.
    let peer = WebAddress.peer(of: target.scrapeURL)
    switch target.health {
    case .up: return .ok("\(peer) is up, every \(target.scrapeInterval ?? "?")")
    case .unknown:
      return .unknown(
        "\(peer) has not been scraped yet", mend: "ask again in a minute")
    case .down:
      let error = String(target.lastError.prefix(300))
      return .failed(
        "\(peer) is down: \(error.isEmpty ? "no reason is given" : error)",
        mend: mend(ofScrapeError: error))
    }
  }

  private static func mend(ofScrapeError error: String) -> String {
    if error.contains("401") || error.contains("403") {
      return "give the scrape job a token of the scope `read`: authorization: {credentials_file: …}"
    }
    if error.contains("refused") || error.contains("no such host") || error.contains("timeout")
      || error.contains("deadline")
    {
      return "check host and port of the target, and that Prometheus can reach them"
    }
    return "see the target's page in Prometheus, and the service's log"
  }

  static func noTarget(count: Int, peer: String?, job: String) -> Finding {
    .failed(
      "none of Prometheus' \(count) targets is \(peer.map { "\($0) or " } ?? "")of the job \(job)",
      mend: "add the service to `scrape_configs`, or name its job with --job")
  }

  static func gaps(
    _ gaps: SeriesGaps, of what: String, in place: String, over seconds: Double
  ) -> Finding {
    guard gaps.count > 1 else {
      return .unknown(
        "\(place) has \(gaps.count) of the \(what)", mend: "ask again when there are more")
    }
    guard !gaps.gaps.isEmpty else {
      return .ok("\(gaps.count) \(what) over \(span(gaps.seconds)), in \(place)")
    }
    let list = gaps.gaps.sorted { $0.seconds > $1.seconds }.map { gap in
      "\(span(gap.seconds)) from \(time(gap.from))"
    }
    let seen = "\(place) has gaps in \(what): \(Finding.listed(list, limit: 3))"
    let mend =
      "see in the logs of that time whether the service ran, and whether it was reached"
    if gaps.isOpen || gaps.share > 0.01 { return .failed(seen, mend: mend) }
    return .warning(seen, mend: mend)
  }

  static func time(_ seconds: Double) -> String {
    Instant(seconds: seconds.rounded()).iso8601
  }

  /// A length of time in words.
  static func span(_ seconds: Double) -> String {
    // What others say of times need not be one.
    let seconds = seconds.isFinite ? max(0, min(seconds, 1e12)) : 0
    return switch seconds {
    case ..<120: "\(Int(seconds.rounded())) s"
    case ..<7_200: "\(Int((seconds / 60).rounded())) min"
    case ..<172_800: "\(Int((seconds / 3_600).rounded())) h"
    default: "\(Int((seconds / 86_400).rounded())) d"
    }
  }

  static func labels(_ samples: [Exposition.Sample], models: Set<String>) -> Finding {
    let own = samples.filter { $0.name.hasPrefix("ml_") }
    var findings: [Finding] = []
    let nameless = Set(own.filter { ($0.labels["model_name"] ?? "").isEmpty }.map(\.name))
    if !nameless.isEmpty {
      findings.append(
        .failed(
          "without model_name: \(Finding.listed(nameless.sorted()))",
          mend: "name the model where these metrics are made"))
    }
    let overflow = MetricOverflow.value
    let overflown = Set(samples.filter { $0.labels.values.contains(overflow) }.map(\.name))
    if !overflown.isEmpty {
      findings.append(
        .failed(
          "series beyond the limit share the label value \(overflow): "
            + Finding.listed(overflown.sorted()),
          mend: "send fewer different values of features, versions and classes, or raise "
            + "service.limits.series"))
    }
    let strange = Set(own.compactMap { $0.labels["model_name"] })
      .subtracting(models).subtracting([overflow, ""])
    if !models.isEmpty, !strange.isEmpty {
      findings.append(
        .warning(
          "events come for models the configuration does not have: "
            + Finding.listed(strange.sorted()),
          mend: "correct the name where events are sent, or add the model to `models`"))
    }
    if findings.isEmpty, own.isEmpty {
      return .unknown(
        "no metric of a model is there yet", mend: "send predictions, then ask again")
    }
    return .worst(of: findings, fine: "\(own.count) samples of models, each with its model_name")
  }
}

/// What runs of a check mean.
enum CheckRunsJudgement {
  /// A check that is due may take its time.
  private static let graceSeconds = 300

  /// - Parameters:
  ///   - runs: newest first.
  ///   - from: before this nothing is asked.
  static func runs(
    _ runs: [RunSummary], check: CheckConfiguration, now: Instant, from: Instant
  ) -> Finding {
    guard let newest = runs.first else {
      return .unknown(
        "it was not made yet",
        mend: "wait until it is due (\(check.schedule.text)), with the service running")
    }
    if newest.kind == .failure {
      let failures = runs.prefix { $0.kind == .failure }.count
      return .failed(
        "the last \(failures) of its runs could not be made: \(newest.headline)",
        mend: "mend what the run names; its figures are those of an earlier run")
    }
    let known = Set(runs.compactMap { $0.dueAt.flatMap { Instant($0) } })
    // Only between the oldest run that is known and now can something be missing.
    guard let oldest = known.min() else { return .ok("made \(newest.createdAt)") }
    let delay = check.delay?.microseconds ?? 0
    let end = now.microseconds - delay - Int64(graceSeconds) * 1_000_000
    var missed: [Instant] = []
    var due = check.schedule.next(after: max(oldest, from))
    while let time = due, time.microseconds <= end, missed.count < 1_000 {
      if !known.contains(time) { missed.append(time) }
      due = check.schedule.next(after: time)
    }
    guard let first = missed.first else {
      return .ok("made last for \(newest.dueAt ?? newest.createdAt): \(newest.status.rawValue)")
    }
    return .failed(
      "it was due \(missed.count) times without a run, first at \(first.iso8601)",
      mend: "let the service run: it catches up with what was missed")
  }
}

/// How the registry names what is beyond its limit.
enum MetricOverflow {
  static var value: String { MetricFamily<Counter>.overflowValue }
}
