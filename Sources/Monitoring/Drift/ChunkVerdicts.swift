/// What chunks show by themselves, which the whole they make up may hide.
public struct ChunkVerdicts: Sendable {
  /// Those that are degraded or critical, in the order of time.
  public let drifted: [ChunkDrift]
  private let count: Int
  private let rule: String?

  /// - Parameters:
  ///   - chunks: as in a report.
  ///   - rule: how they were cut, as in a report.
  init(_ chunks: [ChunkDrift], of rule: String?) {
    drifted = chunks.filter { $0.status == .degraded || $0.status == .critical }
    count = chunks.count
    self.rule = rule
  }

  /// "5 of 6 months are degraded"; nil where none is.
  public var sentence: String? {
    guard !drifted.isEmpty else { return nil }
    let statuses = [Status.degraded, .critical].filter { status in
      drifted.contains { $0.status == status }
    }.map(\.rawValue)
    return "\(drifted.count) of \(count) \(noun) \(drifted.count == 1 ? "is" : "are") "
      + statuses.joined(separator: " or ")
  }

  /// What chunks are called.
  var noun: String {
    let isCalendar = rule.flatMap { ChunkRule($0) }?.isCalendar ?? false
    return (isCalendar ? rule ?? "chunk" : "chunk") + (count == 1 ? "" : "s")
  }
}

extension DriftReport {
  /// What its chunks show by themselves.
  public var chunkVerdicts: ChunkVerdicts { ChunkVerdicts(chunks, of: chunk) }
}
