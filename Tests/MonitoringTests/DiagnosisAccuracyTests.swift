import Foundation
import Monitoring
import Simulation
import Synchronization
import Testing

/// Simulated incidents whose causes are known, of seeds that probabilities were not fitted on.
struct DiagnosisAccuracyTests {
  /// Cases of an incident: few, as the table in docs/diagnosis-accuracy.md has the many.
  private static func rounds(_ incident: Incident) -> Int {
    switch incident {
    case .quiet: 8
    case .featureDrift: 6
    case .versionRollout: 4
    case .labelShift, .conceptGlobal, .conceptSegment, .servingBug: 2
    default: 1
    }
  }

  static let verdicts = verdicts(.usual)

  private static func verdicts(_ place: Campaign.Place) -> [Campaign.Verdict] {
    var options = DiagnosisOptions()
    (options.trees, options.pairs) = (20, 100)
    let campaign = Campaign(place, sizes: [1_400], options: options)
    let plans = Incident.allCases.enumerated().flatMap { index, incident in
      (0..<rounds(incident)).map { round in
        (incidents: [incident], seed: 900_000 + UInt64(index * 100 + round))
      }
    }
    let found = Mutex([Campaign.Verdict?](repeating: nil, count: plans.count))
    DispatchQueue.concurrentPerform(iterations: plans.count) { index in
      let verdict = campaign.diagnose(plans[index].incidents, seed: plans[index].seed)
      found.withLock { $0[index] = verdict }
    }
    return found.withLock { $0.compactMap { $0 } }.filter { !$0.made.isCostless }
  }

  @Test func `The true cause ranks first, far more often than by alerts or correlation`() {
    let incidents = Self.verdicts.filter(\.isIncident)
    func share(_ isRight: (Campaign.Verdict) -> Bool) -> Double {
      Double(incidents.count(where: isRight)) / Double(incidents.count)
    }
    let own = share(\.isRankedFirst)
    let alerts = share { $0.alerts.map($0.made.causes.contains) ?? false }
    let correlation = share { $0.correlation.map($0.made.causes.contains) ?? false }
    #expect(own >= 0.85)
    #expect(own > alerts + 0.2 && own > correlation + 0.2)
  }

  @Test func `Quiet weeks are not blamed`() {
    let quiet = Self.verdicts.filter { $0.made.incidents == [.quiet] }
    #expect(quiet.count(where: \.isRight) == quiet.count)
    for verdict in quiet {
      #expect(verdict.report.verdict != .causeFound)
      #expect(verdict.report.primaryCause == .unknown)
    }
  }

  @Test func `Parts add up to the observed change`() {
    for report in Self.verdicts.map(\.report) {
      guard let attribution = report.attribution else { continue }
      let sum = attribution.parts.reduce(0) { $0 + $1.value }
      #expect(abs(sum - attribution.change) < 1e-9)
      #expect(abs(attribution.current - attribution.reference - attribution.change) < 1e-9)
    }
  }

  @Test func `What no part explains is little of the change`() {
    let shares = Self.verdicts.compactMap(\.unexplainedShare).sorted()
    #expect(shares.count >= 10)
    #expect(shares[shares.count / 2] < 0.05)
    #expect(shares[shares.count - 1] < 0.2)
  }

  @Test func `Scores are probabilities that hold`() {
    let all = Self.verdicts.flatMap { verdict in
      verdict.report.causes.map { ($0.score, verdict.made.causes.contains($0.cause)) }
    }
    let brier =
      all.reduce(0) { $0 + ($1.0 - ($1.1 ? 1 : 0)) * ($1.0 - ($1.1 ? 1 : 0)) } / Double(all.count)
    #expect(brier < 0.05)
    let sure = all.filter { $0.0 > 0.9 }
    #expect(Double(sure.count(where: \.1)) >= 0.9 * Double(sure.count))
    for verdict in Self.verdicts { #expect(verdict.report.calibration.incidents > 1_000) }
  }

  @Test(
    arguments: CauseKind.allCases.filter { $0 != .custom && $0 != .cpuPressure && $0 != .errorRate }
  )
  func `Every leaf of the tree is reached`(_ kind: CauseKind) {
    let own = Self.verdicts.filter { $0.made.kinds.contains(kind) }
    #expect(!own.isEmpty)
    #expect(own.contains { $0.report.causes.first?.kind == kind })
  }

  @Test func `In worlds that nothing was fitted on, it is right more often than not`() {
    let all = Self.verdicts(.elsewhere)
    let incidents = all.filter(\.isIncident)
    #expect(incidents.count >= 15)
    #expect(4 * incidents.count(where: \.isRankedFirst) >= 3 * incidents.count)
    let quiet = all.filter { $0.made.incidents == [.quiet] }
    #expect(quiet.count(where: \.isRight) >= quiet.count - 1)
  }
}
