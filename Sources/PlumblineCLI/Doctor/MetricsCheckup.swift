import Foundation
import Monitoring
import Outbound
import Reporting
import Store
import Telemetry

/// Whether figures come out of the service, and reach Prometheus whole.
struct MetricsCheckup: Checkup {
  static let endpoint = Question(
    "metrics_endpoint", .metricsCollection, "Does the metrics endpoint answer with 200?")
  static let exposition = Question(
    "exposition", .metricsCollection, "Is what it answers in Prometheus' format?")
  static let scraping = Question(
    "prometheus_scraping", .metricsCollection, "Does Prometheus scrape the service?")
  static let gaps = Question(
    "series_gaps", .metricsCollection, "Are the series without gaps?")
  static let checks = Question(
    "checks_made", .metricsCollection, "Were checks made when they were due?")
  static let labels = Question(
    "labels", .metricsCollection, "Are labels applied as they should be?")

  func items(_ visit: Visit) -> [DoctorItem] {
    let exposition = visit.service.exposition
    let (scraping, gaps) = prometheus(visit)
    return [
      Self.endpoint.answer(MetricsJudgement.endpoint(visit.service)),
      Self.exposition.answer(
        exposition.map { MetricsJudgement.exposition($0) } ?? Self.noMetrics(visit)),
      Self.scraping.answer(scraping),
      Self.gaps.answer(gaps ?? storedGaps(visit)),
    ] + checksMade(visit) + [
      Self.labels.answer(
        exposition.map { exposition in
          MetricsJudgement.labels(
            exposition.samples, models: Set(visit.configuration.models.map(\.name)))
        } ?? Self.noMetrics(visit))
    ]
  }

  private static func noMetrics(_ visit: Visit) -> Finding {
    visit.isOffline
      ? .skipped("not asked: --offline") : .unknown("the metrics endpoint did not answer")
  }

  // MARK: Prometheus

  private func prometheus(_ visit: Visit) -> (scraping: Finding, gaps: Finding?) {
    guard let prometheus = visit.prometheus else {
      let why = visit.isOffline ? "not asked: --offline" : "name Prometheus with --prometheus"
      return (.skipped(why), nil)
    }
    let targets: [PrometheusTarget]
    do {
      targets = try prometheus.targets()
    } catch {
      return (.failed(error), nil)
    }
    let access = visit.service.access
    guard
      let target = ScrapeTargets.service(among: targets, address: access?.address, job: visit.job)
    else {
      return (
        MetricsJudgement.noTarget(count: targets.count, peer: access?.peer, job: visit.job), nil
      )
    }
    return (MetricsJudgement.scraping(target), gaps(of: target, prometheus, visit))
  }

  /// Samples are asked for as they were scraped: a query with steps would bridge gaps of five minutes.
  private func gaps(
    of target: PrometheusTarget, _ prometheus: PrometheusClient, _ visit: Visit
  ) -> Finding {
    let interval = target.intervalSeconds ?? 60
    let seconds = min(Double(visit.since.seconds), interval * SeriesGaps.sampleLimit)
    let labels = ["job", "instance"].compactMap { name in
      target.labels[name].map { "\(name)=\(Self.quoted($0))" }
    }
    do {
      let query = "up{\(labels.joined(separator: ","))}[\(max(1, Int(seconds)))s]"
      let points = try prometheus.query(query).flatMap(\.points).sorted { $0.at < $1.at }
      return MetricsJudgement.gaps(
        SeriesGaps(
          times: points.filter { $0.value == 1 }.map(\.at), interval: interval,
          until: points.last?.at),
        of: "scrapes every \(target.scrapeInterval ?? "minute")", in: "Prometheus",
        over: seconds)
    } catch {
      return .unknown(error)
    }
  }

  private static func quoted(_ text: String) -> String {
    "\""
      + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n") + "\""
  }

  // MARK: What was stored

  private func storedGaps(_ visit: Visit) -> Finding {
    let interval = Double(visit.configuration.alerting.intervalSeconds)
    do {
      let samples = try visit.records.samples(of: "prediction_rate", from: visit.start)
      guard !samples.isEmpty else {
        return .unknown(
          "no figures of live traffic are stored since \(visit.start.iso8601)",
          mend: "name a model in `models`, and let the service run for some minutes")
      }
      var times = samples.map(\.at.seconds)
      times.sort()
      return MetricsJudgement.gaps(
        SeriesGaps(
          times: times, interval: interval,
          until: visit.service.answers ? visit.now.seconds : nil),
        of: "figures of live traffic every \(Int(interval)) s", in: visit.records.place,
        over: Double(visit.since.seconds))
    } catch {
      return visit.isOffline && visit.dataFolder == nil ? .skipped("\(error)") : .unknown(error)
    }
  }

  private func checksMade(_ visit: Visit) -> [DoctorItem] {
    let checks = visit.configuration.models.flatMap { model in
      model.checks.map { (model, $0) }
    }
    guard !checks.isEmpty else {
      return [Self.checks.answer(.skipped("the configuration has no checks"))]
    }
    return checks.map { model, check in
      let subject = "\(model.name)/\(check.name)"
      do {
        let runs = try visit.records.runs(of: model.name, check: check.name, limit: 100)
        return Self.checks.answer(
          CheckRunsJudgement.runs(runs, check: check, now: visit.now, from: visit.start),
          of: subject)
      } catch {
        return Self.checks.answer(.unknown(error), of: subject)
      }
    }
  }
}

/// Which of Prometheus' targets the service is.
enum ScrapeTargets {
  /// The target at the service's address, else that of the job.
  static func service(
    among targets: [PrometheusTarget], address: String?, job: String
  ) -> PrometheusTarget? {
    let here = address.map { normal($0) }
    return targets.first { normal($0.scrapeURL) == here }
      ?? targets.first { $0.labels["job"] == job }
  }

  /// Host and port, the loopback interface by one name.
  private static func normal(_ url: String) -> String {
    let peer = WebAddress.peer(of: url)
    let isSecure = url.lowercased().hasPrefix("https:")
    let colon = peer.lastIndex(of: ":").flatMap { peer[$0...].contains("]") ? nil : $0 }
    let host = colon.map { String(peer[..<$0]) } ?? peer
    let port = colon.map { String(peer[peer.index(after: $0)...]) } ?? (isSecure ? "443" : "80")
    let isLoopback = ["localhost", "127.0.0.1", "[::1]"].contains(host.lowercased())
    return (isLoopback ? "localhost" : host.lowercased()) + ":" + port
  }
}
