import Foundation
import Monitoring
import Simulation

/// How often diagnoses of cases that were not fitted on are right, as Markdown.
struct AccuracyTable {
  let place: Campaign.Place
  let all: [Campaign.Verdict]
  let heldOut: Range<UInt64>

  /// Those of which it is clear what is true.
  private var verdicts: [Campaign.Verdict] { all.filter { !$0.made.isCostless } }

  private func percent(_ part: Int, _ whole: Int) -> String {
    whole == 0 ? "–" : String(format: "%.1f %%", 100 * Double(part) / Double(whole))
  }

  /// Both tables with what they are.
  static func document(
    _ tables: [AccuracyTable], fitted: Range<UInt64>, intervals: String
  ) -> String {
    """
    # How often diagnoses are right

    Made by `swift run -c release diagnosis-accuracy measure`, not by hand. Probabilities are fitted on
    \(fitted.count) rounds of simulated incidents (simulator version \(Simulator.version), seeds from
    \(fitted.lowerBound)), and measured on others: once with other seeds of the same simulator, once on incidents of
    a simulator that is built in another way and that nothing is fitted on (other seeds of it have shown faults of
    diagnostics, which were mended). Simulated incidents are no real ones:
    the second table says how far the first one carries.

    "Ranked first": the first of the ranked causes is a true one. "Named": it is the primary cause, its score being
    at least 0.5. "Leaf": its kind is the true one too. For quiet weeks and harmless drift, "named" is that nothing
    is blamed. Where a drift, another mix of outcomes or another relation raises the loss by less than a twentieth (in
    the other simulator: by less than 8 %), whether it is a cause is a matter of words: such cases are neither fitted on
    nor counted, but for a line of their own, whose "named" is that nothing is blamed.

    \(tables.map(\.markdown).joined(separator: "\n"))
    \(intervals)

    """
  }

  private var introduction: String {
    switch place {
    case .usual:
      """
      ## Other seeds

      \(verdicts.count) cases, \(heldOut.count) rounds of seeds from \(heldOut.lowerBound). Four weeks of reference
      and one of current: \(Campaign.usualSizes.map(String.init).joined(separator: ", ")) rows and a quarter of that.
      """
    case .elsewhere:
      """
      ## Another simulator

      \(verdicts.count) cases, \(heldOut.count) rounds of seeds from \(heldOut.lowerBound). Features are lognormal,
      uniform and counts, go together and follow the day of the week, one has 40 categories; models are thresholded
      trees, classes without probabilities, a class of about 2 % and numbers with heavy tails; two to six weeks and
      then three to fourteen days, 500 to 200 000 rows; magnitudes reach from hardly to plainly visible, what
      comes comes at once, little by little, or only for some hours of the day.
      """
    }
  }

  var markdown: String {
    """
    \(introduction)

    \(overall)

    ### By incident

    \(byIncident)
    \(place == .elsewhere ? bySize : "")
    ### Calibration

    Scores of all six causes in all cases, and how often the cause was a true one.

    \(calibration)

    ### Details

    \(details)

    """
  }

