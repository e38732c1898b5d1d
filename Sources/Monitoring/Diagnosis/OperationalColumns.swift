import DataSources
import Statistics

/// Columns that say how a call went, by the names an event has them: `latency_seconds`, and `status` with
/// `success` or `error`. They are no features, but figures of machines: `latency_p99_ms` and `error_rate`.
struct OperationalColumns {
  private static let latency = "latency_seconds"
  private static let status = "status"
  private static let outcomes: Set<String> = ["success", "error"]
  /// Values of a side from which on a percentile says something.
  private static let leastValues = 100

  private(set) var names: [String] = []
  /// Of the current rows, with those of the reference as what is usual.
  private(set) var figures: [String: InfrastructureFigure] = [:]

  init(
    reference: Relation, current: Relation, isShared: (String) -> Bool, connections: ConnectionPool
  ) throws {
    let sides = [reference, current]
    if isShared(Self.latency) {
      let latencies = try sides.map { try Self.latencies($0, connections) }
      if let before = latencies[0], let now = latencies[1] {
        names.append(Self.latency)
        figures["latency_p99_ms"] = Self.figure(Self.p99(before), Self.p99(now))
      }
    }
    if isShared(Self.status) {
      let statuses = try sides.map { try Self.statuses($0, connections) }
      // A status of something else is a feature like any other.
      if statuses.allSatisfy({ $0.names.allSatisfy(Self.outcomes.contains) }) {
        names.append(Self.status)
        figures["error_rate"] = Self.figure(Self.errors(statuses[0]), Self.errors(statuses[1]))
      }
    }
  }

  private static func figure(_ before: Double?, _ now: Double?) -> InfrastructureFigure? {
    now.map { InfrastructureFigure(value: $0, baseline: before) }
  }

  /// nil where the column is none of numbers.
  private static func latencies(
    _ relation: Relation, _ connections: ConnectionPool
  ) throws -> [Double]? {
    try connections.withConnection(to: relation.database) { connection in
      var reader = try PredictionReader(relation, over: connection)
      guard reader.kind(of: latency) == .number else { return nil }
      try reader.numbers(latency, option: latency, into: \.values)
      return try reader.read(into: PredictionTable(), over: connection).values.filter(\.isFinite)
    }
  }

  private static func p99(_ seconds: [Double]) -> Double? {
    guard seconds.count >= leastValues else { return nil }
    return quantile(seconds.sorted().span, 0.99).map { $0 * 1_000 }
  }

  private static func statuses(
    _ relation: Relation, _ connections: ConnectionPool
  ) throws -> (codes: [Int32], names: [String]) {
    try connections.withConnection(to: relation.database) { connection in
      var reader = try PredictionReader(relation, over: connection)
      let names = Box(ClassNames())
      try reader.classes(status, option: status, into: \.groups, names: names)
      let codes = try reader.read(into: PredictionTable(), over: connection).groups
      return (codes, names.value.names)
    }
  }

  private static func errors(_ side: (codes: [Int32], names: [String])) -> Double? {
    let known = side.codes.filter { $0 >= 0 }
    guard known.count >= leastValues else { return nil }
    let error = side.names.firstIndex(of: "error")
    return Double(known.count { Int($0) == error }) / Double(known.count)
  }
}
