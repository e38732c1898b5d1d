import Columns
public import DataSources
import Foundation
import Statistics

/// Measures how good a model's predictions are, or estimates it where labels are not in yet.
///
/// ```swift
/// var options = PerformanceOptions()
/// options.target = "late"
/// options.probability = "score"
/// options.timestamp = "departed"
/// options.chunk = .month
/// let report = try PerformanceCheck(
///   predictions: try SourceOpener().open("predictions.parquet"), options: options
/// ).run()
/// print(report.metrics["auc_roc"]?.value ?? .nan)
/// ```
public struct PerformanceCheck: Sendable {
  public var predictions: Relation
  /// Labels of their own; nil where they stand beside the predictions.
  public var labels: Relation?
  /// Predictions of a time when the model was known to be good, with labels.
  public var reference: Relation?
  public var options: PerformanceOptions

  public init(
    predictions: Relation, labels: Relation? = nil, reference: Relation? = nil,
    options: PerformanceOptions
  ) {
    self.predictions = predictions
    self.labels = labels
    self.reference = reference
    self.options = options
  }

  /// Makes the measurement.
  ///
  /// - Throws: ``MonitoringError`` where the options do not fit the data, `DataSourceError` where a
  ///   source cannot be read.
  public func run() throws -> PerformanceReport {
    try options.validate()
    let connections = ConnectionPool()
    let task = try connections.withConnection(to: predictions.database) { connection in
      PredictionPlan.task(options, try PredictionReader(predictions, over: connection))
    }
    let plan = PredictionPlan(options, task: task, inputs: try inputs(connections))
    var (table, hasLabels) = try connections.withConnection(to: predictions.database) {
      try plan.read(
        predictions, needsLabels: labels == nil && !options.estimate, needsIDs: labels != nil,
        over: $0)
    }
    try plan.checkProbabilities(table, of: predictions.name)
    var labelReport: LabelReport?
    if let labels {
      let read = try connections.withConnection(to: labels.database) {
        try plan.readLabels(labels, over: $0)
      }
      labelReport = LabelJoin.join(read, to: &table, isClass: plan.isClass)
      hasLabels = true
    }
    let base = try readReference(plan, connections)
    return try PerformanceReportBuilder(
      plan: plan, table: table, hasLabels: hasLabels, labelReport: labelReport,
      reference: base, source: predictions.name
    ).report()
  }

  /// Columns of predictions and reference alike.
  private func inputs(_ connections: ConnectionPool) throws -> [String] {
    guard options.estimate, let reference else { return [] }
    let known = try [predictions, reference].map { relation in
      try connections.withConnection(to: relation.database) {
        try relation.columns(over: $0).map(\.name)
      }
    }
    return known[0].filter { known[1].contains($0) }
  }

  /// The reference with its labels, which may be among those that come apart.
  private func readReference(
    _ plan: PredictionPlan, _ connections: ConnectionPool
  ) throws -> PredictionTable? {
    guard let reference else { return nil }
    let isBeside = try connections.withConnection(to: reference.database) { connection in
      let columns = try reference.columns(over: connection).map(\.name)
      return labels == nil || options.labelRule != nil
        || options.target.map { columns.contains($0) } ?? false
    }
    var (table, hasLabels) = try connections.withConnection(to: reference.database) {
      try plan.read(
        reference, needsLabels: isBeside, needsIDs: !isBeside, needsTimes: false, over: $0)
    }
    try plan.checkProbabilities(table, of: reference.name)
    if !hasLabels, let labels {
      let read = try connections.withConnection(to: labels.database) {
        try plan.readLabels(labels, over: $0)
      }
      _ = LabelJoin.join(read, to: &table, isClass: plan.isClass)
    }
    return table
  }
}

extension PerformanceOptions {
  /// Throws where an option is out of its range, before any data is read.
  func validate() throws(MonitoringError) {
    func check(_ isRight: Bool, _ name: String, _ value: String, _ expected: String)
      throws(MonitoringError)
    {
      guard isRight else { throw .invalidOption(name: name, value: value, expected: expected) }
    }
    try check(
      threshold >= 0 && threshold <= 1, "--threshold", "\(threshold)", "a probability, 0 to 1")
    for place in places { try check(place > 0, "--k", "\(place)", "numbers above 0") }
    for quantile in quantiles {
      try check(
        quantile.level > 0 && quantile.level < 1, "--quantile", "\(quantile.level)",
        "a level between 0 and 1")
    }
    for cost in costs { try check(cost.cost.isFinite, "--cost", "\(cost.cost)", "numbers") }
    let labels = probabilities.map(\.label)
    try check(
      Set(labels).count == labels.count, "--probabilities", labels.joined(separator: ","),
      "each class once")
    if chunk?.isCalendar == true, timestamp == nil { throw .timestampNeeded(option: "--chunk") }
  }
}
