import Columns
import Monitoring

/// Which columns members of rows become.
extension EventIntake {
  /// A member of rows that becomes a column.
  struct Member {
    let cells: Rows.Column
    /// The column's name.
    let name: String
    /// As it is told in messages.
    let what: String
    /// The type it has in every model; nil where a model's first value decides.
    var type: CellType?
    /// Says what is wrong with a number, which it may mend.
    var check: ((inout Double) -> String?)?
  }

  /// The member a column of cells is; nil where it is none of events, or refused.
  mutating func member(of cells: Rows.Column) -> Member? {
    func member(
      _ name: String, _ what: String, check: ((inout Double) -> String?)? = nil
    ) -> Member {
      Member(
        cells: cells, name: name, what: what, type: reader.kind.type(of: name), check: check)
    }
    let name = cells.name
    switch (cells.group, name) {
    case ("features", _):
      return member(EventColumnName.feature(name, known: known), "feature `\(Self.short(name))`")
    case ("metrics", _):
      guard !EventColumnName.ofObservations.contains(name.lowercased()) else {
        for row in 0..<rows.count where cells.cell(row) != .null {
          refuse(row, "a metric cannot be called `\(Self.short(name))`")
        }
        return nil
      }
      return member(name, "metric `\(Self.short(name))`")
    case ("probabilities", _):
      return member(
        EventColumnName.probability(of: name), "the probability of `\(Self.short(name))`"
      ) { share in
        guard EventReader.probabilities.contains(share) else { return "is not between 0 and 1" }
        share = min(max(share, 0), 1)
        return nil
      }
    case (_, EventColumnName.prediction) where reader.kind == .predictions:
      return member(name, "the prediction")
    case (_, EventColumnName.latency) where reader.kind == .predictions:
      return member(name, name) { $0 >= 0 ? nil : "is below 0" }
    case (_, EventColumnName.status) where reader.kind == .predictions:
      for row in 0..<rows.count where cells.cell(row) == .text {
        let status = cells.text(row)
        if status != "success", status != "error" {
          refuse(row, "status is `\(Self.short(status))`, neither `success` nor `error`")
        }
      }
      return member(name, name)
    case (_, EventColumnName.modelVersion) where reader.kind == .predictions,
      (_, EventColumnName.segment) where reader.kind == .predictions,
      (_, EventColumnName.variant) where reader.kind == .observations:
      return member(name, name)
    case (_, EventColumnName.label) where reader.kind == .labels: return member(name, "the label")
    case _ where reader.kind.groups.contains(name):
      for row in 0..<rows.count where cells.cell(row) != .null {
        refuse(row, "\(name) is no JSON object")
      }
      return nil
    default:
      ignored.append(name)
      return nil
    }
  }

  /// Makes columns of members, in the order they came.
  mutating func add(_ members: [Member]) {
    var made: [(place: Int, column: MemoryColumn)] = []
    var fresh: [(place: Int, member: Member)] = []
    for (place, member) in members.enumerated() {
      let isKnown = known[member.name.lowercased()].flatMap { reader.types[$0] } != nil
      if member.type == nil, !isKnown {
        fresh.append((place, member))
      } else if let column = column(of: member) {
        made.append((place, column))
      }
    }
    refuseNested(fresh.map(\.member))
    refuseWide(fresh.map(\.member))
    for (place, member) in fresh {
      if let column = column(of: member) { made.append((place, column)) }
    }
    columns += made.sorted { $0.place < $1.place }.map(\.column)
  }

  /// Refuses rows with cells of no type a column can have, before they decide that of another.
  private mutating func refuseNested(_ members: [Member]) {
    for member in members {
      for row in 0..<rows.count {
        switch member.cells.cell(row) {
        case .time, .nested: refuse(row, "\(member.what) is neither number, text nor truth value")
        case .null, .number, .text, .boolean: continue
        }
      }
    }
  }

  /// Refuses rows that have more than a model can by themselves: the others would have no room for theirs.
  private mutating func refuseWide(_ members: [Member]) {
    guard known.count + members.count > EventReader.columnLimit else { return }
    for row in 0..<rows.count where reasons[row] == nil {
      let brought = members.count { $0.cells.cell(row) != .null }
      if known.count + brought > EventReader.columnLimit {
        refuse(
          row,
          "it has \(brought) columns that are new, and a model can have \(EventReader.columnLimit)")
      }
    }
  }

  /// Whether a row that is not refused has something in a column.
  func isTaken(_ cells: Rows.Column) -> Bool {
    reasons.isEmpty
      || (0..<rows.count).contains { cells.cell($0) != .null && reasons[$0] == nil }
  }
}
