public import DataSources

/// Carries out a ``RunRequest``: checks are here, alerting is in the target of that name, which answers for
/// all.
public struct MonitoringRun: Sendable {
  public let request: RunRequest
  package let sources: SourceOpener
  /// What a configuration says of diagnoses: own checks and limits.
  package let diagnosis: DiagnosisConfiguration

  /// Windows of a request that gives none, in days.
  static let defaultReferenceDays = 30
  static let defaultCurrentDays = 1
  /// Reference rows below which the window is extended, unless the request says otherwise.
  static let defaultMinimumRows = 100

  public init(
    _ request: RunRequest, sources: SourceOpener,
    diagnosis: DiagnosisConfiguration = DiagnosisConfiguration()
  ) {
    self.request = request
    self.sources = sources
    self.diagnosis = diagnosis
  }

  package func driftDetection() throws -> RunResponse {
    guard let data = request.data, let source = data.reference else {
      throw MonitoringError.noRequest(reason: "data has no `reference`")
    }
    let reference = try sources.open(
      source, sql: data.referenceSQL, option: "data.reference_sql")
    let current = try data.current.map {
      try sources.open($0, sql: data.currentSQL, option: "data.current_sql")
    }
    let report = try DriftCheck(
      reference: reference, current: current, options: try options(data)
    ).run()
    return response(to: report)
  }

  /// Settings for the check; with a timestamp the windows are cut, without one each source is a
  /// window of its own.
  private func options(_ data: RunRequest.DataLocation) throws -> DriftOptions {
    var options = DriftOptions()
    let config = request.driftConfig
    options.method = config?.detectionMethod?.rawValue ?? "auto"
    options.threshold = config?.threshold
    options.schema = schema(data)
    guard data.timestamp != nil else {
      if data.current == nil {
        throw MonitoringError.noRequest(
          reason: "data has neither `current` nor a `timestamp` to cut windows by")
      }
      return options
    }
    let referenceDays = config?.referenceWindowDays ?? Self.defaultReferenceDays
    options.referenceWindow = TimeSpan.days(Int64(referenceDays))
    let currentDays =
      config?.currentWindowDays ?? (data.current == nil ? Self.defaultCurrentDays : nil)
    options.currentWindow = currentDays.flatMap { TimeSpan.days(Int64($0)) }
    options.minimumReferenceRows = config?.minimumReferenceRows ?? Self.defaultMinimumRows
    return options
  }

  private func schema(_ data: RunRequest.DataLocation) -> SchemaOptions {
    var schema = SchemaOptions()
    schema.columns = data.columns
    schema.numerical = data.numerical ?? []
    schema.categorical = data.categorical ?? []
    schema.text = data.text ?? []
    schema.target = data.target
    schema.prediction = data.prediction
    schema.probabilities = data.probabilities ?? []
    schema.timestamp = data.timestamp
    schema.id = data.id
    schema.segments = data.segment ?? []
    schema.weight = data.weight
    schema.ignored = data.ignore ?? []
    schema.includeTarget = data.includeTarget ?? true
    return schema
  }

  private func response(to report: DriftReport) -> RunResponse {
    RunResponse(
      status: report.status, reason: report.reason, driftResults: report,
      alerts: RunAlert.alerts(for: report), recommendations: report.recommendations,
      nextSteps: report.nextSteps, preConditions: preConditions(report), errors: errors(report))
  }

  private func preConditions(_ report: DriftReport) -> [PreCondition] {
    let minimum = request.driftConfig?.minimumReferenceRows ?? Self.defaultMinimumRows
    return [
      PreCondition(
        name: .modelDeployedAndServing, state: report.current.rows > 0 ? .met : .notMet,
        detail: "\(report.current.rows) rows in the current window of \(report.current.source)"),
      PreCondition(
        name: .metricsEndpointAccessible, state: .met,
        detail: "\(report.current.source) could be read"),
      PreCondition(
        name: .baselineDataAvailable, state: report.reference.rows >= minimum ? .met : .notMet,
        detail: "\(report.reference.rows) rows in the reference window of "
          + "\(report.reference.source); \(minimum) are asked for"),
    ]
  }

  private func errors(_ report: DriftReport) -> [RunError] {
    let minimum = request.driftConfig?.minimumReferenceRows ?? Self.defaultMinimumRows
    let prefix = "insufficient_baseline_data: "
    let told = report.notes.filter { $0.hasPrefix(prefix) }.map {
      String($0.dropFirst(prefix.count))
    }
    let isEnough = report.reference.rows >= minimum
    guard !told.isEmpty || !isEnough else { return [] }
    return [
      RunError(
        type: "insufficient_baseline_data", recovery: "extend_reference_window",
        recovered: isEnough,
        message: told.isEmpty
          ? "the reference has only \(report.reference.rows) rows, and without a timestamp its "
            + "window cannot be extended"
          : told.joined(separator: "; "))
    ]
  }
}
