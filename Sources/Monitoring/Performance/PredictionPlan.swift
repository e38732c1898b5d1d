import DataSources

/// Which columns of predictions are read as what, and how classes are told.
struct PredictionPlan {
  let options: PerformanceOptions
  let task: PerformanceTask
  let names = Box(ClassNames())
  let segmentNames: [Box<ClassNames>]
  let groupNames = Box(ClassNames())
  let itemNames = Box(ClassNames())
  /// Regression without labels: inputs that both sides have.
  let features: [String]
  let featureNames: [Box<ClassNames>]
  private let categories: Set<String>

  var isClass: Bool { task == .classification }

  /// - Parameters:
  ///   - inputs: columns that predictions and reference share.
  ///   - features: the inputs to read, where that is not left to the task.
  ///   - categories: those of them whose numbers are categories.
  init(
    _ options: PerformanceOptions, task: PerformanceTask, inputs: [String],
    features: [String]? = nil, categories: Set<String> = []
  ) {
    self.options = options
    self.task = task
    self.categories = categories
    self.features =
      features ?? (options.estimate && task == .regression ? Self.features(inputs, options) : [])
    featureNames = self.features.map { _ in Box(ClassNames()) }
    segmentNames = options.segments.map { _ in Box(ClassNames()) }
    for probability in options.probabilities { _ = names.value.code(probability.label) }
  }

  /// Columns that have no other role.
  private static func features(_ columns: [String], _ options: PerformanceOptions) -> [String] {
    let taken =
      [
        options.target, options.prediction, options.id, options.timestamp, options.labelTimestamp,
        options.shadow, options.interval?.lower, options.interval?.upper,
      ].compactMap { $0 } + options.quantiles.map(\.column)
    return columns.filter { !taken.contains($0) }
  }

  /// What the options and the columns say the model does.
  static func task(
    _ options: PerformanceOptions, _ predictions: PredictionReader
  ) -> PerformanceTask {
    if let task = options.task { return task }
    if options.group != nil { return .ranking }
    if options.probability != nil || !options.probabilities.isEmpty || options.positiveLabel != nil
    {
      return .classification
    }
    let column = options.prediction ?? options.target
    return column.flatMap { predictions.kind(of: $0) } == .number ? .regression : .classification
  }

  /// Reads predictions, and labels where they stand beside them.
  ///
  /// - Parameters:
  ///   - needsLabels: whether the target has to be there.
  ///   - needsIDs: whether labels are joined later.
  ///   - needsTimes: whether times have to be there, where a column of them is named.
  func read(
    _ relation: Relation, needsLabels: Bool, needsIDs: Bool, needsTimes: Bool = true,
    over connection: Connection
  ) throws -> (table: PredictionTable, hasLabels: Bool) {
    var reader = try PredictionReader(relation, over: connection)
    if needsIDs {
      guard let id = options.id else {
        throw MonitoringError.invalidOption(
          name: "--id", value: "", expected: "the column that predictions and labels meet by")
      }
      try reader.ids(id, option: "--id")
    }
    if let timestamp = options.timestamp, needsTimes || reader.has(timestamp) {
      try reader.times(timestamp, option: "--timestamp", into: \.times)
    }
    let hasLabels = try readTruth(&reader, isNeeded: needsLabels && !needsIDs, isApart: needsIDs)
    try readPredictions(&reader)
    readFeatures(&reader)
    for (index, segment) in options.segments.enumerated() {
      try reader.classes(
        segment, option: "--segment", into: \.segments[index], names: segmentNames[index])
    }
    if let value = options.value {
      reader.numbers(written: value, option: "--value", into: \.values)
    }
    var table = try reader.read(
      into: PredictionTable(
        segments: options.segments.count, probabilities: probabilityColumns.count,
        quantiles: options.quantiles.count, features: features.count), over: connection)
    if isClass { try predictClasses(&table) }
    return (table, hasLabels)
  }

  func readFeatures(_ reader: inout PredictionReader) {
    for (index, feature) in features.enumerated() {
      reader.feature(
        feature, into: \.features[index], names: featureNames[index],
        isCategory: categories.contains(feature))
    }
  }

  /// - Returns: whether labels were read.
  private func readTruth(
    _ reader: inout PredictionReader, isNeeded: Bool, isApart: Bool
  ) throws -> Bool {
    if let rule = options.labelRule {
      if isClass {
        reader.classes(
          written: rule, option: "--label-rule", into: \.truthClasses, names: names)
      } else {
        reader.numbers(written: rule, option: "--label-rule", into: \.truth)
      }
      return true
    }
    guard !isApart, let target = options.target else {
      if isNeeded {
        throw MonitoringError.invalidOption(
          name: "--target", value: "",
          expected: "the column of what really happened, --labels, or --estimate to do without")
      }
      return false
    }
    guard isNeeded || reader.has(target) else { return false }
    if isClass {
      try reader.classes(target, option: "--target", into: \.truthClasses, names: names)
    } else {
      try reader.numbers(target, option: "--target", into: \.truth)
    }
    return true
  }

