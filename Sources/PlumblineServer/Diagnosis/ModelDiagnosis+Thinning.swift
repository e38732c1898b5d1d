import Columns
import DataSources
import Monitoring

extension ModelDiagnosis {
  /// Rows that are left at least of the smaller of two sides that are no stretches of one table.
  private static let leastKept = 2_000

  /// Has no more rows read than may be: one in so many by their ids, of both sides the same share, and their
  /// labels. Where neither ids nor all columns tell rows, the first of a side are read as far as it has too many.
  ///
  /// - Parameters:
  ///   - counts: rows of the reference and of the time in question.
  ///   - columns: of both.
  ///   - missing: takes what is not read, in words.
  func thinned(
    _ rows: Rows, _ counts: [Int], _ columns: [Set<String>], _ options: PerformanceOptions,
    _ missing: inout [String]
  ) throws -> Rows {
    var rows = rows
    var steps = counts.map { ($0 + mostRows - 1) / mostRows }
    let step = steps.max() ?? 1
    if step > 1 {
      steps = counts.map {
        rows.areOfOneTable ? step : min(step, max(1, $0 / Self.leastKept))
      }
    }
    let names = ["the reference", "the time in question"]
    for (side, path) in [\Rows.reference, \Rows.current].enumerated() where steps[side] > 1 {
      if let part = part(of: rows[keyPath: path], steps[side], columns[side], options.id) {
        rows[keyPath: path] = part
        missing.append(
          "rows: one in \(steps[side]) of \(names[side]) was read; a shorter window has fewer")
      } else if counts[side] > mostRows {
        rows[keyPath: path] = rows[keyPath: path].first(mostRows)
        missing.append(
          "rows: the first \(mostRows) of \(counts[side]) rows of \(names[side]) were read; name a column "
            + "of ids, or thin them in the query")
      }
    }
    if let labels = rows.labels {
      rows.labels = try thinned(labels, of: rows, steps, columns, options, &missing)
    }
    return rows
  }

  /// Those that one in so many has: by their ids, else, where the engine can, by all that they are.
  private func part(
    of relation: Relation, _ step: Int, _ columns: Set<String>, _ id: String?
  ) -> Relation? {
    let key =
      if let id, columns.contains(id) { [id] } else {
        relation.dialect.readsInStableOrder ? columns.sorted() : []
      }
    guard !key.isEmpty else { return nil }
    return relation.dialect.oneIn(step, by: key.map(relation.dialect.identifier))
      .map { relation.filtered(by: $0) }
  }

  /// The labels of rows that are read, where they can be told by their ids.
  private func thinned(
    _ labels: Relation, of rows: Rows, _ steps: [Int], _ columns: [Set<String>],
    _ options: PerformanceOptions, _ missing: inout [String]
  ) throws -> Relation {
    // A side that has its labels beside it needs none.
    let needed = [0, 1].filter { side in
      options.target.map { !columns[side].contains($0) } ?? true
    }
    let dialect = labels.dialect
    let known = Set(try labels.columns(over: labels.database.connect()).map(\.name))
    if let id = options.id, known.contains(id), !needed.isEmpty {
      let conditions = needed.compactMap { side -> String? in
        let other = side == 0 ? rows.reference.dialect : rows.current.dialect
        // The other engine has the same hash, and hashed the same.
        guard steps[side] > 1, other.name == dialect.name, columns[side].contains(id) else {
          return nil
        }
        return dialect.oneIn(steps[side], by: [dialect.identifier(id)])
      }
      if conditions.count == needed.count {
        let either = Set(conditions).sorted().map { "(\($0))" }.joined(separator: " OR ")
        return labels.filtered(by: either)
      }
    }
    let most = 20 * mostRows
    let count = try labels.rowCount(over: labels.database.connect())
    guard count > most else { return labels }
    missing.append("labels: the first \(most) of \(count) were read")
    return labels.first(most)
  }
}
