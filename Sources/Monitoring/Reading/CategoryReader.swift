import Columns
import DataSources
import Statistics

/// How often each category of a column occurs.
struct CategoryCounts: Sendable, Equatable {
  var counts: [String: Int] = [:]
  var missing = 0

  /// Values that are not missing.
  var total: Int { counts.values.reduce(0, +) }

  mutating func add(_ category: String?, _ count: Int, nanIsMissing: Bool) {
    guard let category, !(nanIsMissing && category.lowercased() == "nan") else {
      missing += count
      return
    }
    counts[category, default: 0] += count
  }

  /// Adds the counts of further rows of the same column.
  mutating func merge(_ other: CategoryCounts) {
    counts.merge(other.counts, uniquingKeysWith: +)
    missing += other.missing
  }
}

extension TableSide {
  /// Counts a column's categories in the engine, whole or by chunk.
  func countCategories(
    _ column: ComparableColumn, over connection: Connection
  ) throws -> [CategoryCounts] {
    let category = column.category(in: relation.dialect, on: side)
    var expressions = [category, "count(*)"]
    if let chunks { expressions.append(chunks.key) }
    let query = relation.select(
      expressions, suffix: chunks == nil ? "GROUP BY 1" : "GROUP BY 1, 3")
    var counts = [CategoryCounts](
      repeating: CategoryCounts(), count: chunks?.chunks.count ?? 1)
    let stream = try relation.run(query, over: connection)
    while let batch = try stream.next() {
      guard let categories = batch.column(0), let numbers = batch.column(1)?.wholeNumbers() else {
        continue
      }
      let keys = chunks == nil ? nil : batch.column(2)?.wholeNumbers()
      for row in 0..<batch.rows {
        var chunk = 0
        if let chunks {
          guard let key = keys?[row], let known = chunks.chunkOfKey[key] else { continue }
          chunk = known
        }
        counts[chunk].add(
          categories.string(row), Int(numbers[row] ?? 0), nanIsMissing: column.hasFloats)
      }
    }
    return counts
  }
}