  private var bySize: String {
    var lines = [
      "", "| reference rows | incidents | ranked first | named | blame where there is none |",
      "|---|---|---|---|---|",
    ]
    let edges = [0, 1_000, 5_000, 20_000, Int.max]
    for (low, high) in zip(edges, edges.dropFirst()) {
      let own = verdicts.filter {
        (low..<high).contains($0.made.evidence.tables?.reference.rows ?? 0)
      }
      let (bad, quiet) = (own.filter(\.isIncident), own.filter { !$0.isIncident })
      let title = high == Int.max ? "\(low) and more" : "\(low)–\(high)"
      lines.append(
        "| \(title) | \(bad.count) | \(percent(bad.count(where: \.isRankedFirst), bad.count)) "
          + "| \(percent(bad.count(where: \.isRight), bad.count)) "
          + "| \(percent(quiet.count { $0.report.primaryCause != .unknown }, quiet.count)) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var overall: String {
    let incidents = verdicts.filter(\.isIncident)
    let single = incidents.filter { $0.made.causes.count == 1 }
    let pairs = incidents.filter { $0.made.causes.count == 2 }
    let quiet = verdicts.filter { !$0.isIncident }
    func row(
      _ name: String, _ right: (Campaign.Verdict) -> Bool, _ blames: (Campaign.Verdict) -> Bool
    )
      -> String
    {
      "| \(name) | \(percent(single.count(where: right), single.count)) | "
        + "\(percent(pairs.count(where: right), pairs.count)) | "
        + "\(percent(quiet.count(where: blames), quiet.count)) |"
    }
    return [
      "| ranked by | first right, one cause (\(single.count)) | first right, one of two (\(pairs.count)) | "
        + "blame where there is none (\(quiet.count)) |",
      "|---|---|---|---|",
      row("Plumbline", \.isRankedFirst) { $0.report.primaryCause != .unknown },
      row("number of alerts", { $0.alerts.map($0.made.causes.contains) ?? false }) {
        $0.alerts != nil
      },
      row(
        "correlation with the loss", { $0.correlation.map($0.made.causes.contains) ?? false }
      ) { $0.correlation != nil },
    ].joined(separator: "\n")
  }

  private var byIncident: String {
    var lines = ["| incident | cases | ranked first | named | leaf |", "|---|---|---|---|---|"]
    for incident in Incident.allCases {
      let all = verdicts.filter { $0.made.incidents == [incident] }
      let own = all.filter { $0.isIncident == (incident.kind != nil) }
      guard !own.isEmpty else { continue }
      let named = percent(own.count(where: \.isRight), own.count)
      guard incident.kind != nil else {
        lines.append("| \(incident.rawValue) | \(own.count) | – | \(named) | – |")
        continue
      }
      let leaf = own.count { $0.isRight && $0.report.causes.first?.kind == incident.kind }
      lines.append(
        "| \(incident.rawValue) | \(own.count) | \(percent(own.count(where: \.isRankedFirst), own.count)) "
          + "| \(named) | \(percent(leaf, own.count)) |")
    }
    let costless = all.filter { $0.made.isCostless && !$0.isIncident }
    if !costless.isEmpty {
      lines.append(
        "| costs nothing | \(costless.count) | – "
          + "| \(percent(costless.count(where: \.isRight), costless.count)) | – |")
    }
    let pairs = verdicts.filter { $0.made.causes.count == 2 }
    let both = pairs.count { pair in
      Set(pair.report.causes.prefix(2).map(\.cause)) == pair.made.causes
    }
    lines.append(
      "| two at once | \(pairs.count) | \(percent(pairs.count(where: \.isRankedFirst), pairs.count)) | "
        + "\(percent(pairs.count(where: \.isRight), pairs.count)) | "
        + "both are the first two: \(percent(both, pairs.count)) |")
    return lines.joined(separator: "\n")
  }

  private var calibration: String {
    let all = verdicts.flatMap { verdict in
      verdict.report.causes.map { ($0.score, verdict.made.causes.contains($0.cause)) }
    }
    var lines = ["| score | cases | mean score | true |", "|---|---|---|---|"]
    let edges = [0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.000001]
    for (low, high) in zip(edges, edges.dropFirst()) {
      let own = all.filter { $0.0 >= low && $0.0 < high }
      guard !own.isEmpty else { continue }
      let mean = own.reduce(0) { $0 + $1.0 } / Double(own.count)
      let share = Double(own.count(where: \.1)) / Double(own.count)
      lines.append(
        String(
          format: "| %.2f–%.2f | %d | %.3f | %.3f |", low, min(1, high), own.count, mean, share))
    }
    let brier =
      all.reduce(0) { $0 + ($1.0 - ($1.1 ? 1 : 0)) * ($1.0 - ($1.1 ? 1 : 0)) } / Double(all.count)
    let base = Double(all.count(where: \.1)) / Double(all.count)
    lines.append("")
    lines.append(
      String(
        format: "Brier score %.4f; that of always saying how often a cause is a true one: %.4f.",
        brier,
        base * (1 - base)))
    return lines.joined(separator: "\n")
  }

  private var details: String {
    let drifts = verdicts.filter {
      $0.made.incidents == [.featureDrift] && $0.isIncident && $0.report.attribution != nil
    }
    let first = drifts.count { verdict in
      verdict.report.attribution?.parts.first { $0.kind == "feature" }?.feature
        == verdict.made.feature
    }
    let defects = verdicts.filter {
      [[.missingValues], [.unitChange], [.stuckFeature], [.encodingChange]].contains(
        $0.made.incidents)
    }
    let named = defects.count { verdict in
      verdict.report.features.filter { !$0.defects.isEmpty }
        .max { ($0.defects[0].strength) < ($1.defects[0].strength) }?.feature
        == verdict.made.feature
    }
    let unexplained = verdicts.compactMap(\.unexplainedShare).sorted()
    func rest(_ place: Int) -> String {
      unexplained.isEmpty ? "–" : String(format: "%.1f %%", 100 * unexplained[place])
    }
    let hours = verdicts.filter { $0.isIncident && $0.isRight && $0.made.incidents.count == 1 }
      .compactMap { verdict -> Double? in
        verdict.report.causes.first?.since.map {
          abs(Double($0.microseconds - verdict.made.onset.microseconds)) / 3.6e9
        }
      }.sorted()
    return """
      - The feature that drifted has the largest part of the change of all features in \
      \(percent(first, drifts.count)) of \(drifts.count) feature drifts.
      - The broken feature is named first in \(percent(named, defects.count)) of \(defects.count) broken pipelines.
      - "Since" is off by \(hours.isEmpty ? "–" : String(format: "%.0f hours", hours[hours.count / 2])) in the median of \
      \(hours.count) cases that have one, and by at most \
      \(hours.isEmpty ? "–" : String(format: "%.0f hours", hours[hours.count * 9 / 10])) in nine of ten.
      - What no part explains is \(rest(unexplained.count / 2)) of the change in the median of the \(unexplained.count) \
      cases whose loss surely rose, \(rest(unexplained.count * 9 / 10)) at most in nine of ten, and \
      \(rest(unexplained.count - 1)) at worst.
      """
  }
}
