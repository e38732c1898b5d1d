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
        Self.split.answer(split(of: experiment, allocation), of: name),
        Self.deterministic.answer(assignment(of: experiment, allocation, visit), of: name),
        Self.measured.answer(judged(allocation, name, ExperimentJudgement.measured), of: name),
        Self.guardrails.answer(
          ExperimentJudgement.guardrails(experiment, (try? allocation.get()) ?? nil), of: name),
      ]
    }
  }

  /// From the configuration, and from what was observed.
  private func split(
    of experiment: ExperimentConfig, _ allocation: Result<ExperimentAllocation?, any Error>
  ) -> Finding {
    let assigned = experiment.assignment.variants(of: Self.sample).compactMap { $0 }
    let counts = experiment.variants.indices.map { index in assigned.count { $0 == index } }
    let planned = ExperimentJudgement.planned(
      counts, of: Self.sample.count, shares: experiment.variants.map(\.share),
      names: experiment.variants.map(\.name))
    let seen = judged(allocation, experiment.experimentID, ExperimentJudgement.split)
    guard planned.outcome == .ok else { return .worst(of: [planned, seen], fine: "") }
    return Finding(
      outcome: seen.outcome, seen: "\(planned.seen); \(seen.seen)", mend: seen.mend)
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

  static let sample = (0..<10_000).map { "doctor-\($0)" }

  /// By the function, by the service, and by what was observed.
  private func assignment(
    of experiment: ExperimentConfig, _ allocation: Result<ExperimentAllocation?, any Error>,
    _ visit: Visit
  ) -> Finding {
    let asked = assignment(of: experiment, visit)
    // Why there is none is told by the first question.
    guard let allocation = (try? allocation.get()) ?? nil else { return asked }
    let seen = ExperimentJudgement.steady(allocation)
    guard asked.outcome == .ok else {
      return seen.outcome == .ok ? asked : .worst(of: [asked, seen], fine: "")
    }
    return Finding(outcome: seen.outcome, seen: "\(asked.seen); \(seen.seen)", mend: seen.mend)
  }

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
