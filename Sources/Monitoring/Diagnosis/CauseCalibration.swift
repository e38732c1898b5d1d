import Statistics

/// How signals become probabilities: logistic regressions fitted on simulated incidents.
///
/// Made by `swift run -c release diagnosis-accuracy fit`; not written by hand.
enum CauseCalibration {
  /// Of the simulator.
  static let version = "1"
  static let incidents = 1254
  static let seed: UInt64 = 1

  /// By cause: the intercept, then a coefficient for each of its signals.
  static let coefficients: [RootCause: [Double]] = [
    .dataDrift: [
      -5.535, 1.976, 0.172, 4.595, 0.9, 0.053, 1.518, -0.223,
      -1.242,
    ],
    .targetDrift: [
      -4.429, 3.679, 3.082, 3.592, -0.997, 0.835, -1.55,
    ],
    .conceptDrift: [
      -3.719, 2.588, 2.228, 1.366, 0.901, 0.777, -3.057, -1.786,
      -2.023, -1.26,
    ],
    .infrastructure: [
      -4.727, 7.729, 3.457, -1.522,
    ],
    .modelBug: [
      -3.969, 7.509, 5.882, 1.558, 2.376, 0.168, -0.657,
    ],
    .trafficPattern: [
      -4.126, 7.056, 6.682, 1.156, -0.031, -0.36,
    ],
  ]
}

extension RootCause {
  /// P(this is a cause) given the signals, 0…1.
  func score(_ signals: CauseSignals) -> Double {
    guard let coefficients = CauseCalibration.coefficients[self] else { return 0 }
    return RidgeLogistic(coefficients: coefficients).probability(signals.inputs(for: self))
  }
}
