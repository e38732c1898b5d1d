import Columns
public import DataSources
import Statistics

/// Reads the rows of predictions a diagnosis looks at, one query a side.
///
/// ```swift
/// var options = PerformanceOptions()
/// options.target = "late"
/// options.probability = "score"
/// let tables = try DiagnosisReader(reference: before, current: now, options: options).read()
/// ```
public struct DiagnosisReader: Sendable {
  public var reference: Relation
  public var current: Relation
  /// Labels of their own; nil where they stand beside the predictions.
  public var labels: Relation?
  /// What columns are. Without a target or predictions what needs them is unknown.
  public var options: PerformanceOptions
  /// Columns that are no features.
  public var ignored: Set<String> = []
  /// The column of the model's version; nil for none.
  public var version: String?
  /// nil for the one that fits: wrong classes, the Brier score of probabilities, squared errors.
  public var loss: DiagnosisLoss?

  /// Categories a text may have to be a feature: one with more names its rows rather than describes them.
  private static let categoryLimit = 500

  public init(
    reference: Relation, current: Relation, labels: Relation? = nil, options: PerformanceOptions
  ) {
    self.reference = reference
    self.current = current
    self.labels = labels
    self.options = options
  }

  /// Reads both sides.
  ///
  /// - Throws: ``MonitoringError`` where the options do not fit the data, `DataSourceError` where a
  ///   source cannot be read.
  public func read() throws -> DiagnosisTables {
    try options.validate()
    let connections = ConnectionPool()
    let before = try columns(of: reference, connections)
    let now = try columns(of: current, connections)
    var options = options
    options.segments = version.map { [$0] } ?? []
    let names = now.keys.sorted()
    let roles = Set(PredictionPlan.features(names, options)).subtracting(ignored)
      .subtracting(options.segments).filter { now[$0] != .time }
    let features = roles.filter { before[$0] != nil && before[$0] == now[$0] }.sorted()
    let task = try connections.withConnection(to: current.database) { connection in
      PredictionPlan.task(options, try PredictionReader(current, over: connection))
    }
    guard task == .classification || task == .regression else {
      throw MonitoringError.invalidOption(
        name: "--task", value: task.rawValue, expected: "classification or regression")
    }
    let plan = PredictionPlan(options, task: task, features: features, needsPredictions: false)
    let base = try read(reference, plan, connections)
    let recent = try read(current, plan, connections)
    return try tables(plan, base, recent, findings: findings(before, now, options))
  }

  private func columns(
    of relation: Relation, _ connections: ConnectionPool
  ) throws -> [String: PredictionReader.ColumnKindOfType] {
    try connections.withConnection(to: relation.database) { connection in
      let reader = try PredictionReader(relation, over: connection)
      return try relation.columns(over: connection).reduce(into: [:]) {
        $0[$1.name] = reader.kind(of: $1.name)
      }
    }
  }

  private func read(
    _ relation: Relation, _ plan: PredictionPlan, _ connections: ConnectionPool
  ) throws -> PredictionTable {
    let isBeside = try connections.withConnection(to: relation.database) { connection in
      let reader = try PredictionReader(relation, over: connection)
      return labels == nil || plan.options.target.map(reader.has) ?? false
    }
    var (table, hasLabels) = try connections.withConnection(to: relation.database) {
      try plan.read(
        relation, needsLabels: false, needsIDs: !isBeside, needsTimes: false, over: $0)
    }
    if !hasLabels, let labels {
      let read = try connections.withConnection(to: labels.database) {
        try plan.readLabels(labels, over: $0)
      }
      _ = LabelJoin.join(read, to: &table, isClass: plan.isClass)
    }
    return table
  }

  /// What the sides' columns differ in.
  private func findings(
    _ before: [String: PredictionReader.ColumnKindOfType],
    _ now: [String: PredictionReader.ColumnKindOfType], _ options: PerformanceOptions
  ) -> [QualityFinding] {
    let all = Set(before.keys).union(now.keys).subtracting(ignored)
    // Labels and what is told by them may come later.
    let apart = Set([options.target, options.labelTimestamp].compactMap(\.self))
    return all.subtracting(apart).sorted().compactMap { column in
      switch (before[column], now[column]) {
      case (_?, nil):
        QualityFinding(
          check: .missingColumn, column: column, severity: .critical,
          message: "`\(column)` is in the reference and not in current")
      case (nil, _?):
        QualityFinding(
          check: .newColumn, column: column, severity: .info,
          message: "`\(column)` is not in the reference")
      case (let one?, let other?) where one != other:
        QualityFinding(
          check: .typeChanged, column: column, severity: .critical,
          message: "`\(column)` has another type than in the reference")
      default: nil
      }
    }
  }

