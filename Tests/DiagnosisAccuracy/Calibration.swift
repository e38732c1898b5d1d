import Monitoring
import Simulation
import Statistics

/// Fits a logistic regression for each cause, and writes it as Swift.
enum Calibration {
  static func fit(_ all: [Campaign.Verdict], seed: UInt64) throws -> String {
    let verdicts = all.filter { !$0.made.isCostless }
    var entries: [String] = []
    for cause in RootCause.allCases where cause != .unknown {
      let model = try RidgeLogistic(
        rows: verdicts.map { $0.signals.inputs(for: cause) },
        happened: verdicts.map { $0.made.causes.contains(cause) }, ridge: 0.3)
      let name = "\(cause)"
      let numbers = model.coefficients.map { "\(($0 * 1_000).rounded() / 1_000)" }
      var lines: [String] = []
      for start in stride(from: 0, to: numbers.count, by: 8) {
        lines.append(
          "      " + numbers[start..<min(numbers.count, start + 8)].joined(separator: ", "))
      }
      entries.append("    .\(name): [\n\(lines.joined(separator: ",\n")),\n    ],")
    }
    return """
      import Statistics

      /// How signals become probabilities: logistic regressions fitted on simulated incidents.
      ///
      /// Made by `swift run -c release diagnosis-accuracy fit`; not written by hand.
      enum CauseCalibration {
        /// Of the simulator.
        static let version = "\(Simulator.version)"
        static let incidents = \(verdicts.count)
        static let seed: UInt64 = \(seed)

        /// By cause: the intercept, then a coefficient for each of its signals.
        static let coefficients: [RootCause: [Double]] = [
      \(entries.joined(separator: "\n"))
        ]
      }

      extension RootCause {
        /// P(this is a cause) given the signals, 0…1.
        func score(_ signals: CauseSignals) -> Double {
          guard let coefficients = CauseCalibration.coefficients[self] else { return 0 }
          return RidgeLogistic(coefficients: coefficients).probability(signals.inputs(for: self))
        }
      }

      """
  }
}
