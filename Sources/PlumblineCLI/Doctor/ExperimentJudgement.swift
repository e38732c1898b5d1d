import Foundation
import Monitoring
import Reporting

/// Values of the published function: the MD5 digest of `experiment_id:user_id` as a number, modulo
/// 10 000, worked out by Python's hashlib.
enum PublishedAssignment {
  static let places: [(experiment: String, user: String, place: Double)] = [
    ("model_v2", "user_1", 0.9587), ("model_v2", "user_2", 0.7842), ("checkout", "ada", 0.1406),
    ("checkout", "", 0.2499), ("été", "ü-7", 0.4456),
  ]

  static var holds: Bool {
    places.allSatisfy { known in
      VariantAssignment(experimentID: known.experiment, shares: [0.5, 0.5])
        .place(of: known.user) == known.place
    }
  }
}

/// What was gathered of an experiment means.
enum ExperimentJudgement {
  /// Units below which a split says nothing.
  static let leastUnits = 100.0

  static func split(_ allocation: ExperimentAllocation) -> Finding {
    let units = allocation.variants.reduce(0.0) { $0 + Double($1.units) }
    let counts = allocation.variants.map { variant in
      "\(variant.name) \(variant.units) (planned \(NumberText.percent(variant.share)))"
    }.joined(separator: ", ")
    guard units >= leastUnits else {
      return .unknown(
        "only \(NumberText.short(units)) units so far: \(counts)",
        mend: "ask again when there are more")
    }
    var findings: [Finding] = []
    if allocation.srm.mismatch {
      let p = allocation.srm.pValue.map { "p = \(NumberText.short($0))" } ?? "p is not known"
      findings.append(
        .failed(
          "the split is off: \(counts); \(p)",
          mend: "look for units that are lost on the way of one variant (redirects, filters, "
            + "crashes) and for observations with a variant nobody assigned; decide nothing until then"
        ))
    }
    if allocation.unknownRows > 0 {
      findings.append(
        .warning(
          "\(allocation.unknownRows) observations are of no variant of the experiment",
          mend: "send observations without `variant`: the service gives them their user's"))
    }
    return .worst(of: findings, fine: counts)
  }

  /// What the configuration's assignment makes of many users.
  ///
  /// - Parameters:
  ///   - counts: users by variant.
  ///   - users: how many there were, those who do not take part among them.
  ///   - shares: planned, of all users.
  ///   - names: of the variants.
  static func planned(
    _ counts: [Int], of users: Int, shares: [Double], names: [String]
  ) -> Finding {
    let total = Double(max(1, users))
    let off = counts.indices.contains { index in
      let share = shares[index]
      // Four standard errors: one in 16 000 variants is farther off by chance.
      return abs(Double(counts[index]) / total - share) > 4
        * (share * (1 - share) / total)
        .squareRoot()
    }
    let texts = counts.indices.map { index in
      "\(NumberText.percent(Double(counts[index]) / total)) \(names[index])"
    }.joined(separator: ", ")
    return off
      ? .failed(
        "the configuration's assignment gives \(texts), which is not what is planned: "
          + shares.map(NumberText.percent).joined(separator: ", "),
        mend: "report it: this is a defect")
      : .ok("by the configuration \(texts) of \(users) users")
  }

  /// Whether units stayed in their variant.
  static func steady(_ allocation: ExperimentAllocation) -> Finding {
    let units = allocation.variants.reduce(0) { $0 + $1.units } + allocation.mixedUnits
    guard allocation.mixedUnits > 0 else {
      return .ok("none of \(NumberText.count(units, "observed unit")) changed its variant")
    }
    return .warning(
      "\(allocation.mixedUnits) of \(units) observed units were in more than one variant",
      mend: "take variants from /assign alone, by an id that stays the same")
  }

  static func measured(_ allocation: ExperimentAllocation) -> Finding {
    var findings: [Finding] = []
    for variant in allocation.variants where variant.units == 0 {
      findings.append(
        .failed(
          "no unit of \(variant.name) was observed",
          mend: "check that users of this variant get it, and that their observations are sent"))
    }
    for variant in allocation.variants where variant.units > 0 {
      for (metric, units) in variant.metrics.sorted(by: { $0.key < $1.key }) where units == 0 {
        findings.append(
          .failed(
            "\(metric) was not measured of \(variant.name)",
            mend: "send it in `metrics` of the observations, spelt as the experiment has it"))
      }
      for (metric, units) in variant.metrics.sorted(by: { $0.key < $1.key })
      where units > 0 && units < variant.units / 2 {
        findings.append(
          .warning(
            "\(metric) was measured of \(units) of \(variant.units) units of \(variant.name)",
            mend: "send it of every unit, 0 where nothing happened"))
      }
    }
    let counts = allocation.variants.map { "\($0.units) of \($0.name)" }
    return .worst(
      of: findings, fine: "units: \(counts.joined(separator: ", ")), with their metrics")
  }

  static func guardrails(
    _ experiment: ExperimentConfig, _ allocation: ExperimentAllocation?
  ) -> Finding {
    guard !experiment.guardrails.isEmpty else {
      return .warning(
        "it has none: a treatment that wins may still break what it must not",
        mend: "add `guardrails`, such as {latency_p99_ms: {max: 300, column: latency_ms}}")
    }
    let unmeasured = experiment.guardrails.map(\.name).filter { name in
      allocation?.variants.contains { $0.units > 0 && $0.guardrails[name] == 0 } ?? false
    }
    guard unmeasured.isEmpty else {
      return .failed(
        "not measured of every variant: \(Finding.listed(unmeasured))",
        mend: "send their columns in `metrics` of the observations")
    }
    let names = experiment.guardrails.map(\.name).joined(separator: ", ")
    return .ok(allocation == nil ? "\(names); not measured yet" : names)
  }

  /// - Parameters:
  ///   - once: variants of some users.
  ///   - again: the same, asked again.
  ///   - published: whether the function is the one that is published.
  static func assignment(once: [String], again: [String], published: Bool) -> Finding {
    guard published else {
      return .failed(
        "the assignment is not the published function",
        mend: "use a binary of a release: this one assigns users as no other does")
    }
    guard once == again else {
      return .failed(
        "the same users had other variants when asked again", mend: "report it: this is a defect")
    }
    return .ok("\(once.count) users twice the same, by the published function")
  }

  /// - Parameters:
  ///   - here: variants by this configuration.
  ///   - there: what the service said, each time it was asked.
  static func assignment(here: [String], there: [[String]]) -> Finding {
    guard let first = there.first, there.allSatisfy({ $0 == first }) else {
      return .failed(
        "the service gave the same users other variants when asked again",
        mend: "check that no proxy spreads requests over services with other configurations")
    }
    guard first == here else {
      let moved = zip(first, here).count { $0 != $1 }
      return .failed(
        "the service assigns \(moved) of \(here.count) users otherwise than this configuration",
        mend: "have the service read this configuration (SIGHUP), or ask with the one it has")
    }
    return .ok("\(here.count) users twice the same, here and at the service")
  }
}