  // MARK: Tables

  private func tables(
    _ plan: PredictionPlan, _ base: PredictionTable, _ recent: PredictionTable,
    findings: [QualityFinding]
  ) throws -> DiagnosisTables {
    var notes: [String] = []
    var features: [DiagnosisTables.Feature] = []
    for (index, name) in plan.features.enumerated() {
      let categories = plan.featureNames[index].value.names
      guard categories.count <= Self.categoryLimit else {
        notes.append(
          "`\(name)` is left out: it has \(categories.count) different texts, which name rows rather "
            + "than describe them.")
        continue
      }
      features.append(
        .init(
          name: name, reference: base.features[index], current: recent.features[index],
          categories: categories.isEmpty ? nil : categories))
    }
    let positive = plan.isClass ? try positive(plan) : nil
    let hasProbability = plan.options.probability != nil || !plan.options.probabilities.isEmpty
    let loss =
      loss
      ?? (!plan.isClass ? .squaredError : hasProbability && positive != nil ? .brier : .zeroOne)
    guard plan.isClass != [.squaredError, .absoluteError].contains(loss) else {
      throw MonitoringError.invalidOption(
        name: "--loss", value: loss.rawValue,
        expected: plan.isClass
          ? "zero_one, brier or log_loss for a classification"
          : "squared_error or absolute_error for a regression")
    }
    if plan.isClass, positive == nil, !base.truthClasses.isEmpty {
      notes.append(
        "There are more than two classes: what is explained is how often the predicted one is wrong."
      )
    }
    var tables = DiagnosisTables(
      features: features, reference: side(base, plan, positive, loss),
      current: side(recent, plan, positive, loss), loss: loss, isClassification: plan.isClass)
    tables.versions = plan.segmentNames.first?.value.names ?? []
    tables.findings = findings
    tables.notes = notes
    return tables
  }

  /// The class that counts as positive; nil where there are not two.
  private func positive(_ plan: PredictionPlan) throws -> Int? {
    if let known = try plan.positive() { return known }
    let names = plan.names.value.names
    guard names.count == 2 else { return nil }
    return names[0] < names[1] ? 1 : 0
  }

  private func side(
    _ table: PredictionTable, _ plan: PredictionPlan, _ positive: Int?, _ loss: DiagnosisLoss
  ) -> DiagnosisTables.Side {
    var side = DiagnosisTables.Side(rows: table.count)
    side.times = table.times
    side.versions = table.segments.first ?? []
    guard plan.isClass else {
      side.scores = table.predictions
      side.outcomes = table.truth
      side.losses = losses(side, loss)
      return side
    }
    guard let positive else {
      if !table.truthClasses.isEmpty, !table.predictedClasses.isEmpty {
        side.losses = zip(table.predictedClasses, table.truthClasses).map {
          $0 < 0 || $1 < 0 ? .nan : $0 == $1 ? 0 : 1
        }
      }
      return side
    }
    side.outcomes = table.truthClasses.map { $0 < 0 ? .nan : Int($0) == positive ? 1 : 0 }
    side.scores = scores(table, plan, positive)
    side.losses = losses(side, loss)
    return side
  }

  /// The probability of the positive class, or whether it was predicted.
  private func scores(
    _ table: PredictionTable, _ plan: PredictionPlan, _ positive: Int
  ) -> [Double] {
    if plan.options.probability != nil { return table.probabilities.first ?? [] }
    let name = plan.names.value.names[positive]
    if let index = plan.options.probabilities.firstIndex(where: { $0.label == name }) {
      return table.probabilities[index]
    }
    return table.predictedClasses.map { $0 < 0 ? .nan : Int($0) == positive ? 1 : 0 }
  }

  private func losses(_ side: DiagnosisTables.Side, _ loss: DiagnosisLoss) -> [Double] {
    guard side.scores.count == side.rows, side.outcomes.count == side.rows else { return [] }
    return zip(side.scores, side.outcomes).map { loss.value(score: $0, outcome: $1) }
  }
}
