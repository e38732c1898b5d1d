public import Monitoring
public import Store

extension History {
  /// Metrics over time as alerts are replayed over: samples the service kept, and what kept runs say that
  /// left none, such as those of `plumbline drift --history`.
  ///
  /// A run without a model has the labels `check`, by the command that made it, and `reference`, where
  /// there is one, so that comparisons with different references are different series. Runs that cannot
  /// be read are left out.
  ///
  /// - Parameters:
  ///   - from: the first time that is wanted; nil for all.
  ///   - until: the first time that is wanted no more; nil for all.
  public func replaySamples(
    from: Instant? = nil, until: Instant? = nil
  ) throws(HistoryError) -> [MetricSample] {
    var samples = try samples(from: from, until: until)
    let kept = Set(
      samples.map { [$0.labels["model_name"] ?? "", $0.labels["check"] ?? ""] })
    var before: Int64?
    while true {
      let page = try list(limit: 500, before: before)
      for summary in page where summary.kind != .failure {
        guard let at = Instant(summary.dueAt ?? summary.createdAt),
          from.map({ $0 <= at }) ?? true, until.map({ at < $0 }) ?? true,
          summary.model == nil || !kept.contains([summary.model ?? "", summary.check ?? ""])
        else { continue }
        do {
          samples += try run(summary.id).samples(at: at)
        } catch HistoryError.unreadableRun {
          continue
        }
      }
      guard let last = page.last else { break }
      before = last.id
    }
    return samples.sorted { $0.at < $1.at }
  }
}

extension Run {
  /// What rules look at of a run.
  fileprivate func samples(at instant: Instant) -> [MetricSample] {
    var labels = ["check": check ?? command]
    labels["model_name"] = model
    switch report {
    case .drift(let report):
      if model == nil { labels["reference"] = report.reference.source }
      return MetricSample.samples(of: report, labels: labels, at: instant)
    case .quality(let report):
      return MetricSample.samples(of: report, labels: labels, at: instant)
    case .performance(let report):
      return MetricSample.samples(of: report, labels: labels, at: instant)
    case .failure: return []
    }
  }
}
