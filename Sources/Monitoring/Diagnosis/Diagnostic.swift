public import Statistics

/// A check that says whether one possible cause is at work.
///
/// ```swift
/// struct QueueDiagnostic: Diagnostic {
///   let name = "queue_check"
///   let cause = RootCause.infrastructure
///   func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
///     guard let depth = evidence.infrastructure["queue_depth"]?.value else {
///       return .unknown(self, "queue_depth is not known")
///     }
///     return DiagnosticResult(
///       self, failed: depth > 1_000, severity: .warning, strength: min(1, depth / 2_000),
///       message: "\(depth) requests wait", remediation: "Add workers")
///   }
/// }
/// ```
public protocol Diagnostic: Sendable {
  /// What results are called, `snake_case`.
  var name: String { get }
  /// What is blamed where it fails.
  var cause: RootCause { get }
  /// The leaf of the tree it stands for.
  var kind: CauseKind { get }

  /// Looks at the evidence. What is missing makes the result unknown, never passed.
  func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult
}

extension Diagnostic {
  public var kind: CauseKind { .custom }
}

/// A figure that a diagnostic judged by.
public struct DiagnosticFigure: Codable, Sendable, Equatable {
  public var name: String
  /// The feature, segment, metric or version it is of; nil for the whole.
  @NullCoded public var subject: String?
  @NullCoded public var value: Double?
  /// The same before: in the reference or at the baseline.
  @NullCoded public var reference: Double?
  /// 95 % interval.
  @NullCoded public var lower: Double?
  @NullCoded public var upper: Double?
  @NullCoded public var threshold: Double?
  @NullCoded public var pValue: Double?
  /// What is no number, such as a version.
  @NullCoded public var text: String?

  enum CodingKeys: String, CodingKey {
    case name, subject, value, reference, lower, upper, threshold
    case pValue = "p_value"
    case text
  }

  public init(
    _ name: String, of subject: String? = nil, value: Double? = nil, reference: Double? = nil,
    interval: Interval? = nil, threshold: Double? = nil, pValue: Double? = nil, text: String? = nil
  ) {
    func finite(_ number: Double?) -> Double? { number.flatMap { $0.isFinite ? $0 : nil } }
    self.name = name
    self.subject = subject
    self.value = finite(value)
    self.reference = finite(reference)
    lower = finite(interval?.lower)
    upper = finite(interval?.upper)
    self.threshold = finite(threshold)
    self.pValue = finite(pValue)
    self.text = text
  }
}

/// What a diagnostic found.
public struct DiagnosticResult: Codable, Sendable, Equatable {
  public enum Outcome: String, Codable, Sendable, CaseIterable {
    case passed, failed
    /// There is nothing to tell by.
    case unknown
  }

  public var checkName: String
  public var cause: RootCause
  public var kind: CauseKind
  public var outcome: Outcome
  public var severity: AlertSeverity
  /// How strong the evidence against this cause is, 0…1: what probabilities are made of, none itself.
  public var strength: Double
  /// One sentence with the figures in it; where the outcome is unknown, what is missing.
  public var message: String
  public var details: [DiagnosticFigure]
  public var remediation: String
  /// When it began; nil where that is not known.
  @NullCoded public var since: Instant?

  enum CodingKeys: String, CodingKey {
    case checkName = "check_name"
    case cause, kind, outcome, severity, strength, message, details, remediation, since
  }

  public init(
    _ diagnostic: some Diagnostic, failed: Bool, severity: AlertSeverity, strength: Double,
    message: String, details: [DiagnosticFigure] = [], remediation: String? = nil,
    since: Instant? = nil
  ) {
    checkName = diagnostic.name
    cause = diagnostic.cause
    kind = diagnostic.kind
    outcome = failed ? .failed : .passed
    self.severity = failed ? severity : .info
    self.strength = strength.isFinite ? min(1, max(0, strength)) : 0
    self.message = message
    self.details = details
    self.remediation = remediation ?? diagnostic.kind.advice
    self.since = failed ? since : nil
  }

  /// That there is nothing to tell by.
  public static func unknown(
    _ diagnostic: some Diagnostic, _ reason: String, details: [DiagnosticFigure] = []
  ) -> DiagnosticResult {
    var result = DiagnosticResult(
      diagnostic, failed: false, severity: .info, strength: 0, message: reason, details: details)
    result.outcome = .unknown
    return result
  }

  /// As the requirement has it: nil where it is unknown.
  public var passed: Bool? { outcome == .unknown ? nil : outcome == .passed }
}
