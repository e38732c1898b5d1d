import Columns
import DataSources
import Foundation
import Statistics
import Synchronization

/// The work of one comparison, cut into pieces that threads take in turn.
struct DriftPlan: Sendable {
  let reference: TableSide
  let current: TableSide
  let columns: [ComparableColumn]
  let options: DriftOptions
  let connections: ConnectionPool

  struct Findings: Sendable {
    var columns: [ColumnEvaluation] = []
    var multivariate: [MultivariateDrift] = []
    var duplicates: (reference: Int, current: Int)?
    var notes: [String] = []
  }

  private enum Work: Sendable {
    case numbers([ComparableColumn], number: Int)
    case categories(ComparableColumn)
    /// Columns that are not numbers, for the row hash alone.
    case hashes(Side, [String], number: Int)
    case duplicates(Side)
    case multivariate(MultivariateMethod)
  }

  private enum Outcome: Sendable {
    case columns([ColumnEvaluation])
    case duplicates(Side, Int)
    case multivariate(MultivariateDrift)
    case note(String)
    case nothing
  }

  /// Values of a group that are in memory at once, in bytes, for each worker.
  private static let groupBytes = 192 << 20

  var summaries: Summaries {
    switch options.summaries {
    case .exact: .exact
    case .binned: .binned
    case .auto:
      max(reference.rows, current.rows) > DriftOptions.exactRowLimit && !needsEveryValue
        ? .binned : .exact
    }
  }

  /// Whether a method that was asked for cannot work on cells.
  private var needsEveryValue: Bool {
    ([options.method] + options.methodFor.values).contains { id in
      let method = DriftMethod.all.first { $0.id == id }
      return method?.needsEveryValue ?? false
    }
  }

  private var workers: Int {
    max(1, options.workers ?? ProcessInfo.processInfo.activeProcessorCount)
  }

  func run(progress: (@Sendable (Int, Int) -> Void)?) throws -> Findings {
    let numeric = columns.filter { $0.kind != .categorical }
    let categorical = columns.filter { $0.kind == .categorical }
    let groups = groups(of: numeric)
    var work = groups.enumerated().map { Work.numbers($1, number: $0) }
    work += categorical.map { .categories($0) }
    let counters = (
      reference: duplicateCounter(for: reference), current: duplicateCounter(for: current)
    )
    if summaries == .exact {
      work += try duplicateWork(numeric, groups.count, counters)
    }
    work += options.multivariate.sorted { $0.rawValue < $1.rawValue }.map { .multivariate($0) }
    let done = Mutex(0)
    let outcomes = try concurrently(work, workers: workers) { piece in
      let outcome = try perform(piece, counters)
      if case .columns(let columns) = outcome {
        let count = done.withLock { done in
          done += columns.count
          return done
        }
        progress?(count, self.columns.count)
      }
      return outcome
    }
    return collect(outcomes, counters)
  }

  private func groups(of numeric: [ComparableColumn]) -> [[ComparableColumn]] {
    guard !numeric.isEmpty else { return [] }
    // Values of both sides, and the buffer one of them is sorted through.
    let bytesPerColumn =
      summaries == .binned
      ? 1 : 8 * (reference.rows + current.rows + max(reference.rows, current.rows))
    let affordable = max(1, min(8, Self.groupBytes / max(1, bytesPerColumn)))
    let count = max(
      (numeric.count + affordable - 1) / affordable, min(numeric.count, workers * 4))
    return (0..<count).map { group in
      Array(numeric[(group * numeric.count / count)..<((group + 1) * numeric.count / count)])
    }
  }

