import Monitoring
import Statistics

extension ThresholdProposal {
  /// Why, in words, with the figures.
  func explained(bounds: ClosedRange<Double>?) -> String {
    var sentences = [
      "Over \(Figure.short(days)) days \(rule) fired \(Figure.count(old.firings, "time", "times")) "
        + "(\(Figure.short(old.firingsPerWeek)) a week) with a threshold of \(oldThreshold); "
        + "\(old.falseFirings) of the firings were in times that look healthy.",
      "\(metric) \(seasonWords); what that leaves of \(Figure.count(values, "value", "values")) in "
        + "\(series) series has a robust standard deviation of \(Figure.short(residualScale)), and "
        + "98 % of it is between \(Figure.short(lowerResidual)) and \(Figure.short(upperResidual)).",
    ]
    if unhealthyStretches > 0 {
      let stretches = Figure.count(unhealthyStretches, "stretch", "stretches")
      sentences.append(
        "\(stretches) (\(Figure.percent(unhealthyShare)) of the values) lie so far outside that they "
          + "count as real degradations; \(oldThreshold) fires in \(old.caughtStretches) of them, "
          + "\(newThreshold) in \(new.caughtStretches).")
    }
    sentences.append(verdict)
    if isLimitedByDegradations {
      sentences.append(
        "A quieter threshold would have left a degradation untold that this one tells.")
    }
    if isClipped, let bounds {
      sentences.append(
        "The history would have it go further; its owner allows \(bounds.lowerBound) to "
          + "\(bounds.upperBound).")
    }
    if let tighterThreshold {
      sentences.append("\(tighterThreshold) would have been quiet enough too.")
    }
    sentences.append("Confidence is \(confidence.rawValue).")
    return sentences.joined(separator: " ")
  }

  private var verdict: String {
    switch direction {
    case .keep: "The threshold is kept."
    case .loosen, .tighten:
      "With \(newThreshold) it would have fired "
        + "\(Figure.count(new.firings, "time", "times")) (\(Figure.short(new.firingsPerWeek)) a "
        + "week), \(new.falseFirings) of them in healthy times."
    }
  }

  private var days: Double {
    Double(to.microseconds - from.microseconds) / 86_400e6
  }

  private var seasonWords: String {
    switch season {
    case .none: "is held against its median"
    case .hourOfDay: "is held against its medians by the hour of the day"
    case .hourOfWeek: "is held against its medians by the hour of the week"
    }
  }
}
