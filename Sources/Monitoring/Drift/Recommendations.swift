import Statistics

/// What to do about a report, in words.
struct Advice {
  var recommendations: [String] = []
  var nextSteps: [String] = []

  /// - Parameters:
  ///   - columns: as in the report, drifted first.
  ///   - chunks: what parts of current show by themselves.
  init(
    status: Status, reason: String?, columns: [ColumnDrift], quality: [QualityFinding],
    chunks: ChunkVerdicts
  ) {
    let drifted = columns.filter { $0.drifted == true }
    switch status {
    case .critical:
      recommendations.append("URGENT: Major drift detected. Consider model retraining.")
    case .degraded:
      recommendations.append("WARNING: Moderate drift. Investigate drifted features.")
    case .unknown:
      recommendations.append("Drift could not be judged: \(reason ?? "no column is comparable").")
    case .healthy:
      break
    }
    if status == .healthy, let sentence = chunks.sentence {
      recommendations.append(
        "Look at \(list(chunks.drifted.map(\.label))): \(sentence), which all of current together hides."
      )
    }
    addSchemaAdvice(quality)
    addColumnAdvice(drifted)
    addQualityAdvice(quality)
    addNextSteps(status, drifted, chunks)
  }

  /// - Parameter quality: what was found about the data alone.
  init(ofQuality quality: [QualityFinding], _ status: Status) {
    addSchemaAdvice(quality)
    addQualityAdvice(quality)
    if quality.contains(where: { $0.check == .freshness }) {
      recommendations.append("Find out why no newer rows come.")
    }
    if quality.contains(where: { $0.check == .duplicateRows && $0.severity != .info }) {
      recommendations.append("Find out what sends rows twice.")
    }
    nextSteps =
      switch status {
      case .healthy: ["Continue monitoring."]
      case .degraded, .critical: ["Mend the data before drift and performance are judged by it."]
      case .unknown: ["Check that both sources hold rows and share columns, then run again."]
      }
  }

  private mutating func addSchemaAdvice(_ quality: [QualityFinding]) {
    let broken = quality.filter {
      ($0.check == .missingColumn || $0.check == .typeChanged) && $0.severity == .critical
    }.compactMap(\.column)
    guard !broken.isEmpty else { return }
    recommendations.append(
      "Mend the pipeline first: \(list(broken)) \(broken.count == 1 ? "is" : "are") missing or of "
        + "another type than in the reference.")
  }

  private mutating func addColumnAdvice(_ drifted: [ColumnDrift]) {
    if let target = drifted.first(where: { $0.role == .target }) {
      recommendations.append(
        "The target “\(target.column)” itself has shifted: check for seasonality or market changes, "
          + "and update training data with recent labels.")
    }
    if let prediction = drifted.first(where: { $0.role == .prediction || $0.role == .probability })
    {
      recommendations.append(
        "The predictions (“\(prediction.column)”) have shifted: compare with labels as they arrive."
      )
    }
    let features = drifted.filter { $0.role == .feature || $0.role == .segment }
    if !features.isEmpty {
      recommendations.append(
        "Investigate upstream data sources of \(list(features.map(\.column)))"
          + (features.count > 1 ? ", strongest drift first." : "."))
    }
  }

  private mutating func addQualityAdvice(_ quality: [QualityFinding]) {
    let stuck = quality.filter { $0.check == .constant && $0.severity == .critical }
      .compactMap(\.column)
    if !stuck.isEmpty {
      recommendations.append("Check what feeds \(list(stuck)): only one value arrives.")
    }
    let missing = quality.filter { $0.check == .missingValues }.compactMap(\.column)
    if !missing.isEmpty {
      recommendations.append("Find out why values go missing in \(list(missing)).")
    }
    let fresh = quality.filter { $0.check == .newCategories && $0.severity != .info }
      .compactMap(\.column)
    if !fresh.isEmpty {
      recommendations.append(
        "Check how the model treats categories it was not trained on, in \(list(fresh)).")
    }
  }

  private mutating func addNextSteps(
    _ status: Status, _ drifted: [ColumnDrift], _ chunks: ChunkVerdicts
  ) {
    switch status {
    case .healthy where !chunks.drifted.isEmpty:
      nextSteps = [
        "Compare model performance over the same \(chunks.noun).", "Continue monitoring.",
      ]
    case .healthy where drifted.isEmpty:
      nextSteps = ["Continue monitoring."]
    case .healthy:
      nextSteps = [
        "Watch \(list(drifted.map(\.column))) in the next windows.", "Continue monitoring.",
      ]
    case .degraded, .critical:
      nextSteps = [
        "See when it began: run with --timestamp and --chunk day.",
        "Compare model performance on both windows before retraining.",
        "Consider retraining with a recent data window once the cause is known.",
      ]
    case .unknown:
      nextSteps = ["Check that both sources hold rows and share columns, then run again."]
    }
  }

  /// Up to five names, then how many more.
  private func list(_ names: [String]) -> String {
    let shown = names.prefix(5).map { "“\($0)”" }
    let rest = names.count - shown.count
    return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }
}
