import Foundation
import Monitoring
import Reporting

/// Whether thresholds can do what they are for.
enum ThresholdJudgement {
  /// Distances that are never more than 1.
  static let boundedDistances: Set<String> = [
    "js_divergence", "hellinger", "total_variation", "l_infinity", "energy",
  ]

  /// One method's threshold; nil where it is sane.
  static func judge(_ threshold: Double, method: String, kind: ThresholdKind) -> Finding? {
    let text = NumberText.short(threshold)
    switch kind {
    case .significance:
      if threshold <= 0 {
        return .failed(
          "\(method) never finds drift: no p-value is below \(text)", mend: "use 0.05 or 0.01")
      }
      if threshold > 0.2 {
        return .failed(
          "\(method) finds drift where there is none in \(NumberText.percent(min(1, threshold))) of "
            + "all comparisons: the significance level is \(text)", mend: "use 0.05 or 0.01")
      }
    case .distance:
      if threshold <= 0 {
        return .failed(
          "\(method) always finds drift: every distance is at least \(text)", mend: "use 0.1")
      }
      if threshold > 1 {
        return boundedDistances.contains(method)
          ? .failed(
            "\(method) never finds drift: it is at most 1, and the threshold is \(text)",
            mend: "use 0.1, or 0.2 to be told of less")
          : .warning(
            "\(method) finds next to nothing: the threshold is \(text), where 0.25 is a major shift",
            mend: "use 0.1, or 0.25 to be told of less")
      }
    }
    return nil
  }

  /// The threshold of the configuration, for what `method` it may be used with.
  static func planned(_ options: DriftOptions) -> [Finding] {
    guard let threshold = options.threshold else { return [] }
    let methods =
      options.method == "auto"
      ? ["ks_test", "wasserstein", "js_divergence"] : [options.method]
    let findings = methods.compactMap { id in
      DriftMethod.all.first { $0.id == id }.flatMap {
        judge(threshold, method: id, kind: $0.thresholdKind)
      }
    }
    // `auto` tests significance of small samples and distance of large ones: one number for both.
    guard options.method == "auto", let worst = findings.first(where: { $0.outcome == .failed })
    else { return findings }
    return [worst]
  }

  /// The thresholds a check has used; those of a method once.
  static func used(_ report: DriftReport) -> [Finding] {
    var seen: Set<String> = []
    return report.columns.compactMap { column in
      guard let method = column.method, let threshold = column.threshold,
        let kind = column.thresholdKind, seen.insert("\(method) \(threshold)").inserted
      else { return nil }
      return judge(threshold, method: method, kind: kind)
    }
  }

  static func summary(_ report: DriftReport) -> String {
    var seen: [String] = []
    for column in report.columns {
      guard let method = column.method, let threshold = column.threshold,
        let kind = column.thresholdKind
      else { continue }
      let text =
        "\(method) \(kind == .significance ? "p <" : "≥") \(NumberText.short(threshold))"
      if !seen.contains(text) { seen.append(text) }
    }
    return seen.isEmpty ? "no column was judged yet" : Finding.listed(seen)
  }

  /// Checks from which on a column that always drifts says something of its threshold.
  static let leastChecks = 10

  /// Columns that had drifted at every check.
  ///
  /// - Parameter samples: of `feature_distribution_shift` of one check.
  static func alwaysDrifted(_ samples: [MetricSample]) -> [Finding] {
    let byFeature = Dictionary(
      grouping: samples.filter { $0.value != nil }, by: { $0.labels["feature"] ?? "" })
    let always = byFeature.filter { _, samples in
      samples.count >= leastChecks && samples.allSatisfy { $0.value == 1 }
    }
    guard !always.isEmpty else { return [] }
    let names = always.keys.sorted().map { "`\($0)`" }
    return [
      .warning(
        "drifted at every check of the time looked at: \(Finding.listed(names))",
        mend: "make the reference anew if this is how things are now, or raise the threshold "
          + "(0.1 to 0.15)")
    ]
  }
}
