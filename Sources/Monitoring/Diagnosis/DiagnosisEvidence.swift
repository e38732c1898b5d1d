import Statistics

/// A figure of machines and traffic, now and before.
public struct InfrastructureFigure: Sendable, Equatable {
  public var value: Double
  /// What is usual; nil where that is not known.
  public var baseline: Double?
  /// When it left what is usual.
  public var since: Instant?
  /// What tells it from others of its name, such as a host; empty where there is only one.
  public var labels: [String: String]

  public init(
    value: Double, baseline: Double? = nil, since: Instant? = nil, labels: [String: String] = [:]
  ) {
    self.value = value
    self.baseline = baseline
    self.since = since
    self.labels = labels
  }

  private static let names = [
    "cpu_utilization", "memory_utilization", "gpu_utilization", "latency_p99_ms", "error_rate",
    "requests_per_second",
  ]

  /// A figure somebody gives by its name.
  ///
  /// - Throws: ``MonitoringError/invalidOption(name:value:expected:)`` for a name there is not, and for what no
  ///   such figure can be.
  public init(
    of name: String, value: Double, baseline: Double? = nil, option: String
  ) throws(MonitoringError) {
    guard Self.names.contains(name) else {
      let hint = closestName(to: name, among: Self.names).map { "; did you mean `\($0)`?" } ?? ""
      throw .invalidOption(
        name: option, value: name, expected: Self.names.joined(separator: ", ") + hint)
    }
    for number in [value, baseline].compactMap(\.self) {
      guard number.isFinite, number >= 0, name != "error_rate" || number <= 1 else {
        let expected = name == "error_rate" ? "a share, 0 to 1" : "a number of at least 0"
        throw .invalidOption(name: option, value: "\(name)=\(number)", expected: expected)
      }
    }
    self.init(value: value, baseline: baseline)
  }
}

/// What was put into service, and when.
public struct Deployment: Codable, Sendable, Equatable {
  public var at: Instant
  /// Of the model; nil where that is not known, which says nothing of a change.
  @NullCoded public var version: String?
  /// Anything that is another text for another configuration, such as a hash.
  @NullCoded public var config: String?
  /// Versions of packages by name; empty where they are not known.
  public var dependencies: [String: String]

  public init(
    at: Instant, version: String? = nil, config: String? = nil, dependencies: [String: String] = [:]
  ) {
    self.at = at
    self.version = version
    self.config = config
    self.dependencies = dependencies
  }

  enum CodingKeys: String, CodingKey { case at, version, config, dependencies }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    at = try container.decode(Instant.self, forKey: .at)
    version = try container.decodeIfPresent(String.self, forKey: .version)
    config = try container.decodeIfPresent(String.self, forKey: .config)
    dependencies =
      try container.decodeIfPresent([String: String].self, forKey: .dependencies) ?? [:]
  }
}

/// An alert that began or ended.
public struct AlertMark: Sendable, Equatable {
  public var at: Instant
  /// `firing`, `resolved` and the like.
  public var kind: String
  public var rule: String
  public var metric: String
  public var severity: AlertSeverity
  public var labels: [String: String]

  public init(
    at: Instant, kind: String, rule: String, metric: String, severity: AlertSeverity,
    labels: [String: String] = [:]
  ) {
    self.at = at
    self.kind = kind
    self.rule = rule
    self.metric = metric
    self.severity = severity
    self.labels = labels
  }
}

/// All a diagnosis looks at. Whatever is missing makes what depends on it unknown.
public struct DiagnosisEvidence: Sendable {
  /// Rows of predictions before and now.
  public var tables: DiagnosisTables?
  /// What was measured over time, of the model and of its surroundings.
  public var metrics: [MetricSample] = []
  /// By name. Known are `cpu_utilization`, `memory_utilization` and `gpu_utilization` in percent, 0…100,
  /// `latency_p99_ms`, `error_rate` as a share, 0…1, and `requests_per_second`; what is not here is looked
  /// for among ``metrics``, whose medians before and in the current window are then taken, and at last
  /// among ``DiagnosisTables/figures``.
  public var infrastructure: [String: InfrastructureFigure] = [:]
  /// nil where nobody said what was deployed; empty where nothing was.
  public var deployments: [Deployment]?
  public var alerts: [AlertMark] = []
  public var labelDelay: LabelDelay?
  /// When the current window begins; nil for the first time of the current rows.
  public var currentFrom: Instant?
  /// nil for the last time of the current rows, against which freshness is not judged.
  public var now: Instant?
  /// Results of diagnostics that were run elsewhere, such as those in SQL.
  public var results: [DiagnosticResult] = []
  /// What rows say; made once, before diagnostics run.
  public internal(set) var analysis: DiagnosisAnalysis?

  public init() {}
}
