/// A monitoring request, as the requirement's input schema has it, plus where the data is.
///
/// See `docs/schemas/run-request.schema.json`.
public struct RunRequest: Codable, Sendable, Equatable {
  public enum MonitoringType: String, Codable, Sendable, CaseIterable {
    case driftDetection = "drift_detection"
    case performanceMonitoring = "performance_monitoring"
    case alerting
    case abTesting = "ab_testing"
    case rootCauseAnalysis = "root_cause_analysis"
  }

  public enum ModelType: String, Codable, Sendable, CaseIterable {
    case classification, regression, ranking, recommendation, nlp, cv
  }

  public enum DetectionMethod: String, Codable, Sendable, CaseIterable {
    case ksTest = "ks_test"
    case psi, wasserstein
    case chiSquare = "chi_square"
    case jsDivergence = "js_divergence"
    case auto
  }

  public struct DriftConfig: Codable, Sendable, Equatable {
    public var referenceWindowDays: Int?
    public var currentWindowDays: Int?
    public var detectionMethod: DetectionMethod?
    public var threshold: Double?
    /// Reference rows below which the window is extended.
    public var minimumReferenceRows: Int?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case referenceWindowDays = "reference_window_days"
      case currentWindowDays = "current_window_days"
      case detectionMethod = "detection_method"
      case threshold
      case minimumReferenceRows = "minimum_reference_rows"
    }
  }

  /// Where the data is, and what its columns are.
  public struct DataLocation: Codable, Sendable, Equatable {
    public var reference: String?
    public var current: String?
    public var referenceSQL: String?
    public var currentSQL: String?
    public var timestamp: String?
    public var target: String?
    public var prediction: String?
    public var probabilities: [String]?
    public var columns: [String]?
    public var numerical: [String]?
    public var categorical: [String]?
    public var text: [String]?
    public var id: String?
    public var segment: [String]?
    public var weight: String?
    public var ignore: [String]?
    public var includeTarget: Bool?
    /// Performance: predictions (`current` will do), and labels that come apart.
    public var predictions: String?
    public var predictionsSQL: String?
    public var labels: String?
    public var labelsSQL: String?
    public var probability: String?
    public var positiveLabel: String?
    public var labelTimestamp: String?
    public var group: String?
    public var item: String?
    /// Experiments: the observations (`current` will do) and their columns.
    public var observations: String?
    public var observationsSQL: String?
    public var variant: String?
    public var metrics: [String]?
    public var unit: String?
    public var covariate: String?
    /// Alerting: metrics over time, as a table, or the file a service keeps its history in.
    public var samples: String?
    public var samplesSQL: String?
    public var history: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case predictions, labels, probability, group, item, observations, variant, metrics, unit
      case covariate, samples, history
      case samplesSQL = "samples_sql"
      case predictionsSQL = "predictions_sql"
      case labelsSQL = "labels_sql"
      case positiveLabel = "positive_label"
      case labelTimestamp = "label_timestamp"
      case observationsSQL = "observations_sql"
      case reference, current
      case referenceSQL = "reference_sql"
      case currentSQL = "current_sql"
      case timestamp, target, prediction, probabilities, columns, numerical, categorical, text, id
      case segment, weight, ignore
      case includeTarget = "include_target"
    }
  }

  /// How performance is judged.
  public struct PerformanceConfig: Codable, Sendable, Equatable {
    /// The probability from which the positive class is predicted.
    public var threshold: Double?
    /// day, week, month or a number of rows.
    public var chunk: String?
    public var falsePositiveCost: Double?
    public var falseNegativeCost: Double?
    /// Ranking: how many places count.
    public var k: [Int]?
    public var estimate: Bool?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case threshold, chunk
      case falsePositiveCost = "false_positive_cost"
      case falseNegativeCost = "false_negative_cost"
      case k, estimate
    }
  }

  /// What is known for a root cause analysis besides the rows.
  public struct DiagnosisConfig: Codable, Sendable, Equatable {
    /// By name, as in ``DiagnosisEvidence/infrastructure``.
    public var infrastructure: [String: Double]?
    /// What is usual of each.
    public var baselines: [String: Double]?
    public var deployments: [Deployment]?
    public var loss: DiagnosisLoss?
    public var version: String?
    public var model: String?
    public var seed: UInt64?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case infrastructure, baselines, deployments, loss, version, model, seed
    }
  }

  public var monitoringType: MonitoringType
  public var modelType: ModelType?
  public var driftConfig: DriftConfig?
  public var performanceConfig: PerformanceConfig?
  public var diagnosisConfig: DiagnosisConfig?
  /// What `experiment_config` plans; it is read as an experiment's file is.
  public var experiment: ExperimentConfig?
  /// The rules of `alerting_config`, which are read as a file of rules is; the default ones without it.
  public var alertRules = AlertRule.defaults
  public var data: DataLocation?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case monitoringType = "monitoring_type"
    case modelType = "model_type"
    case driftConfig = "drift_config"
    case performanceConfig = "performance_config"
    case diagnosisConfig = "diagnosis_config"
    case data
  }

  /// The member that ``experiment`` is read from.
  static let experimentMember = "experiment_config"
  /// The member that ``alertRules`` are read from.
  static let alertingMember = "alerting_config"
}
