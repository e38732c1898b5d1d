/// An alert of one rule and one set of labels, as it is kept, shown and told.
public struct AlertRecord: Codable, Sendable, Equatable {
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Nothing is wrong.
    case inactive
    /// Failing, not for long or often enough to fire.
    case pending
    case firing
    /// It fired, and is over.
    case resolved
    /// There is no data to tell by.
    case unknown
  }

  /// The same for the same rule and labels, however often it comes: id and deduplication key.
  public var fingerprint: String
  public var rule: String
  public var metric: String
  public var severity: AlertSeverity
  /// How soon somebody is to take it on; nil where an older version kept it.
  @NullCoded public var responseTime: ResponseTime?
  /// Whether its response time is over and nobody has taken it on; nil where it was not asked, as of what was.
  @NullCoded public var overdue: Bool?
  public var state: State
  public var labels: [String: String]
  /// One line.
  public var title: String
  public var description: String
  @NullCoded public var value: Double?
  /// The threshold that was crossed, which need not be the rule's own where it follows history.
  @NullCoded public var threshold: Double?
  @NullCoded public var reference: Double?
  /// When it began to fail; nil where it does not.
  @NullCoded public var activeSince: Instant?
  /// When it began to fire; nil where it never did.
  @NullCoded public var startsAt: Instant?
  /// When it was over; nil while it fires.
  @NullCoded public var endsAt: Instant?
  public var updatedAt: Instant
  @NullCoded public var acknowledgedBy: String?
  @NullCoded public var acknowledgedAt: Instant?
  /// Ids of the silences that keep it quiet.
  public var silencedBy: [Int64] = []
  /// Fingerprints of the alerts that keep it quiet.
  public var inhibitedBy: [String] = []
  /// Whether it starts and ends so often that its changes are told rarely.
  public var flapping = false
  /// Since when there has been no data to tell by; nil where there is.
  @NullCoded public var unknownSince: Instant?
  @NullCoded public var runbookURL: String?
  /// Why it is in this state where that needs saying, such as a rule that is gone.
  @NullCoded public var reason: String?

  enum CodingKeys: String, CodingKey {
    case fingerprint, rule, metric, severity
    case responseTime = "response_time"
    case overdue, state, labels, title, description, value, threshold
    case reference
    case activeSince = "active_since"
    case startsAt = "starts_at"
    case endsAt = "ends_at"
    case updatedAt = "updated_at"
    case acknowledgedBy = "acknowledged_by"
    case acknowledgedAt = "acknowledged_at"
    case silencedBy = "silenced_by"
    case inhibitedBy = "inhibited_by"
    case flapping
    case unknownSince = "unknown_since"
    case runbookURL = "runbook_url"
    case reason
  }

  public init(
    fingerprint: String, rule: String, metric: String, severity: AlertSeverity, state: State,
    labels: [String: String], title: String, description: String, updatedAt: Instant
  ) {
    self.fingerprint = fingerprint
    self.rule = rule
    self.metric = metric
    self.severity = severity
    responseTime = severity.responseTime
    self.state = state
    self.labels = labels
    self.title = title
    self.description = description
    self.updatedAt = updatedAt
  }

  /// Whether people need not be told of it now.
  public var isQuiet: Bool { !silencedBy.isEmpty || !inhibitedBy.isEmpty }

  /// The alert as it is seen at a time: whether it is overdue. One that is kept quiet waits for nobody.
  public func seen(at now: Instant) -> AlertRecord {
    var record = self
    let waits = state == .firing && !isQuiet && acknowledgedBy == nil
    let microseconds = Int64(timeToRespond.overdueAfterSeconds) * 1_000_000
    // Times may come from clocks that were wrong.
    let due = startsAt.map { $0.microseconds.addingReportingOverflow(microseconds) }
    record.overdue =
      waits && due.map { !$0.overflow && now.microseconds > $0.partialValue } ?? false
    return record
  }

  /// How soon somebody is to take it on.
  public var timeToRespond: ResponseTime { responseTime ?? severity.responseTime }
}
