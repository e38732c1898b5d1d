/// What is asked of a comparison.
public struct DriftOptions: Sendable, Equatable {
  public var schema = SchemaOptions()
  /// A method's id for every column it fits, or `auto`.
  public var method = "auto"
  /// Methods by column.
  public var methodFor: [String: String] = [:]
  /// Threshold for the columns `method` is used on; nil for each method's own.
  public var threshold: Double?
  public var correction = Correction.benjaminiHochberg
  public var policy = DriftPolicy.robust
  public var summaries = SummaryChoice.auto
  public var multivariate: Set<MultivariateMethod> = []
  public var mmd = MMDOptions()
  public var referenceWindow: TimeSpan?
  public var currentWindow: TimeSpan?
  /// Where the current window ends; nil for just after the last row.
  public var asOf: Instant?
  /// How many reference rows there should be; a shorter window is extended back to have them.
  public var minimumReferenceRows: Int?
  public var chunk: ChunkRule?
  public var seed: UInt64 = 0
  /// Threads that read and compare; nil for one per core.
  public var workers: Int?

  public init() {}
}

/// Which way to compute is asked for.
public enum SummaryChoice: String, Sendable, CaseIterable {
  case exact, binned
  /// Exact unless a side has more than ``DriftOptions/exactRowLimit`` rows.
  case auto
}

public enum MultivariateMethod: String, Sendable, CaseIterable {
  case mmd
}

/// Settings of the maximum mean discrepancy.
public struct MMDOptions: Sendable, Equatable {
  /// γ of the kernel exp(−γ‖x − y‖²); nil for the median heuristic.
  public var gamma: Double?
  public var permutations = 200
  public var scaling = Scaling.standard

  /// What is done to columns before distances are taken.
  public enum Scaling: String, Sendable, CaseIterable {
    /// Less the reference's mean, over its standard deviation.
    case standard
    case none
  }

  public init() {}
}

extension DriftOptions {
  /// Rows of a side up to which `auto` reads every value.
  public static let exactRowLimit = 5_000_000

  /// Throws where an option is out of its range, before any data is read.
  func validate() throws(MonitoringError) {
    if method != "auto" { _ = try DriftMethod.named(method) }
    for id in methodFor.values where id != "auto" { _ = try DriftMethod.named(id) }
    if let threshold {
      guard threshold.isFinite, threshold >= 0 else {
        throw .invalidOption(
          name: "--threshold", value: "\(threshold)", expected: "a number of at least 0")
      }
      let kind = method == "auto" ? nil : try DriftMethod.named(method).thresholdKind
      if kind == .significance, threshold > 1 {
        throw .invalidOption(
          name: "--threshold", value: "\(threshold)",
          expected: "a significance level between 0 and 1 for \(method)")
      }
    }
    if let asOf, currentWindow == nil, referenceWindow == nil {
      throw .invalidOption(
        name: "--as-of", value: asOf.iso8601,
        expected: "--current-window or --reference-window beside it")
    }
    if let gamma = mmd.gamma, !(gamma > 0 && gamma.isFinite) {
      throw .invalidOption(name: "--mmd-gamma", value: "\(gamma)", expected: "a number above 0")
    }
    guard (1...100_000).contains(mmd.permutations) else {
      throw .invalidOption(
        name: "--permutations", value: "\(mmd.permutations)", expected: "1 to 100000")
    }
    if summaries == .binned {
      for id in [method] + methodFor.values where id != "auto" {
        guard try !DriftMethod.named(id).needsEveryValue else { throw .needsExact(method: id) }
      }
    }
  }
}