  private func perform(
    _ work: Work, _ counters: (reference: DuplicateCounter?, current: DuplicateCounter?)
  ) throws -> Outcome {
    switch work {
    case .numbers(let columns, let number):
      guard summaries == .exact else {
        return .columns(
          try BinnedEvaluation(
            reference: reference, current: current, options: options, connections: connections
          ).numbers(columns))
      }
      let names = columns.map(\.name)
      return .columns(
        try exact.numbers(
          columns,
          hashing: (
            counters.reference == nil ? [] : names, counters.current == nil ? [] : names
          ),
          into: (
            { try counters.reference?.add($0, number: number) },
            { try counters.current?.add($0, number: number) }
          )))
    case .categories(let column): return .columns([try exact.categories(column)])
    case .hashes(let side, let names, let number):
      let table = side == .reference ? reference : current
      let reading = try connections.withConnection(to: table.relation.database) { connection in
        try table.readNumbers([], hashing: names, over: connection)
      }
      try (side == .reference ? counters.reference : counters.current)?
        .add(reading.rowHashes, number: number)
      return .nothing
    case .duplicates(let side): return countDuplicates(side)
    case .multivariate(let method):
      return .multivariate(
        try MultivariateEvaluation(
          reference: reference, current: current, options: options, connections: connections
        ).run(method, columns))
    }
  }

  private var exact: ExactEvaluation {
    ExactEvaluation(
      reference: reference, current: current, options: options, connections: connections)
  }

  private func duplicateCounter(for side: TableSide) -> DuplicateCounter? {
    guard summaries == .exact, side.rows > 0, side.relation.hasStableOrder,
      side.relation.dialect.rowHash(of: ["1"]) != nil
    else { return nil }
    return DuplicateCounter(rows: side.rows, of: side.relation.name)
  }

  /// What counting duplicate rows takes beside the groups of numbers.
  private func duplicateWork(
    _ numeric: [ComparableColumn], _ groups: Int,
    _ counters: (reference: DuplicateCounter?, current: DuplicateCounter?)
  ) throws -> [Work] {
    let hashed = Set(numeric.map(\.name))
    return try [(reference, counters.reference), (current, counters.current)].flatMap {
      table, counter -> [Work] in
      guard table.rows > 0 else { return [] }
      guard counter != nil else { return [.duplicates(table.side)] }
      let names = try connections.withConnection(to: table.relation.database) { connection in
        try table.relation.columns(over: connection).map(\.name)
      }.filter { !hashed.contains($0) && !ChunkPlan.isRowNumber($0) }
      return names.isEmpty ? [] : [.hashes(table.side, names, number: groups)]
    }
  }

  private func countDuplicates(_ side: Side) -> Outcome {
    let table = side == .reference ? reference : current
    do {
      let duplicates = try connections.withConnection(to: table.relation.database) { connection in
        let columns = try table.relation.columns(over: connection).map(\.name)
        return try table.relation.duplicateRows(
          in: columns.filter { !ChunkPlan.isRowNumber($0) }, over: connection)
      }
      return .duplicates(side, duplicates)
    } catch {
      // A type without equality is no reason to lose the comparison itself.
      return .note("duplicate rows of \(side.rawValue) could not be counted: \(error)")
    }
  }

  private func collect(
    _ outcomes: [Outcome], _ counters: (reference: DuplicateCounter?, current: DuplicateCounter?)
  ) -> Findings {
    var findings = Findings()
    var duplicates: [Side: Int] = [:]
    for outcome in outcomes {
      switch outcome {
      case .columns(let columns): findings.columns += columns
      case .duplicates(let side, let count): duplicates[side] = count
      case .multivariate(let drift): findings.multivariate.append(drift)
      case .note(let note): findings.notes.append(note)
      case .nothing: break
      }
    }
    duplicates[.reference] = counters.reference?.duplicates() ?? duplicates[.reference]
    duplicates[.current] = counters.current?.duplicates() ?? duplicates[.current]
    if let before = duplicates[.reference], let now = duplicates[.current] {
      findings.duplicates = (before, now)
    }
    if summaries == .binned {
      findings.notes.append(
        "counted in cells of the reference: KS and Wasserstein carry error bounds, and duplicate "
          + "rows are not counted")
    }
    return findings
  }
}
