import DataSources
import Events
import Foundation
import Monitoring
import Outbound
import Reporting

/// Whether experiments run as they were planned.
struct ExperimentCheckup: Checkup {
  static let split = Question("traffic_split", .abTesting, "Is the traffic split as planned?")
  static let deterministic = Question(
    "assignment_deterministic", .abTesting, "Is a user's variant always the same?")
  static let measured = Question(
    "variants_measured", .abTesting, "Are metrics measured of every variant?")
  static let guardrails = Question("guardrails", .abTesting, "Are guardrails configured?")

  func items(_ visit: Visit) -> [DoctorItem] {
    let experiments = visit.configuration.experiments
    guard !experiments.isEmpty else {
      let why = Finding.skipped("the configuration has no experiments")
      return [Self.split, Self.deterministic, Self.measured, Self.guardrails].map {
        $0.answer(why)
      }
    }
    return experiments.flatMap { experiment -> [DoctorItem] in
      let allocation = Result { try visit.events.allocation(of: experiment) }
      let name = experiment.experimentID
      // Why there is no allocation is told by the first of these.
      return [
        Self.split.answer(judged(allocation, name, ExperimentJudgement.split), of: name),
        Self.deterministic.answer(assignment(of: experiment, visit), of: name),
        Self.measured.answer(judged(allocation, name, ExperimentJudgement.measured), of: name),
        Self.guardrails.answer(
          ExperimentJudgement.guardrails(experiment, (try? allocation.get()) ?? nil), of: name),
      ]
    }
  }

  private func judged(
    _ allocation: Result<ExperimentAllocation?, any Error>, _ name: String,
    _ judge: (ExperimentAllocation) -> Finding
  ) -> Finding {
    do {
      guard let allocation = try allocation.get() else {
        return .unknown(
          "there are no observations yet",
          mend: "send them to /v1/experiments/\(name)/observations")
      }
      return judge(allocation)
    } catch let error as MonitoringError {
      return .failed(error)
    } catch {
      return .unknown(error)
    }
  }

  // MARK: Assignment

  private struct Users: Encodable {
    let userIDs: [String]
    enum CodingKeys: String, CodingKey { case userIDs = "user_ids" }
  }

  private struct Assignments: Decodable {
    struct Assignment: Decodable {
      var variant: String
    }
    var assignments: [Assignment]
  }

  static let sample = (0..<1_000).map { "doctor-\($0)" }

  private func assignment(of experiment: ExperimentConfig, _ visit: Visit) -> Finding {
    func local() -> [String] {
      experiment.assignment.variants(of: Self.sample).map { index in
        index.map { experiment.variants[$0].name } ?? VariantAssignment.outside
      }
    }
    let here = local()
    let local = ExperimentJudgement.assignment(
      once: here, again: local(), published: PublishedAssignment.holds)
    guard local.outcome == .ok, let access = visit.service.access, visit.service.answers else {
      return local
    }
    do throws(ServiceProblem) {
      let path = "v1/experiments/\(WebAddress.segment(experiment.experimentID))/assign"
      var there: [[String]] = []
      for _ in 0..<2 {
        there.append(
          try access.post(path, Users(userIDs: Self.sample), as: Assignments.self)
            .assignments.map(\.variant))
      }
      return ExperimentJudgement.assignment(here: here, there: there)
    } catch {
      return .unknown("the service did not assign: \(error.what)", mend: Self.mend(error))
    }
  }

  private static func mend(_ problem: ServiceProblem) -> String {
    switch problem {
    case .refused(_, 403, _): "give a token whose scopes hold `ingest` or `admin` too"
    case .refused(_, 404, _): "have the service read this configuration: send it SIGHUP"
    default: problem.mend
    }
  }
}

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
    if allocation.mixedUnits > 0 {
      findings.append(
        .warning(
          "\(allocation.mixedUnits) units were in more than one variant",
          mend: "take variants from /assign alone, by an id that stays the same"))
    }
    if allocation.unknownRows > 0 {
      findings.append(
        .warning(
          "\(allocation.unknownRows) observations are of no variant of the experiment",
          mend: "send observations without `variant`: the service gives them their user's"))
    }
    return .worst(of: findings, fine: counts)
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
