public import Monitoring

/// One question of the debug checklist, and its answer.
public struct DoctorItem: Encodable, Sendable, Equatable {
  /// The parts of the checklist.
  public enum Section: String, Encodable, Sendable, CaseIterable {
    /// The configuration, the data folder, the service itself.
    case installation
    case metricsCollection = "metrics_collection"
    case driftDetection = "drift_detection"
    /// Labels and what is measured by them.
    case performance
    case alerting
    case abTesting = "ab_testing"
  }

  public enum Outcome: String, Encodable, Sendable, CaseIterable {
    case ok
    case failed
    /// It works, and is not as it should be.
    case warning
    /// It could not be told; `seen` says why.
    case unknown
    /// There is nothing to look at, or it was not asked for; `seen` says which.
    case skipped
  }

  /// A stable name of the question.
  public var id: String
  public var section: Section
  /// The model, check, experiment or channel it is about; nil for the whole.
  @NullCoded public var subject: String?
  public var question: String
  public var outcome: Outcome
  /// What was seen, or why nothing was.
  public var seen: String
  /// What to do; nil where there is nothing to do.
  @NullCoded public var mend: String?

  public init(
    id: String, section: Section, subject: String? = nil, question: String, outcome: Outcome,
    seen: String, mend: String? = nil
  ) {
    self.id = id
    self.section = section
    self.subject = subject
    self.question = question
    self.outcome = outcome
    self.seen = seen
    self.mend = mend
  }
}

/// The checklist, gone through.
public struct DoctorReport: Encodable, Sendable, Equatable {
  public struct Counts: Encodable, Sendable, Equatable {
    public var ok = 0
    public var failed = 0
    public var warning = 0
    public var unknown = 0
    public var skipped = 0
  }

  /// The whole in a word.
  public enum Status: String, Encodable, Sendable {
    case ok, warning, failed
    /// Nothing could be told.
    case unknown
  }

  public var schemaVersion = "1"
  public var checkedAt: Instant
  /// In the order of the sections.
  public var items: [DoctorItem]

  public init(checkedAt: Instant, items: [DoctorItem]) {
    self.checkedAt = checkedAt
    self.items = items
  }

  public var counts: Counts {
    items.reduce(into: Counts()) { counts, item in
      switch item.outcome {
      case .ok: counts.ok += 1
      case .failed: counts.failed += 1
      case .warning: counts.warning += 1
      case .unknown: counts.unknown += 1
      case .skipped: counts.skipped += 1
      }
    }
  }

  public var status: Status {
    let counts = counts
    if counts.failed > 0 { return .failed }
    if counts.warning > 0 { return .warning }
    return counts.ok > 0 ? .ok : .unknown
  }

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case status
    case checkedAt = "checked_at"
    case counts, items
  }

  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(schemaVersion, forKey: .schemaVersion)
    try members.encode(status, forKey: .status)
    try members.encode(checkedAt, forKey: .checkedAt)
    try members.encode(counts, forKey: .counts)
    try members.encode(items, forKey: .items)
  }
}
