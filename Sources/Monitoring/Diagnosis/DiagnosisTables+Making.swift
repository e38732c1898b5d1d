import Statistics

extension DiagnosisTables {
  /// Tables of what was read, losses worked out.
  init(
    plan: PredictionPlan, reference: PredictionTable, current: PredictionTable,
    loss given: DiagnosisLoss?, categories: Set<String>
  ) throws {
    let kinds = plan.features.indices.map { index in
      // Numbers that were read as text have names.
      categories.contains(plan.features[index]) || !plan.featureNames[index].value.names.isEmpty
    }
    let features = plan.features.indices.map { index in
      Feature(
        name: plan.features[index], reference: reference.features[index],
        current: current.features[index],
        categories: kinds[index] ? plan.featureNames[index].value.names : nil)
    }
    let making = SideMaking(plan: plan, reference: reference)
    let loss = try making.loss(given)
    self.init(
      features: features, reference: try making.side(reference, loss),
      current: try making.side(current, loss), loss: loss, isClassification: plan.isClass)
    notes = making.notes
  }
}

/// What scores, outcomes and losses of rows are.
private struct SideMaking {
  let plan: PredictionPlan
  /// The class that outcomes are of; nil where they are numbers.
  let positive: Int?
  private let isBinary: Bool
  /// The place of its probability.
  private let probability: Int?
  var notes: [String] = []

  init(plan: PredictionPlan, reference: PredictionTable) {
    self.plan = plan
    guard plan.isClass else {
      (positive, isBinary, probability) = (nil, false, nil)
      if plan.task != .regression {
        notes.append("losses of a \(plan.task.rawValue) are not worked out")
      }
      return
    }
    let options = plan.options
    // where the options name no class that there is, the most frequent stands in.
    let known = (try? plan.positive()).flatMap { $0 }
    isBinary = known != nil && plan.names.value.names.count <= 2
    var counts = [Int](repeating: 0, count: plan.names.value.names.count)
    let classes =
      reference.truthClasses.isEmpty ? reference.predictedClasses : reference.truthClasses
    for code in classes where code >= 0 { counts[Int(code)] += 1 }
    let chosen = known ?? counts.indices.max { (counts[$0], $1) < (counts[$1], $0) }
    positive = chosen
    if options.probability != nil {
      probability = 0
    } else {
      probability = options.probabilities.firstIndex {
        chosen.map { plan.names.value.names[$0] } == $0.label
      }
    }
    if !isBinary, let chosen {
      notes.append(
        "outcomes and scores are those of class `\(plan.names.value.names[chosen])` against all others; the "
          + "loss is that of all classes")
    }
  }

  func loss(_ given: DiagnosisLoss?) throws -> DiagnosisLoss {
    let fitting: [DiagnosisLoss] =
      !plan.isClass
      ? [.absoluteError, .squaredError]
      : isBinary && probability != nil ? [.brier, .logLoss, .zeroOne] : [.zeroOne]
    guard let given else { return fitting[0] }
    guard fitting.contains(given) else {
      throw MonitoringError.invalidOption(
        name: "--loss", value: given.rawValue,
        expected: fitting.map(\.rawValue).joined(separator: ", "))
    }
    return given
  }

  func side(_ table: PredictionTable, _ loss: DiagnosisLoss) throws -> DiagnosisTables.Side {
    var side = DiagnosisTables.Side(rows: table.count)
    if table.times.count == table.count { side.times = table.times }
    guard plan.isClass else {
      side.outcomes = table.truth
      side.scores = table.predictions
      if plan.task == .regression, !table.truth.isEmpty, !table.predictions.isEmpty {
        side.losses = zip(table.predictions, table.truth).map { loss.value(score: $0, outcome: $1) }
      }
      return side
    }
    guard let positive else { return side }
    func flags(_ codes: [Int32]) -> [Double] {
      codes.map { $0 < 0 ? .nan : Int($0) == positive ? 1 : 0 }
    }
    side.outcomes = flags(table.truthClasses)
    side.scores = probability.map { table.probabilities[$0] } ?? flags(table.predictedClasses)
    guard !table.truthClasses.isEmpty, !table.predictedClasses.isEmpty else { return side }
    side.losses =
      loss == .zeroOne
      ? zip(table.truthClasses, table.predictedClasses).map {
        $0 < 0 || $1 < 0 ? .nan : $0 == $1 ? 0 : 1
      } : zip(side.scores, side.outcomes).map { loss.value(score: $0, outcome: $1) }
    return side
  }
}