  private func readPredictions(_ reader: inout PredictionReader) throws {
    if isClass {
      if let prediction = options.prediction {
        try reader.classes(
          prediction, option: "--prediction", into: \.predictedClasses, names: names)
      } else if probabilityColumns.isEmpty {
        throw MonitoringError.invalidOption(
          name: "--prediction", value: "",
          expected: "the column of predicted classes, or --probability or --probabilities")
      }
      for (index, column) in probabilityColumns.enumerated() {
        try reader.numbers(
          column, option: options.probability == nil ? "--probabilities" : "--probability",
          into: \.probabilities[index])
      }
      if let shadow = options.shadow {
        try reader.classes(shadow, option: "--shadow", into: \.shadowClasses, names: names)
      }
      return
    }
    guard let prediction = options.prediction else {
      throw MonitoringError.invalidOption(
        name: "--prediction", value: "", expected: "the column of predicted numbers or scores")
    }
    try reader.numbers(prediction, option: "--prediction", into: \.predictions)
    for (index, quantile) in options.quantiles.enumerated() {
      try reader.numbers(quantile.column, option: "--quantile", into: \.quantiles[index])
    }
    if let interval = options.interval {
      try reader.numbers(interval.lower, option: "--interval", into: \.lower)
      try reader.numbers(interval.upper, option: "--interval", into: \.upper)
    }
    if let shadow = options.shadow {
      try reader.numbers(shadow, option: "--shadow", into: \.shadowPredictions)
    }
    guard task == .ranking || task == .recommendation else { return }
    guard let group = options.group else {
      throw MonitoringError.invalidOption(
        name: "--group", value: "", expected: "the column of the query or user")
    }
    try reader.classes(group, option: "--group", into: \.groups, names: groupNames)
    if let item = options.item {
      try reader.classes(item, option: "--item", into: \.items, names: itemNames)
    }
  }

  /// Reads labels of their own.
  func readLabels(_ relation: Relation, over connection: Connection) throws -> PredictionTable {
    var reader = try PredictionReader(relation, over: connection)
    guard let id = options.id else {
      throw MonitoringError.invalidOption(
        name: "--id", value: "", expected: "the column that predictions and labels meet by")
    }
    try reader.ids(id, option: "--id")
    let target = options.target ?? "label"
    if isClass {
      try reader.classes(target, option: "--target", into: \.truthClasses, names: names)
    } else {
      try reader.numbers(target, option: "--target", into: \.truth)
    }
    if let time = options.labelTimestamp {
      try reader.times(time, option: "--label-timestamp", into: \.labelTimes)
    }
    return try reader.read(
      into: PredictionTable(segments: 0, probabilities: 0, quantiles: 0), over: connection)
  }

  // MARK: Probabilities

  /// How far beyond 0 or 1 rounding brings a probability, as that of 32-bit floats does.
  private static let roundingError = 1e-6

  /// Throws where values that have to be probabilities are none.
  func checkProbabilities(
    _ table: PredictionTable, of source: String
  ) throws(MonitoringError) {
    guard isClass else { return }
    for (column, values) in zip(probabilityColumns, table.probabilities) {
      let range = (-Self.roundingError)...(1 + Self.roundingError)
      // A missing value is NaN, and outside of nothing.
      let outside = values.count { !$0.isNaN && !range.contains($0) }
      guard outside > 0 else { continue }
      let known = values.filter { !$0.isNaN }
      throw .notProbabilities(
        option: options.probability == nil ? "--probabilities" : "--probability", column: column,
        source: source, outside: outside, rows: values.count, least: known.min() ?? 0,
        most: known.max() ?? 0)
    }
  }

  // MARK: Classes

  var probabilityColumns: [String] {
    options.probability.map { [$0] } ?? options.probabilities.map(\.column)
  }

  /// The class that counts as positive: as it was said, or of the pairs everybody knows; nil where
  /// there are more than two, or nobody can know.
  func positive() throws -> Int? {
    let known = names.value.names
    if let label = options.positiveLabel {
      let code = names.value.known(label)
      guard let code else {
        throw MonitoringError.invalidOption(
          name: "--positive-label", value: label,
          expected: "one of the classes: \(known.sorted().prefix(10).joined(separator: ", "))")
      }
      return Int(code)
    }
    let pairs = [("0", "1"), ("false", "true"), ("no", "yes"), ("negative", "positive")]
    let lowered = known.map { $0.lowercased() }
    for (negative, positive) in pairs
    where lowered.allSatisfy({ $0 == negative || $0 == positive }) {
      if let index = lowered.firstIndex(of: positive) { return index }
      // Only the other has been seen so far.
      if options.probability != nil { return Int(names.value.code(positive)) }
    }
    if options.probability != nil {
      throw MonitoringError.invalidOption(
        name: "--positive-label", value: "",
        expected: "the class --probability is of: "
          + known.sorted().prefix(10).joined(separator: ", "))
    }
    return nil
  }

  /// Tells predicted classes from probabilities where no column has them.
  private func predictClasses(_ table: inout PredictionTable) throws {
    guard options.prediction == nil else { return }
    if options.probability != nil, let positive = try positive() {
      let other =
        names.value.names.indices.first { $0 != positive }
        ?? Int(names.value.code(names.value.names[positive] == "1" ? "0" : "other"))
      table.predictedClasses = table.probabilities[0].map { score in
        score.isNaN ? -1 : Int32(score >= options.threshold ? positive : other)
      }
      return
    }
    let codes = options.probabilities.map { names.value.code($0.label) }
    table.predictedClasses = (0..<table.count).map { row in
      var best: Int?
      for (index, column) in table.probabilities.enumerated() where !column[row].isNaN {
        if best.map({ column[row] > table.probabilities[$0][row] }) ?? true { best = index }
      }
      return best.map { codes[$0] } ?? -1
    }
  }
}

extension PredictionTable {
  /// An empty table with room for columns that come in numbers.
  init(segments: Int, probabilities: Int, quantiles: Int, features: Int = 0) {
    self.init()
    self.features = [[Double]](repeating: [], count: features)
    self.segments = [[Int32]](repeating: [], count: segments)
    self.probabilities = [[Double]](repeating: [], count: probabilities)
    self.quantiles = [[Double]](repeating: [], count: quantiles)
  }
}
