import Columns
public import DataSources
import Statistics

/// Reads predictions before and now as a diagnosis looks at them: each source once.
///
/// Which columns are features is told as drift checks tell it. Whatever is missing is left out: without
/// labels there are no losses, without predictions no scores.
public struct DiagnosisReader: Sendable {
  /// Predictions of a time when the model was good, with labels.
  public var reference: Relation
  public var current: Relation
  /// Labels of their own; nil where they stand beside the predictions.
  public var labels: Relation?
  /// Which columns are what, as in a performance check.
  public var options: PerformanceOptions
  /// What else is known of columns.
  public var schema: SchemaOptions
  /// The column of the model version; nil for `model_version`, where both sides have one.
  public var version: String?
  /// Which loss is explained; nil for the Brier score of probabilities, else 1 − accuracy of classes, else
  /// the absolute error.
  public var loss: DiagnosisLoss?
  /// Whether a target that is nowhere is a mistake, as where somebody has named it, and no table whose labels
  /// have not come.
  public var needsTarget = false

  public init(
    reference: Relation, current: Relation, labels: Relation? = nil,
    options: PerformanceOptions = PerformanceOptions(), schema: SchemaOptions = SchemaOptions(),
    version: String? = nil, loss: DiagnosisLoss? = nil
  ) {
    self.reference = reference
    self.current = current
    self.labels = labels
    self.options = options
    self.schema = schema
    self.version = version
    self.loss = loss
  }

  /// The tables, and how long labels took to come, where their times are known.
  ///
  /// - Throws: ``MonitoringError`` where the options do not fit the data, `DataSourceError` where a source
  ///   cannot be read.
  public func read() throws -> (tables: DiagnosisTables, labelDelay: LabelDelay?) {
    try options.validate()
    let connections = ConnectionPool()
    let known = try [reference, current].map { relation in
      try connections.withConnection(to: relation.database) { connection in
        guard try relation.rowCount(over: connection) > 0 else {
          throw MonitoringError.noRows(source: relation.name)
        }
        return Set(try relation.columns(over: connection).map(\.name))
      }
    }
    let isShared = { (name: String) in known.allSatisfy { $0.contains(name) } }
    try checkNames(known)
    var reader = self
    reader.version = version ?? ["model_version"].first(where: isShared)
    return try reader.read(known, connections)
  }

  private func read(
    _ known: [Set<String>], _ connections: ConnectionPool
  ) throws -> (tables: DiagnosisTables, labelDelay: LabelDelay?) {
    let roles = roles
    let operational = try OperationalColumns(
      reference: reference, current: current,
      isShared: { name in known.allSatisfy { $0.contains(name) } && !roles.contains(name) },
      connections: connections)
    let resolution = try resolve(known, apart: roles + operational.names, connections)
    let features = resolution.comparable.filter {
      ($0.role == .feature || $0.role == .segment) && $0.kind != .text && $0.name != version
    }
    let hasTarget = options.target.map { target in known.contains { $0.contains(target) } } ?? false
    let plan = try plan(
      features, hasLabels: hasTarget || labels != nil || options.labelRule != nil, connections)
    let hasPredictions =
      options.prediction != nil || options.probability != nil || !options.probabilities.isEmpty
    func read(_ relation: Relation, _ columns: Set<String>) throws -> PredictionTable {
      let isBeside = options.target.map { columns.contains($0) } ?? false
      let isApart = labels != nil && !isBeside && options.labelRule == nil
      var table = try connections.withConnection(to: relation.database) { connection in
        try hasPredictions
          ? plan.read(
            relation, needsLabels: false, needsIDs: isApart, needsTimes: false, over: connection
          ).table
          : plan.readInputs(relation, over: connection)
      }
      if isApart, hasPredictions, let labels {
        let read = try connections.withConnection(to: labels.database) {
          try plan.readLabels(labels, over: $0)
        }
        _ = LabelJoin.join(read, to: &table, isClass: plan.isClass)
      }
      return table
    }
    var (before, now) = (try read(reference, known[0]), try read(current, known[1]))
    let wait = LabelWait(before, now)
    let late =
      wait.map { [$0.leaveOut(&before, side: "reference"), $0.leaveOut(&now, side: "current")] }
      ?? [LabelWait.doubt(before, now)]
    try plan.checkProbabilities(before, of: reference.name)
    try plan.checkProbabilities(now, of: current.name)
    var tables = try DiagnosisTables(
      plan: plan, reference: before, current: now, loss: loss,
      categories: Set(features.filter { $0.kind == .categorical }.map(\.name)))
    if let index = plan.options.segments.firstIndex(where: { $0 == version }) {
      tables.versions = plan.segmentNames[index].value.names
      tables.reference.versions = before.segments[index]
      tables.current.versions = now.segments[index]
    }
    tables.figures = operational.figures
    tables.findings = resolution.findings.filter { $0.column.map { !roles.contains($0) } ?? true }
    tables.notes += late.compactMap { $0 }
    if !hasPredictions {
      tables.notes.append("no column of predictions is named: what the model does is not known")
    }
    return (tables, wait?.delay)
  }

