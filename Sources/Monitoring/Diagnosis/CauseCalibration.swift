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
      -6.169, 1.341, 3.28, 4.899, -0.035, 2.948, 0.372, 0.195,
      1.691, -0.158, -1.207, -2.148,
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
      -3.705, 8.244, 7.574, 1.211, 3.058, -1.42, 0.671,
    ],
    .trafficPattern: [
      -5.002, 9.043, 7.368, 1.376, 0.095, 0.101,
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
