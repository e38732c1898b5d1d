/// Why a model got worse: the requirement's causes.
public enum RootCause: String, Codable, Sendable, CaseIterable {
  case dataDrift = "data_drift"
  case targetDrift = "target_drift"
  case conceptDrift = "concept_drift"
  case infrastructure
  case modelBug = "model_bug"
  case trafficPattern = "traffic_pattern"
  case unknown

  /// What to do about it, as the requirement words it.
  public var recommendedActions: [String] {
    switch self {
    case .dataDrift:
      [
        "1. Identify drifted features using drift report",
        "2. Investigate upstream data source changes",
        "3. Consider retraining with recent data window",
        "4. Implement feature monitoring alerts",
      ]
    case .targetDrift:
      [
        "1. Analyze target distribution shift",
        "2. Check for seasonality or market changes",
        "3. Update training data with recent labels",
        "4. Consider online learning approach",
      ]
    case .conceptDrift:
      // The requirement's tree says the first; its list has none for this cause.
      [
        "1. Retrain with recent data",
        "2. Compare the relation of features and target in the segments below",
        "3. Fall back to rules for the affected segments until a retrained model is validated",
        "4. Shorten the label delay of the affected segments",
      ]
    case .infrastructure:
      [
        "1. Check resource utilization (CPU/GPU/Memory)",
        "2. Review recent deployment changes",
        "3. Scale resources if needed",
        "4. Check for dependency version conflicts",
      ]
    case .modelBug:
      [
        "1. Review recent model/pipeline changes",
        "2. Validate feature engineering logic",
        "3. Check model artifact integrity",
        "4. Run model validation tests",
      ]
    case .trafficPattern:
      [
        "1. Analyze traffic distribution changes",
        "2. Check for new user segments",
        "3. Validate model coverage for edge cases",
        "4. Consider segment-specific models",
      ]
    case .unknown:
      [
        "1. Review all system logs",
        "2. Check recent changes across stack",
        "3. Engage cross-functional team",
        "4. Consider manual investigation",
      ]
    }
  }
}

/// A leaf of the requirement's decision tree, and those it leaves out.
public enum CauseKind: String, Codable, Sendable, CaseIterable {
  case featureDrift = "feature_drift"
  case targetDrift = "target_drift"
  case conceptDrift = "concept_drift"
  case latencySpike = "latency_spike"
  case memoryPressure = "memory_pressure"
  case gpuUtilizationLow = "gpu_utilization_low"
  /// Not in the requirement's tree, but in its check of infrastructure.
  case cpuPressure = "cpu_pressure"
  /// Not in the requirement's tree.
  case errorRate = "error_rate"
  case featureEngineeringBug = "feature_engineering_bug"
  case modelConfigChanged = "model_config_changed"
  case dependencyVersion = "dependency_version"
  /// Not in the requirement's tree.
  case modelVersionChanged = "model_version_changed"
  case trafficSpike = "traffic_spike"
  case newUserSegment = "new_user_segment"
  /// Of diagnostics somebody registered.
  case custom

  /// The cause it belongs to; of ``custom``, whatever its diagnostic says.
  public var cause: RootCause {
    switch self {
    case .featureDrift: .dataDrift
    case .targetDrift: .targetDrift
    case .conceptDrift: .conceptDrift
    case .latencySpike, .memoryPressure, .gpuUtilizationLow, .cpuPressure, .errorRate:
      .infrastructure
    case .featureEngineeringBug, .modelConfigChanged, .dependencyVersion, .modelVersionChanged:
      .modelBug
    case .trafficSpike, .newUserSegment: .trafficPattern
    case .custom: .unknown
    }
  }

  /// As a person says it.
  public var title: String {
    switch self {
    case .featureDrift: "Feature drift"
    case .targetDrift: "Target drift"
    case .conceptDrift: "Concept drift"
    case .latencySpike: "Latency spike"
    case .memoryPressure: "Memory pressure"
    case .gpuUtilizationLow: "GPU utilization low"
    case .cpuPressure: "CPU pressure"
    case .errorRate: "Error rate"
    case .featureEngineeringBug: "Feature engineering bug"
    case .modelConfigChanged: "Model config changed"
    case .dependencyVersion: "Dependency version"
    case .modelVersionChanged: "Model version changed"
    case .trafficSpike: "Traffic spike"
    case .newUserSegment: "New user segment"
    case .custom: "Own diagnostic"
    }
  }

  /// What the requirement's tree says to do.
  public var advice: String {
    switch self {
    case .featureDrift: "Investigate upstream data sources"
    case .targetDrift: "Market/behavior shift"
    case .conceptDrift: "Retrain with recent data"
    case .latencySpike: "Scale resources"
    case .memoryPressure: "Optimize batch size"
    case .gpuUtilizationLow: "Check data loading"
    case .cpuPressure: "Scale resources or optimize model serving"
    case .errorRate: "Review the service's logs"
    case .featureEngineeringBug: "Review pipeline"
    case .modelConfigChanged: "Audit deployment"
    case .dependencyVersion: "Check requirements"
    case .modelVersionChanged: "Roll back or compare with the version before"
    case .trafficSpike: "Scale horizontally"
    case .newUserSegment: "Evaluate model coverage"
    case .custom: "See the diagnostic's remediation"
    }
  }
}
