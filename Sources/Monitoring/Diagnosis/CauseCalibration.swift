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
      -6.216, 1.453, 3.775, 5.026, -0.413, 2.733, 0.696, 0.002,
      1.672, -0.153, -1.246, -2.097,
    ],
    .targetDrift: [
      -5.45, 3.997, 2.91, 3.998, 2.438, -1.494, 0.871,
    ],
    .conceptDrift: [
      -3.603, 1.063, 3.232, 0.128, 1.65, 2.302, -2.424, -1.785,
      -0.984,
    ],
    .infrastructure: [
      -5.622, 9.543, 4.231, -2.478,
    ],
    .modelBug: [
      -3.992, 8.488, 7.641, 1.28, 3.164, -1.157, -0.152,
    ],
    .trafficPattern: [
      -4.881, 8.973, 8.022, 0.947, -0.027, -0.002,
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
