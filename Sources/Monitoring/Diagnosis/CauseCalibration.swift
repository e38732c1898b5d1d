import Statistics

/// How signals become probabilities: logistic regressions fitted on simulated incidents.
///
/// Made by `swift run -c release diagnosis-accuracy fit`; not written by hand.
enum CauseCalibration {
  /// Of the simulator.
  static let version = "3"
  static let incidents = 1045
  static let seed: UInt64 = 1

  /// By cause: the intercept, then a coefficient for each of its signals.
  static let coefficients: [RootCause: [Double]] = [
    .dataDrift: [
      -6.165, 1.326, 3.312, 4.891, -0.044, 2.952, 0.356, 0.214,
      1.746, -0.159, -1.204, -2.14,
    ],
    .targetDrift: [
      -5.454, 3.997, 2.911, 4.0, 2.441, -1.485, 0.873,
    ],
    .conceptDrift: [
      -3.609, 1.066, 3.234, 0.129, 1.647, 2.303, -2.422, -1.786,
      -0.97,
    ],
    .infrastructure: [
      -5.622, 9.543, 4.231, -2.478,
    ],
    .modelBug: [
      -3.682, 8.22, 7.551, 1.21, 3.05, -1.422, 0.501,
    ],
    .trafficPattern: [
      -4.948, 9.01, 7.797, 1.108, 0.037, 0.065,
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
