import Statistics

/// How signals become probabilities: logistic regressions fitted on simulated incidents.
///
/// Made by `swift run -c release diagnosis-accuracy fit`; not written by hand.
enum CauseCalibration {
  /// Of the simulator.
  static let version = "1"
  static let incidents = 1669
  static let seed: UInt64 = 1

  /// By cause: the intercept, then a coefficient for each of its signals.
  static let coefficients: [RootCause: [Double]] = [
    .dataDrift: [
      -5.845, 2.444, 0.271, 4.835, 1.168, -0.085, 1.642, -0.237,
      -1.479,
    ],
    .targetDrift: [
      -4.45, 4.191, 3.063, 3.706, -1.12, 1.073, -1.771,
    ],
    .conceptDrift: [
      -3.744, 2.569, 2.2, 1.165, 0.682, 1.239, -3.328, -1.55,
      -2.41, -1.416,
    ],
    .infrastructure: [
      -4.962, 8.27, 3.661, -1.674,
    ],
    .modelBug: [
      -4.156, 7.998, 6.173, 1.639, 2.442, 0.072, -0.167,
    ],
    .trafficPattern: [
      -4.283, 7.585, 7.143, 1.379, -0.062, -0.475,
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
