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
}

/// The report of a monitoring type; in JSON the report itself.
public enum RunResults: Codable, Sendable, Equatable {
  case performance(PerformanceReport)
  case experiment(ExperimentReport)

  public init(from decoder: any Decoder) throws {
    // Told by a member of one alone, so that a mistake in either is not blamed on the other.
    let members = try decoder.container(keyedBy: ExperimentReport.CodingKeys.self)
    self =
      members.contains(.experimentID)
      ? .experiment(try ExperimentReport(from: decoder))
      : .performance(try PerformanceReport(from: decoder))
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .performance(let report): try report.encode(to: encoder)
    case .experiment(let report): try report.encode(to: encoder)
    }
  }
}

/// Something about the run that is worth telling somebody.
public struct RunAlert: Codable, Sendable, Equatable {
  public enum Severity: String, Codable, Sendable {
    case critical, warning, info
  }

  /// The same for the same condition on the same data source, however often it is seen.
  public var id: String
  public var severity: Severity
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
}

/// One of the requirement's common errors.
public struct RunError: Codable, Sendable, Equatable {
  public var type: String
  public var recovery: String
  /// Whether the recovery was carried out and helped.
  public var recovered: Bool
  public var message: String
}
