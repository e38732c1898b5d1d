import Monitoring

/// A rule that the newest samples do not tell of, or not for all of its series, and why.
public struct RuleGap: Sendable, Equatable {
  public var rule: String
  public var reason: String
}

extension AlertEngine {
  /// Rules that nothing is known of now, or not of all of their series: nobody may take them for well.
  ///
  /// A default rule without a series is none of them: nobody asked for it.
  ///
  /// - Parameter metrics: those there are samples of.
  func gaps(among metrics: Set<String>) -> [RuleGap] {
    compiled.compactMap { compiled in
      gap(compiled, metrics).map { RuleGap(rule: compiled.rule.name, reason: $0) }
    }
  }

  private func gap(_ compiled: CompiledRule, _ metrics: Set<String>) -> String? {
    let rule = compiled.rule
    let table = tables[rule.metric]
    let followed = compiled.follows.indices.filter { compiled.follows[$0] }
    guard let table, !followed.isEmpty else {
      guard !AlertRule.defaults.contains(rule) else { return nil }
      if !metrics.contains(rule.metric) {
        let hint = closestName(to: rule.metric, among: metrics.sorted())
        return "there are no samples of \(rule.metric)"
          + (hint.map { "; did you mean \($0)?" } ?? "")
      }
      return table == nil
        ? "\(rule.metric) has had no samples for \(Self.noDataDays) days"
        : "no series of \(rule.metric) has the labels its `where` asks for"
    }
    let (silent, reason) = silence(compiled, table, followed)
    guard !silent.isEmpty else { return nil }
    return silent.count == followed.count
      ? reason : "in \(silent.count) of \(followed.count) series \(reason)"
  }

  /// Series there is no figure of to hold against the condition, and why.
  private func silence(
    _ compiled: CompiledRule, _ table: SeriesTable, _ followed: [Int]
  ) -> (series: [Int], reason: String) {
    let metric = compiled.rule.metric
    guard case .beyond(let subject, _) = compiled.condition.test else {
      return (
        followed.filter { !table.hasHadData[$0] && compiled.tracked[$0] == nil },
        "\(metric) has had no value, and not for long enough to be absent"
      )
    }
    let figures = table.figures(subject)
    let silent = followed.filter { figures[$0].isNaN }
    return (
      silent,
      silent.contains { table.values[$0].isNaN }
        ? "the newest sample of \(metric) has no value"
        : "the newest sample of \(metric) has no reference, or one of 0"
    )
  }
}
