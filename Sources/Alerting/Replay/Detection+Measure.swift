import Statistics

extension Detection {
  /// - Parameters:
  ///   - firings: by model, whatever their order.
  ///   - degraded: by model, within the period; its keys are the models that count.
  ///   - period: of the history.
  init(
    firings: [String: [TimeRanges.Range]], degraded: [String: TimeRanges],
    period: TimeRanges.Range, costs: AlertReplay.Costs?
  ) {
    var (fired, wrong, both) = (0.0, 0.0, 0.0)
    var trueFirings = 0
    var delays: [Double] = []
    for (model, degraded) in degraded {
      let own = firings[model] ?? []
      let union = TimeRanges(own).clipped(to: period)
      fired += Double(union.total)
      wrong += Double(degraded.total)
      both += Double(union.overlap(with: degraded))
      episodes += degraded.ranges.count
      for episode in degraded.ranges {
        guard let first = union.firstTouching(episode) else { continue }
        delays.append(Double(max(0, first.start - episode.start)) / 1e6)
      }
      let hits = own.count { degraded.touches($0) }
      trueFirings += hits
      falseAlarms += own.count - hits
    }
    detectedEpisodes = delays.count
    precision = Self.ratio(both, fired)
    recall = Self.ratio(both, wrong)
    f1 = Self.ratio(2 * both, fired + wrong)
    episodePrecision = Self.ratio(Double(trueFirings), Double(trueFirings + falseAlarms))
    episodeRecall = Self.ratio(Double(detectedEpisodes), Double(episodes))
    if let precision = episodePrecision, let recall = episodeRecall {
      episodeF1 = Self.ratio(2 * precision * recall, precision + recall) ?? 0
    }
    delays.sort()
    medianDelaySeconds = quantile(delays.span, 0.5)
    let weeks = Double(period.end - period.start) / 604_800e6
    falseAlarmsPerWeek = Self.ratio(Double(falseAlarms), weeks)
    missedHours = (wrong - both) / 3_600e6
    falseHours = (fired - both) / 3_600e6
    if let costs {
      let cost = missedHours * costs.missedHour + falseHours * costs.falseHour
      expectedCost = cost.isFinite ? cost : nil
    }
  }

  private static func ratio(_ part: Double, _ whole: Double) -> Double? {
    whole > 0 ? part / whole : nil
  }
}
