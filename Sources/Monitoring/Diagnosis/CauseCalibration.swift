import Statistics

/// How signals become probabilities: logistic regressions fitted on simulated incidents.
///
/// Made by `swift run -c release diagnosis-accuracy fit`; not written by hand.
enum CauseCalibration {
  /// Of the simulator.
  static let version = "2"
  static let incidents = 1032
  static let seed: UInt64 = 1

  /// By cause: the intercept, then a coefficient for each of its signals.
  static let coefficients: [RootCause: [Double]] = [
    .dataDrift: [
      -5.296, 2.295, 0.709, 3.124, 1.464, -0.235, 0.917, -0.261,
      -1.168,
    ],
    .targetDrift: [
      -4.417, 3.428, 2.829, 3.521, -0.998, 0.883, -1.38,
    ],
    .conceptDrift: [
      -3.766, 2.619, 2.19, 1.311, 0.821, 0.765, -2.91, -1.725,
      -1.871, -1.14,
    ],
    .infrastructure: [
      -4.569, 7.369, 3.316, -1.414,
    ],
    .modelBug: [
      -3.811, 7.156, 5.708, 1.443, 2.286, 0.149, -0.635,
    ],
    .trafficPattern: [
      -3.996, 6.726, 6.259, 1.137, -0.021, -0.351,
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
