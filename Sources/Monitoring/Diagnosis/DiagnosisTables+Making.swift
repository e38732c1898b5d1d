import Foundation
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
    let making = SideMaking(plan: plan, reference: reference, current: current)
    let loss = try making.loss(given)
    self.init(
      features: features, reference: try making.side(reference, loss),
      current: try making.side(current, loss), loss: loss, isClassification: plan.isClass)
    if plan.isClass, !making.isBinary { classes = plan.names.value.names }
    reasonWithoutLoss = making.reasonWithoutLoss
    notes = making.notes
  }
}

/// What scores, outcomes and losses of rows are.
private struct SideMaking {
  let plan: PredictionPlan
  /// The class that outcomes are of; nil where they are numbers.
  let positive: Int?
  let isBinary: Bool
  /// By class: the place of its probability; nil where it has none.
  private let places: [Int?]
  var notes: [String] = []
  var reasonWithoutLoss: String?

  init(plan: PredictionPlan, reference: PredictionTable, current: PredictionTable) {
    self.plan = plan
    guard plan.isClass else {
      (positive, isBinary, places) = (nil, false, [])
      if plan.task != .regression {
        let reason =
          "a \(plan.task.rawValue) is measured by whole lists, whose metrics are no means over rows: what "
          + "its change is made of is not known. Give `--task regression` with the relevance as target and "
          + "the score as prediction to explain the error of single rows instead"
        notes.append(reason)
        reasonWithoutLoss = reason
      }
      return
    }
    let options = plan.options
    let names = plan.names.value.names
    // Where the options name no class that there is, the one that changed most stands in.
    let known = (try? plan.positive()).flatMap { $0 }
    isBinary = known != nil && names.count <= 2
    let places: [Int?] = names.indices.map { code in
      if options.probability != nil { return code == known ? 0 : nil }
      return options.probabilities.firstIndex { $0.label == names[code] }
    }
    self.places = places
    let chosen = known ?? Self.mostChanged(names.count, places, reference, current)
    positive = chosen
    if !isBinary, let chosen {
      notes.append(
        "outcomes and scores are those of class `\(names[chosen])`"
          + (known == nil ? ", whose outcomes left its scores farthest," : "")
          + " against all others; the loss and the shares of outcomes are those of all classes")
    }
  }

  /// The class whose outcomes, less what the model said of it, changed by most; the most frequent one where
  /// labels are not known on both sides.
  private static func mostChanged(
    _ classes: Int, _ places: [Int?], _ reference: PredictionTable, _ current: PredictionTable
  ) -> Int? {
    let (before, now) = (excess(classes, places, reference), excess(classes, places, current))
    let changes = zip(before, now).map { abs(EstimatedEffect.difference($0, $1)?.z ?? 0) }
    if let best = changes.indices.max(by: { (changes[$0], $1) < (changes[$1], $0) }),
      changes[best] > 0
    {
      return best
    }
    var counts = [Int](repeating: 0, count: classes)
    let seen =
      reference.truthClasses.isEmpty ? reference.predictedClasses : reference.truthClasses
    for code in seen where code >= 0 { counts[Int(code)] += 1 }
    return counts.indices.max { (counts[$0], $1) < (counts[$1], $0) }
  }

  /// By class: outcomes less what the model said of them, over labelled rows.
  private static func excess(
    _ classes: Int, _ places: [Int?], _ table: PredictionTable
  ) -> [Moments] {
    // Where the model names a class without a probability, rows are +1, 0 or −1: counted in one pass over
    // them, however many classes there are.
    var rows = 0
    var (missed, wronged) = (
      [Int](repeating: 0, count: classes), [Int](repeating: 0, count: classes)
    )
    for (row, truth) in table.truthClasses.enumerated() where truth >= 0 {
      rows += 1
      let said = table.predictedClasses.isEmpty ? -1 : table.predictedClasses[row]
      guard said != truth else { continue }
      missed[Int(truth)] += 1
      if said >= 0 { wronged[Int(said)] += 1 }
    }
    return (0..<classes).map { code in
      guard let place = places[code] else {
        return Moments(ones: missed[code], minusOnes: wronged[code], of: rows)
      }
      let said = table.probabilities[place]
      return Moments(
        table.truthClasses.indices.compactMap { row -> Double? in
          guard table.truthClasses[row] >= 0, !said[row].isNaN else { return nil }
          return (Int(table.truthClasses[row]) == code ? 1 : 0) - said[row]
        })
    }
  }

  /// Whether every class that occurs has a probability.
  private var hasProbabilities: Bool {
    isBinary
      ? positive.flatMap { places[$0] } != nil : places.count > 1 && places.allSatisfy { $0 != nil }
  }

  func loss(_ given: DiagnosisLoss?) throws -> DiagnosisLoss {
    let fitting: [DiagnosisLoss] =
      !plan.isClass
      ? [.absoluteError, .squaredError]
      : hasProbabilities ? [.brier, .logLoss, .zeroOne] : [.zeroOne]
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
    side.scores = places[positive].map { table.probabilities[$0] } ?? flags(table.predictedClasses)
    if !isBinary { side.classes = table.truthClasses }
    guard !table.truthClasses.isEmpty, !table.predictedClasses.isEmpty else { return side }
    if loss == .zeroOne {
      side.losses = zip(table.truthClasses, table.predictedClasses).map {
        $0 < 0 || $1 < 0 ? .nan : $0 == $1 ? 0 : 1
      }
    } else if isBinary {
      side.losses = zip(side.scores, side.outcomes).map { loss.value(score: $0, outcome: $1) }
    } else {
      side.losses = table.truthClasses.indices.map { severalClasses(table, $0, loss) }
    }
    return side
  }

  /// The loss of a row's probabilities: −ln of that of what happened, or the sum of squares over all
  /// classes, which for two classes is twice the Brier score of one.
  private func severalClasses(_ table: PredictionTable, _ row: Int, _ loss: DiagnosisLoss) -> Double
  {
    let truth = Int(table.truthClasses[row])
    guard truth >= 0 else { return .nan }
    if loss == .logLoss {
      return DiagnosisLoss.logLoss.value(
        score: places[truth].map { table.probabilities[$0][row] } ?? 0, outcome: 1)
    }
    var sum = 0.0
    for (code, place) in places.enumerated() {
      let said = place.map { table.probabilities[$0][row] } ?? 0
      sum += (said - (code == truth ? 1 : 0)) * (said - (code == truth ? 1 : 0))
    }
    return sum
  }
}
