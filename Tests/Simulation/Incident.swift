public import Monitoring

/// What goes wrong in a simulated world.
public enum Incident: String, CaseIterable, Sendable {
  case quiet
  /// A feature the model does not use, or uses little, drifts: nothing gets worse.
  case harmlessDrift
  case featureDrift, labelShift, conceptGlobal, conceptSegment
  case missingValues, unitChange, stuckFeature, encodingChange
  case latency, memory, gpu
  case versionRollout, configChange, dependencyChange
  /// Features are computed wrongly for the model, and logged rightly.
  case servingBug
  case trafficSpike, newSegment

  /// What is to be blamed; nil for nothing.
  public var kind: CauseKind? {
    switch self {
    case .quiet, .harmlessDrift: nil
    case .featureDrift: .featureDrift
    case .labelShift: .targetDrift
    case .conceptGlobal, .conceptSegment: .conceptDrift
    case .missingValues, .unitChange, .stuckFeature, .encodingChange, .servingBug:
      .featureEngineeringBug
    case .latency: .latencySpike
    case .memory: .memoryPressure
    case .gpu: .gpuUtilizationLow
    case .versionRollout: .modelVersionChanged
    case .configChange: .modelConfigChanged
    case .dependencyChange: .dependencyVersion
    case .trafficSpike: .trafficSpike
    case .newSegment: .newUserSegment
    }
  }

  var changesModel: Bool {
    switch self {
    case .versionRollout, .configChange, .dependencyChange, .servingBug: true
    default: false
    }
  }

  /// Whether labels are needed to see it.
  var needsLabels: Bool {
    switch self {
    case .labelShift, .conceptGlobal, .conceptSegment: true
    default: false
    }
  }
}

/// A simulated case: evidence as a service has it, and what is true.
public struct SimulatedCase: Sendable {
  public var seed: UInt64
  public var incidents: [Incident]
  public var evidence: DiagnosisEvidence
  /// Whether the world changed in a way that hardly costs anything: whether that is a cause is a matter of words,
  /// so that such cases are neither fitted on nor counted among the others.
  public var isCostless = false
  /// What is to be blamed; empty for nothing.
  public var causes: Set<RootCause>
  public var kinds: Set<CauseKind>
  /// The feature that is to be named, where there is one.
  public var feature: String?
  public var onset: Instant
}
