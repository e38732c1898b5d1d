import DataSources

extension MonitoringRun {
  package func performanceMonitoring() throws -> RunResponse {
    guard let data = request.data, let source = data.predictions ?? data.current else {
      throw MonitoringError.noRequest(reason: "data has no `predictions`")
    }
    let check = PerformanceCheck(
      predictions: try sources.open(
        source, sql: data.predictionsSQL ?? data.currentSQL, option: "data.predictions_sql"),
      labels: try data.labels.map {
        try sources.open($0, sql: data.labelsSQL, option: "data.labels_sql")
      },
      reference: try data.reference.map {
        try sources.open($0, sql: data.referenceSQL, option: "data.reference_sql")
      }, options: try performanceOptions(data))
    let report = try check.run()
    return RunResponse(
      status: report.status, reason: report.reason, driftResults: nil,
      results: .performance(report), alerts: RunAlert.alerts(for: report),
      recommendations: report.recommendations, nextSteps: report.nextSteps,
      preConditions: preConditions(report), errors: [])
  }

  package func performanceOptions(_ data: RunRequest.DataLocation) throws -> PerformanceOptions {
    let config = request.performanceConfig
    var options = PerformanceOptions()
    options.task = task
    options.target = data.target
    options.prediction = data.prediction
    options.probability = data.probability
    options.probabilities = try (data.probabilities ?? []).map { pair in
      guard let middle = pair.firstIndex(of: "=") else {
        throw MonitoringError.noRequest(
          reason: "data.probabilities takes `class=column`, not `\(pair)`")
      }
      return .init(
        label: String(pair[..<middle]), column: String(pair[pair.index(after: middle)...]))
    }
    options.positiveLabel = data.positiveLabel
    options.id = data.id
    options.timestamp = data.timestamp
    options.labelTimestamp = data.labelTimestamp
    options.segments = data.segment ?? []
    options.group = data.group
    options.item = data.item
    options.estimate = config?.estimate ?? false
    if let threshold = config?.threshold { options.threshold = threshold }
    if let places = config?.k { options.places = places }
    if let chunk = config?.chunk {
      guard let rule = ChunkRule(chunk) else {
        throw MonitoringError.noRequest(
          reason: "performance_config.chunk takes \(ChunkRule.expected)")
      }
      options.chunk = rule
    }
    options.costs = [
      config?.falsePositiveCost.map { .init(.falsePositive, cost: $0) },
      config?.falseNegativeCost.map { .init(.falseNegative, cost: $0) },
    ].compactMap { $0 }
    return options
  }

  /// Models of language and pictures are judged as the classifiers they mostly are.
  private var task: PerformanceTask? {
    switch request.modelType {
    case .classification, .nlp, .cv: .classification
    case .regression: .regression
    case .ranking: .ranking
    case .recommendation: .recommendation
    case nil: nil
    }
  }

  private func preConditions(_ report: PerformanceReport) -> [PreCondition] {
    let rows = report.referenceRows ?? 0
    return [
      PreCondition(
        name: .modelDeployedAndServing, state: report.rows > 0 ? .met : .notMet,
        detail: "\(report.rows) predictions in \(report.source)"),
      PreCondition(
        name: .metricsEndpointAccessible, state: .met, detail: "\(report.source) could be read"),
      PreCondition(
        name: .baselineDataAvailable, state: rows >= Self.defaultMinimumRows ? .met : .notMet,
        detail: "\(rows) predictions in the reference; \(Self.defaultMinimumRows) are asked for"),
    ]
  }
}

extension RunAlert {
  /// The alerts the requirement's severity matrix asks for on a performance report.
  static func alerts(for report: PerformanceReport) -> [RunAlert] {
    guard let metric = report.metrics[report.primaryMetric], let value = metric.value,
      let change = metric.relativeChange, report.status == .critical || report.status == .degraded
    else { return [] }
    let isCritical = report.status == .critical
    return [
      RunAlert(
        "model_\(report.primaryMetric)_drop", isCritical ? .critical : .warning,
        title: "Model performance is \(report.status.rawValue)",
        description: "\(report.primaryMetric) is \(value), \(metric.reference ?? value) in the "
          + "reference", value: abs(change),
        threshold: isCritical ? PerformanceVerdict.criticalDrop : PerformanceVerdict.degradedDrop,
        labels: ["source": report.source])
    ]
  }
}
