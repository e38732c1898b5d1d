/// What a configuration file says of diagnoses.
public struct DiagnosisConfiguration: Sendable, Equatable {
  /// Diagnostics in SQL, besides the built-in ones.
  public var checks: [SQLDiagnostic] = []
  public var options = DiagnosisOptions()

  public init() {}
}
