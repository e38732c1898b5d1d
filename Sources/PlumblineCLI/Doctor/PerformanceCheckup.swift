import DataSources
import Events
import Foundation
import Monitoring
import Reporting
import Store

/// Whether labels come in time for the checks that need them.
struct PerformanceCheckup: Checkup {
  static let delay = Question(
    "label_delay", .performance, "Do labels come before the checks that need them?")

  func items(_ visit: Visit) -> [DoctorItem] {
    let checks = visit.configuration.models.flatMap { model in
      model.checks.filter { $0.kind == .performance }.map { (model, $0) }
    }
    guard !checks.isEmpty else {
      return [Self.delay.answer(.skipped("the configuration has no performance checks"))]
    }
    return checks.map { model, check in
      Self.delay.answer(finding(model, check, visit), of: "\(model.name)/\(check.name)")
    }
  }

  private func finding(
    _ model: ModelConfiguration, _ check: CheckConfiguration, _ visit: Visit
  ) -> Finding {
    guard model.production == nil, model.labels == nil else {
      return reported(model, check, visit)
    }
    do {
      guard let delays = try delays(of: model.name, check, visit) else {
        return .unknown(
          "no prediction of the last \(reach(check).description) has a label yet",
          mend: "send labels to /v1/models/\(model.name)/labels")
      }
      return LabelDelayJudgement.judge(
        delays, window: Double(check.window.seconds), delay: Double(check.delay?.seconds ?? 0))
    } catch {
      // What the log does not say now a check may have said.
      let reported = reported(model, check, visit)
      return reported.outcome == .unknown ? .unknown(error) : reported
    }
  }

  /// Labels of two windows: those of the newest predictions are still on their way.
  private func reach(_ check: CheckConfiguration) -> TimeSpan {
    TimeSpan("\(min(check.window.seconds, 1_000_000_000) * 2)s") ?? check.window
  }

  private func delays(
    of model: String, _ check: CheckConfiguration, _ visit: Visit
  ) throws -> LabelDelays? {
    let reach = reach(check).microseconds
    let from = Instant(microseconds: visit.now.microseconds - reach)
    // Labels have had the longest time to come for what was predicted first; that is enough to look at.
    let slice = Instant(microseconds: from.microseconds + max(reach / 10, 3_600_000_000))
    for until in [slice, nil] {
      let delays = try visit.events.withEvents(of: model, .predictions, from: from, until: until) {
        predictions in
        try visit.events.withEvents(of: model, .labels, from: from, until: nil) { labels in
          try LabelDelays.read(predictions, labels)
        }
      }
      if let delays = delays.flatMap({ $0 }).flatMap({ $0 }) { return delays }
    }
    return nil
  }

  /// By the newest report, which knows the labels that had come by then.
  private func reported(
    _ model: ModelConfiguration, _ check: CheckConfiguration, _ visit: Visit
  ) -> Finding {
    do {
      let newest = try visit.records.newestReport(of: model.name, check: check.name)
      guard case .performance(let report) = newest else {
        return .unknown("the check has found nothing yet", mend: "ask again when it was made")
      }
      let delay = report.labelDelay
      guard let median = delay.medianSeconds, let p95 = delay.p95Seconds else {
        return .unknown(delay.reason ?? "its labels have no times")
      }
      return LabelDelayJudgement.judge(
        LabelDelays(count: delay.count, median: median, p95: p95),
        window: Double(check.window.seconds), delay: Double(check.delay?.seconds ?? 0))
    } catch {
      return .unknown(error)
    }
  }
}

/// How long labels took, in seconds.
struct LabelDelays: Equatable {
  var count: Int
  var median: Double
  var p95: Double

  /// Delays of the labels that came after their prediction; nil where there are none.
  static func read(_ predictions: Relation, _ labels: Relation) throws -> LabelDelays? {
    func identifier(_ name: String) -> String { predictions.dialect.identifier(name) }
    func time(_ side: String) -> String {
      predictions.dialect.epochMicroseconds(of: "\(side).\(identifier(EventColumnName.timestamp))")
    }
    let id = identifier(EventColumnName.id)
    let columns = [id, identifier(EventColumnName.timestamp)]
    let delay = "(\(time("labels")) - \(time("predictions")))"
    let joined = predictions.derived(
      """
      SELECT \(delay) AS delay FROM (\(predictions.select(columns))) AS predictions
      JOIN (\(labels.select(columns))) AS labels ON labels.\(id) = predictions.\(id)
      WHERE \(delay) >= 0
      """)
    let quantiles = [0.5, 0.95].map { "CAST(coalesce(quantile_disc(delay, \($0)), 0) AS bigint)" }
    let rows = try joined.integers(
      ["count(*)"] + quantiles, over: predictions.database.connect())
    guard let row = rows.first, row.count == 3, let count = row[0], count > 0,
      let median = row[1], let p95 = row[2]
    else { return nil }
    return LabelDelays(count: Int(count), median: Double(median) / 1e6, p95: Double(p95) / 1e6)
  }
}

enum LabelDelayJudgement {
  /// - Parameters:
  ///   - window: seconds of predictions a check is about.
  ///   - delay: seconds it waits after they ended.
  static func judge(_ delays: LabelDelays, window: Double, delay: Double) -> Finding {
    let span = MetricsJudgement.span
    let seen =
      "\(delays.count) labels came after \(span(delays.median)) (median), \(span(delays.p95)) (p95); "
      + "the check waits \(span(delay)) after its window of \(span(window))"
    // A prediction at the window's end has the delay alone, one at its begin the window too.
    if delays.p95 <= delay + window * 0.05 { return .ok(seen) }
    let mend =
      "set the check's `delay` to \(span(delays.p95)), and watch proxies until then: drift of "
      + "predictions, `estimate: true`, a shadow model"
    if delays.median > delay + window {
      return .failed("\(seen): most labels come too late to count", mend: mend)
    }
    return .warning("\(seen): the newest predictions are judged without theirs", mend: mend)
  }
}
