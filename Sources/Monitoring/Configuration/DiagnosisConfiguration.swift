/// What a configuration file says of diagnoses.
public struct DiagnosisConfiguration: Sendable, Equatable {
  /// A Prometheus that knows machines and traffic.
  public struct Prometheus: Sendable, Equatable {
    /// Such as `http://localhost:9090`.
    public var address: String
    /// A bearer token; nil where none is asked for.
    public var token: String?
    /// Certificates that are trusted besides the system's: a file in PEM.
    public var certificateAuthority: String?
    /// Expressions by name of the figure, instead of the default ones or besides.
    public var queries: [String: String] = [:]

    public init(address: String) {
      self.address = address
    }
  }

  /// Diagnostics in SQL, besides the built-in ones.
  public var checks: [SQLDiagnostic] = []
  public var options = DiagnosisOptions()
  public var prometheus: Prometheus?
  /// Seconds the service lets somebody wait for a diagnosis.
  public var timeoutSeconds = 120

  public init() {}
}

/// What a configuration file says of one model's diagnoses.
public struct ModelDiagnosisConfiguration: Sendable, Equatable {
  /// The stretch up to now that is in question, unless somebody asks for another: a week.
  public var window: TimeSpan?
  /// The stretch before it that it is compared with where the model's `reference` cannot be: four weeks.
  public var referenceWindow: TimeSpan?
  /// Columns that are no features but may name a segment.
  public var segments: [String] = []
  /// What is explained; told by what is predicted where left out.
  public var loss: DiagnosisLoss?
  /// PromQL by name of the figure, for this model.
  public var queries: [String: String] = [:]
  /// What was put into service, besides what the service is told.
  public var deployments: [Deployment] = []

  public init() {}
}
