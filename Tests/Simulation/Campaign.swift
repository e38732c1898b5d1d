public import Monitoring

/// Many cases, diagnosed.
public struct Campaign: Sendable {
  /// Which simulator makes them.
  public enum Place: String, CaseIterable, Sendable {
    /// The one that probabilities are fitted on, with other seeds.
    case usual
    /// One that is built in another way, and that nothing is fitted on.
    case elsewhere
  }

  public struct Verdict: Sendable {
    public var made: SimulatedCase
    public var report: DiagnosisReport
    public var signals: CauseSignals
    /// What peers would say.
    public var alerts: RootCause?
    public var correlation: RootCause?
  }

  public var place: Place
  /// Reference rows of a case, one of these by its seed; nil for those of the simulator.
  public var sizes: [Int]?
  public var options: DiagnosisOptions

  public init(
    _ place: Place = .usual, sizes: [Int]? = nil,
    options: DiagnosisOptions = DiagnosisOptions()
  ) {
    self.place = place
    self.sizes = sizes
    self.options = options
  }

  public static let usualSizes = [800, 2_000, 4_000, 12_000]

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
    func size(_ sizes: [Int]) -> Int { sizes[Int((seed / 100 + seed) % UInt64(sizes.count))] }
    let made: SimulatedCase
    switch place {
    case .usual:
      made = Simulator(rows: size(sizes ?? Self.usualSizes)).make(incidents, seed: seed)
    case .elsewhere:
      var story = ElsewhereStory(incidents, seed: seed, rows: sizes.map(size))
      made = story.tell()
    }
    let (evidence, report, signals) = Diagnosis(options: options).explain(made.evidence)
    return Verdict(
      made: made, report: report, signals: signals,
      alerts: PeerRankers.mostAlerts(report, evidence),
      correlation: PeerRankers.highestCorrelation(evidence))
  }
}

extension Campaign.Verdict {
  /// Rows of many cases are more than there is room for; how many there were stays.
  public mutating func forgetRows() {
    guard let tables = made.evidence.tables else { return }
    made.evidence = DiagnosisEvidence()
    made.evidence.tables = DiagnosisTables(
      features: [], reference: .init(rows: tables.reference.rows),
      current: .init(rows: tables.current.rows), loss: tables.loss,
      isClassification: tables.isClassification)
  }

  /// How much of the change no part explains, 0 and more; nil where the loss did not surely rise, so that there
  /// is hardly a change to explain.
  public var unexplainedShare: Double? {
    guard let parts = report.attribution, (parts.lower ?? 0) > 0,
      parts.change > 0.01 * abs(parts.reference)
    else { return nil }
    return abs(parts.unexplained) / parts.change
  }

  /// Whether something is to be blamed.
  public var isIncident: Bool { !made.causes.isEmpty }

  /// The first of the ranked causes is one of the true ones.
  public var isRankedFirst: Bool {
    report.causes.first.map { made.causes.contains($0.cause) } ?? false
  }

  /// The primary cause is a true one, or there is none and none is named.
  public var isRight: Bool {
    isIncident ? made.causes.contains(report.primaryCause) : report.primaryCause == .unknown
  }
}
