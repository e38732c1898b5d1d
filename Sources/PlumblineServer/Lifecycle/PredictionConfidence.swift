import Columns
import Events

/// How sure a model was of what it predicted: the probability of the predicted class.
///
/// | events have | confidence |
/// |---|---|
/// | the probability of the class that was predicted | that |
/// | one probability alone, of another class | what is left of 1: there are two classes |
/// | several probabilities, none of the class that was predicted | not known |
/// | no prediction | the greatest probability |
struct PredictionConfidence {
  private let classes: [(name: String, values: [Double])]
  private let prediction: MemoryColumn?

  /// Bytes a class's name may have, as those of probabilities.
  private static let nameLimit = 512

  /// - Returns: nil where events have no probabilities.
  init?(_ events: MemoryTable) {
    classes = events.columns.compactMap { column in
      guard let name = EventColumnName.className(of: column.name),
        let values = events.numbers(column.name)
      else { return nil }
      return (name, values)
    }
    guard !classes.isEmpty else { return nil }
    prediction = events.column(EventColumnName.prediction)
  }

  /// The predicted class and how sure the model was; nil where that is not known.
  func of(_ row: Int) -> (name: String, value: Double)? {
    let known = classes.filter { !$0.values[row].isNaN }.map {
      (name: $0.name, value: $0.values[row])
    }
    guard let only = known.first else { return nil }
    let names = predicted(row)
    guard let name = names.first else { return known.max { $0.value < $1.value } }
    if let own = known.first(where: { names.contains($0.name) }) { return own }
    guard known.count == 1, name.utf8.count <= Self.nameLimit else { return nil }
    return (name, 1 - only.value)
  }

  /// What the predicted class may be called, the usual name first; empty where nothing was predicted.
  private func predicted(_ row: Int) -> [String] {
    guard let prediction, prediction.isValid.isEmpty || prediction.isValid[row] else { return [] }
    switch prediction.values {
    case .numbers(let values):
      // 1 and 1.0 are the same class.
      let number = values[row]
      guard !number.isNaN else { return [] }
      return (Int64(exactly: number).map { ["\($0)"] } ?? []) + ["\(number)"]
    case .booleans(let values):
      return values[row] ? ["true", "True", "1"] : ["false", "False", "0"]
    case .texts: return [String(decoding: prediction.text(row), as: UTF8.self)]
    case .timestamps: return []
    }
  }
}
