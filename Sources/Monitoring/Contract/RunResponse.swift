/// The answer to a ``RunRequest``, as the requirement's output schema has it.
///
/// See `docs/schemas/run-response.schema.json`.
public struct RunResponse: Codable, Sendable, Equatable {
  public var status: Status
  /// Why the status is unknown; nil otherwise.
  @NullCoded public var reason: String?
  @NullCoded public var driftResults: DriftReport?
  /// What types other than drift detection found.
  @NullCoded public var results: RunResults?
  public var alerts: [RunAlert]
  public var recommendations: [String]
  public var nextSteps: [String]
  public var preConditions: [PreCondition]
  /// The requirement's common errors that occurred, and what was done about each.
  public var errors: [RunError]

  enum CodingKeys: String, CodingKey {
    case status, reason
    case driftResults = "drift_results"
    case results
    case alerts, recommendations
    case nextSteps = "next_steps"
    case preConditions = "pre_conditions"
    case errors
  }

  package init(
    status: Status, reason: String?, driftResults: DriftReport?, results: RunResults? = nil,
    alerts: [RunAlert], recommendations: [String], nextSteps: [String],
    preConditions: [PreCondition], errors: [RunError]
  ) {
    self.status = status
    self.reason = reason
    self.driftResults = driftResults
    self.results = results
    self.alerts = alerts
    self.recommendations = recommendations
    self.nextSteps = nextSteps
    self.preConditions = preConditions
    self.errors = errors
  }
}

/// The report of a monitoring type; in JSON the report itself.
public enum RunResults: Codable, Sendable, Equatable {
  case performance(PerformanceReport)
  case experiment(ExperimentReport)
  case alerting(AlertingReport)
  case diagnosis(DiagnosisReport)

  public init(from decoder: any Decoder) throws {
    // Told by a member of one alone, so that a mistake in one is not blamed on another.
    if try decoder.container(keyedBy: ExperimentReport.CodingKeys.self).contains(.experimentID) {
      self = .experiment(try ExperimentReport(from: decoder))
    } else if try decoder.container(keyedBy: AlertingReport.CodingKeys.self).contains(.alerts) {
      self = .alerting(try AlertingReport(from: decoder))
    } else if try decoder.container(keyedBy: DiagnosisReport.CodingKeys.self)
      .contains(.primaryCause)
    {
      self = .diagnosis(try DiagnosisReport(from: decoder))
    } else {
      self = .performance(try PerformanceReport(from: decoder))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .performance(let report): try report.encode(to: encoder)
    case .experiment(let report): try report.encode(to: encoder)
    case .alerting(let report): try report.encode(to: encoder)
    case .diagnosis(let report): try report.encode(to: encoder)
    }
  }
}

/// Alerts as metrics over time have them at their end.
public struct AlertingReport: Codable, Sendable, Equatable {
  public var schemaVersion = "1"
  /// Samples of metrics that were looked at.
  public var samples: Int
  /// Their first and last time; nil where there are none.
  @NullCoded public var from: Instant?
  @NullCoded public var to: Instant?
  /// Alerts that are pending, firing, lately resolved or without data, the most urgent first.
  public var alerts: [AlertRecord]

  enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case samples, from, to, alerts
  }

  public init(samples: Int, from: Instant?, to: Instant?, alerts: [AlertRecord]) {
    self.samples = samples
    self.from = from
    self.to = to
    self.alerts = alerts
  }
}

/// Something about the run that is worth telling somebody.
public struct RunAlert: Codable, Sendable, Equatable {
  /// The same for the same condition on the same data source, however often it is seen.
  public var id: String
  public var severity: AlertSeverity
  public var title: String
  public var description: String
  public var metricName: String
  @NullCoded public var currentValue: Double?
  /// The threshold that was crossed; nil where the condition has none.
  @NullCoded public var threshold: Double?
  public var labels: [String: String]

  enum CodingKeys: String, CodingKey {
    case id, severity, title, description
    case metricName = "metric_name"
    case currentValue = "current_value"
    case threshold, labels
  }

  package init(
    id: String, severity: AlertSeverity, title: String, description: String,
    metricName: String, currentValue: Double?, threshold: Double?, labels: [String: String]
  ) {
    self.id = id
    self.severity = severity
    self.title = title
    self.description = description
    self.metricName = metricName
    self.currentValue = currentValue
    self.threshold = threshold
    self.labels = labels
  }
}

/// Something that has to hold before a run means anything.
public struct PreCondition: Codable, Sendable, Equatable {
  public enum Name: String, Codable, Sendable {
    case modelDeployedAndServing = "model_deployed_and_serving"
    case metricsEndpointAccessible = "metrics_endpoint_accessible"
    case baselineDataAvailable = "baseline_data_available"
  }

  public enum State: String, Codable, Sendable {
    case met
    case notMet = "not_met"
    case unknown
  }

  public var name: Name
  public var state: State
  /// What was looked at.
  public var detail: String

  package init(name: Name, state: State, detail: String) {
    self.name = name
    self.state = state
    self.detail = detail
  }
}

/// One of the requirement's common errors.
public struct RunError: Codable, Sendable, Equatable {
  public var type: String
  public var recovery: String
  /// Whether the recovery was carried out and helped.
  public var recovered: Bool
  public var message: String
}
