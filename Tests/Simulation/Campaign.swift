public import Monitoring

/// Many cases, diagnosed.
public struct Campaign: Sendable {
  public struct Verdict: Sendable {
    public var made: SimulatedCase
    public var report: DiagnosisReport
    public var signals: CauseSignals
    /// What peers would say.
    public var alerts: RootCause?
    public var correlation: RootCause?
  }

  public var simulator: Simulator
  public var options: DiagnosisOptions

  public init(simulator: Simulator = Simulator(), options: DiagnosisOptions = DiagnosisOptions()) {
    self.simulator = simulator
    self.options = options
  }

  /// Plans for `seeds`: every incident alone, as many quiet weeks as a third of that, and some pairs.
  public static func plans(seeds: Range<UInt64>) -> [(incidents: [Incident], seed: UInt64)] {
    var plans: [(incidents: [Incident], seed: UInt64)] = []
    let single = Incident.allCases.filter { $0.kind != nil }
    for seed in seeds {
      for (index, incident) in single.enumerated() {
        plans.append(([incident], seed * 100 + UInt64(index)))
      }
      for index in 0..<6 { plans.append(([.quiet], seed * 100 + 40 + UInt64(index))) }
      for index in 0..<2 { plans.append(([.harmlessDrift], seed * 100 + 50 + UInt64(index))) }
      for index in 0..<4 {
        let first = single[Int((seed * 7 + UInt64(index) * 5) % UInt64(single.count))]
        let second = single[Int((seed * 11 + UInt64(index) * 3 + 4) % UInt64(single.count))]
        guard first.kind?.cause != second.kind?.cause else { continue }
        plans.append(([first, second], seed * 100 + 60 + UInt64(index)))
      }
    }
    return plans
  }

  public func diagnose(_ incidents: [Incident], seed: UInt64) -> Verdict {
    let made = simulator.make(incidents, seed: seed)
    let (evidence, report, signals) = Diagnosis(options: options).explain(made.evidence)
    return Verdict(
      made: made, report: report, signals: signals,
      alerts: PeerRankers.mostAlerts(report, evidence),
      correlation: PeerRankers.highestCorrelation(evidence))
  }
}

extension Campaign.Verdict {
  /// Whether something is to be blamed.
  public var isIncident: Bool { !made.causes.isEmpty }

  /// The first of the ranked causes is one of the true ones.
  public var isRankedFirst: Bool { report.causes.first.map { made.causes.contains($0.cause) } ?? false }

  /// The primary cause is a true one, or there is none and none is named.
  public var isRight: Bool {
    isIncident ? made.causes.contains(report.primaryCause) : report.primaryCause == .unknown
  }
}
