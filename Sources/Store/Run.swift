public import Monitoring

/// What a check found.
public enum RunReport: Encodable, Sendable, Equatable {
  case drift(DriftReport)
  case quality(DataQualityReport)
  case performance(PerformanceReport)
  case failure(RunFailure)

  public enum Kind: String, Codable, Sendable, CaseIterable {
    case drift, quality, performance, failure
  }

  public var kind: Kind {
    switch self {
    case .drift: .drift
    case .quality: .quality
    case .performance: .performance
    case .failure: .failure
    }
  }

  public var status: Status {
    switch self {
    case .drift(let report): report.status
    case .quality(let report): report.status
    case .performance(let report): report.status
    case .failure: .unknown
    }
  }

  /// The report as it is printed, without a word of its kind.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .drift(let report): try report.encode(to: encoder)
    case .quality(let report): try report.encode(to: encoder)
    case .performance(let report): try report.encode(to: encoder)
    case .failure(let failure): try failure.encode(to: encoder)
    }
  }
}

/// A check that could not be made.
public struct RunFailure: Codable, Sendable, Equatable {
  public var schemaVersion = "1"
  public var status = Status.unknown
  /// As the requirement calls it.
  public var type = "metrics_collection_failure"
  public var recovery = "fallback_to_cached_metrics"
  /// Why.
  public var reason: String
  /// The run whose figures stand in, marked as stale; nil where there is none.
  @NullCoded public var cachedRun: Int64?

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case status, type, recovery, reason
    case cachedRun = "cached_run"
  }

  public init(reason: String, cachedRun: Int64?) {
    self.reason = reason
    self.cachedRun = cachedRun
  }
}

/// A check that was made and kept.
public struct Run: Sendable {
  /// Given when the run is kept; nil before.
  public var id: Int64?
  /// The command that made it; `serve` for the service.
  public var command: String
  /// ISO 8601, UTC.
  public var createdAt: String
  /// The model and the check of the service's configuration; nil for other commands.
  public var model: String?
  public var check: String?
  /// The time the check was due, ISO 8601; nil for other commands.
  public var dueAt: String?
  public var report: RunReport

  public init(
    id: Int64? = nil, command: String, createdAt: String, model: String? = nil,
    check: String? = nil, dueAt: String? = nil, report: RunReport
  ) {
    self.id = id
    self.command = command
    self.createdAt = createdAt
    self.model = model
    self.check = check
    self.dueAt = dueAt
    self.report = report
  }

  /// The run in one line, as it will be listed.
  var summary: RunSummary {
    var summary = RunSummary(
      id: id ?? 0, kind: report.kind, command: command, createdAt: createdAt, model: model,
      check: check, dueAt: dueAt, status: report.status, headline: "")
    switch report {
    case .drift(let report):
      summary.headline = "\(report.driftedColumns) of \(report.checkedColumns) columns drifted"
      summary.reference = report.reference.source
      summary.current = report.current.source
      summary.driftShare = report.driftShare
      summary.driftedColumns = report.driftedColumns
      summary.checkedColumns = report.checkedColumns
    case .quality(let report):
      summary.headline = report.headline
      summary.reference = report.reference.source
      summary.current = report.current.source
    case .performance(let report):
      let value = report.metrics[report.primaryMetric]?.value
      let text = value.map { "\(($0 * 10_000).rounded() / 10_000)" } ?? "unknown"
      summary.headline = "\(report.primaryMetric) \(text), \(report.labelledRows) labels"
      summary.current = report.source
    case .failure(let failure): summary.headline = failure.reason
    }
    return summary
  }
}

/// A kept run in one line.
public struct RunSummary: Codable, Sendable, Equatable {
  public var id: Int64
  public var kind: RunReport.Kind
  public var command: String
  public var createdAt: String
  @NullCoded public var model: String?
  @NullCoded public var check: String?
  @NullCoded public var dueAt: String?
  public var status: Status
  /// What was found, in a few words.
  public var headline: String
  @NullCoded public var reference: String?
  @NullCoded public var current: String?
  @NullCoded public var driftShare: Double?
  @NullCoded public var driftedColumns: Int?
  @NullCoded public var checkedColumns: Int?

  enum CodingKeys: String, CodingKey {
    case id, kind, command
    case createdAt = "created_at"
    case model, check
    case dueAt = "due_at"
    case status, headline, reference, current
    case driftShare = "drift_share"
    case driftedColumns = "drifted_columns"
    case checkedColumns = "checked_columns"
  }

  init(
    id: Int64, kind: RunReport.Kind, command: String, createdAt: String, model: String?,
    check: String?, dueAt: String?, status: Status, headline: String
  ) {
    self.id = id
    self.kind = kind
    self.command = command
    self.createdAt = createdAt
    self.model = model
    self.check = check
    self.dueAt = dueAt
    self.status = status
    self.headline = headline
  }
}