  /// Throws where a column that is named is nowhere: it would be taken for a feature, or silently be nothing.
  private func checkNames(_ known: [Set<String>]) throws(MonitoringError) {
    if needsTarget, let target = options.target, labels == nil, options.labelRule == nil,
      !known.contains(where: { $0.contains(target) })
    {
      throw noColumn(target, "--target", reference, known[0])
    }
    guard let version else { return }
    for (relation, columns) in zip([reference, current], known) where !columns.contains(version) {
      throw noColumn(version, "--version-column", relation, columns)
    }
  }

  private func noColumn(
    _ name: String, _ option: String, _ relation: Relation, _ columns: Set<String>
  ) -> MonitoringError {
    .noSuchColumn(
      name: name, option: option, source: relation.name,
      closest: closestName(to: name, among: columns.sorted()))
  }

  /// Columns that are no features.
  private var roles: [String] {
    [
      options.target, options.prediction, options.probability, options.id, options.timestamp,
      options.labelTimestamp, options.shadow, options.group, options.item, options.interval?.lower,
      options.interval?.upper, version,
    ].compactMap { $0 } + options.probabilities.map(\.column) + options.quantiles.map(\.column)
  }

  /// - Parameter apart: columns that are no features.
  private func resolve(
    _ known: [Set<String>], apart: [String], _ connections: ConnectionPool
  ) throws -> SchemaResolver.Resolution {
    var schema = schema
    // The resolver wants what is named on both sides; roles are known without it.
    schema.target = nil
    schema.prediction = nil
    schema.timestamp = nil
    schema.id = nil
    schema.probabilities = []
    schema.ignored += apart
    let others = [
      self.schema.target, self.schema.prediction, self.schema.timestamp, self.schema.id,
    ]
    schema.ignored += others.compactMap { $0 } + self.schema.probabilities
    let isShared = { (name: String) in known.allSatisfy { $0.contains(name) } }
    schema.numerical = schema.numerical.filter(isShared)
    schema.categorical = schema.categorical.filter(isShared)
    schema.text = schema.text.filter(isShared)
    schema.segments = schema.segments.filter(isShared)
    return try SchemaResolver(
      options: schema, reference: reference, current: current, named: []
    ).resolve(over: connections)
  }

  private func plan(
    _ features: [ComparableColumn], hasLabels: Bool, _ connections: ConnectionPool
  ) throws -> PredictionPlan {
    var options = options
    options.estimate = false
    options.value = nil
    options.segments = [version].compactMap { $0 }
    let task = try connections.withConnection(to: current.database) { connection in
      PredictionPlan.task(options, try PredictionReader(current, over: connection))
    }
    let plan = PredictionPlan(
      options, task: task, inputs: [], features: features.map(\.name),
      categories: Set(features.filter { $0.kind == .categorical }.map(\.name)))
    // Without labels, nothing that is read can have the positive class.
    if !hasLabels, plan.isClass, let label = options.positiveLabel {
      _ = plan.names.value.code(label)
    }
    return plan
  }
}

extension PredictionPlan {
  /// Reads features, times and outcomes, where nothing says what was predicted.
  func readInputs(_ relation: Relation, over connection: Connection) throws -> PredictionTable {
    var reader = try PredictionReader(relation, over: connection)
    if let timestamp = options.timestamp, reader.has(timestamp) {
      try reader.times(timestamp, option: "--timestamp", into: \.times)
    }
    readFeatures(&reader)
    for (index, segment) in options.segments.enumerated() {
      try reader.classes(
        segment, option: "--segment", into: \.segments[index], names: segmentNames[index])
    }
    if let target = options.target, reader.has(target) {
      if isClass {
        try reader.classes(target, option: "--target", into: \.truthClasses, names: names)
      } else {
        try reader.numbers(target, option: "--target", into: \.truth)
      }
    }
    return try reader.read(
      into: PredictionTable(
        segments: options.segments.count, probabilities: 0, quantiles: 0, features: features.count),
      over: connection)
  }
}
