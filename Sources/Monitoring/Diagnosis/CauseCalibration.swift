import Statistics

/// How signals become probabilities: logistic regressions fitted on simulated incidents.
///
/// Made by `swift run -c release diagnosis-accuracy fit`; not written by hand.
enum CauseCalibration {
  /// Of the simulator.
  static let version = "4"
  static let incidents = 1050
  static let seed: UInt64 = 1

  /// By cause: the intercept, then a coefficient for each of its signals.
  static let coefficients: [RootCause: [Double]] = [
    .dataDrift: [
      -6.326, 1.554, 3.402, 5.194, -0.419, 1.667, 0.265, 0.151,
      1.827, -0.157, -1.093, -1.941,
    ],
    .targetDrift: [
      -4.227, 5.399, 3.257, 1.191, -1.745, 0.753,
    ],
    .conceptDrift: [
      -3.791, 0.906, 3.047, -0.128, 2.723, 1.55, 2.927, -2.475,
      -1.278, -0.707,
    ],
    .infrastructure: [
      -5.635, 9.553, 4.238, -2.472,
    ],
    .modelBug: [
      -3.984, 8.549, 7.649, 1.277, 3.176, -1.208, -0.164,
    ],
    .trafficPattern: [
      -4.871, 8.968, 8.107, 0.954, -0.037, -0.017,
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
