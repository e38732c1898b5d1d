import Statistics

/// Columns that are a matter of the date.
///
/// A day, a month, a weekday or a rate that is set each morning has one value for all rows of a day: of two
/// windows it has as many values as there are days, not rows, and other windows have other ones. Tests over
/// rows would call that drift or a broken column, every week.
extension DiagnosisTables {
  /// Takes out columns that go with the time and have values of their own in current, by which no row of one
  /// side is like any of the other, and marks those whose values return. Without times nothing is done.
  mutating func setDatesApart() {
    guard let one = TimeOrder(reference.times, rows: reference.rows),
      let two = TimeOrder(current.times, rows: current.rows)
    else { return }
    var (gone, marked): ([Int], [Int]) = ([], [])
    for (index, feature) in features.enumerated() {
      let column = DatedColumn(feature, one, two)
      guard column.followsTime else { continue }
      if column.returns { marked.append(index) } else { gone.append(index) }
    }
    func names(_ chosen: [Int]) -> String {
      chosen.map { "`\(features[$0].name)`" }.joined(separator: ", ")
    }
    if !gone.isEmpty {
      notes.append(
        "left out, as they change with the time alone and have values of their own in current, which no "
          + "defect or drift makes: \(names(gone))")
    }
    if !marked.isEmpty {
      notes.append(
        "of columns that change with the time alone, what a window has of them is a matter of its dates; "
          + "neither drift nor a defect is looked for in \(names(marked))")
      for index in marked { features[index].followsTime = true }
    }
    for index in gone.reversed() { features.remove(at: index) }
  }
}

/// Rows of a side in the order of time.
private struct TimeOrder {
  let rows: [Int]
  let times: [Int64]
  /// Days (UTC) that there are rows of.
  let days: Int

  /// nil where hardly any row has a time.
  init?(_ times: [Int64], rows count: Int) {
    guard times.count == count else { return nil }
    let known = times.indices.filter { times[$0] != PredictionTable.noTime }
    guard known.count >= 30, 2 * known.count > count else { return nil }
    rows = known.sorted { (times[$0], $0) < (times[$1], $1) }
    self.times = times
    days = Set(known.map { Instant(microseconds: times[$0]).day }).count
  }

  /// How often a value is another one than that of the row before; nil above `limit`.
  func changes(_ values: [Double], limit: Int) -> Int? {
    var count = 0
    for (row, next) in zip(rows, rows.dropFirst()) where values[row] != values[next] {
      count += 1
      if count > limit { return nil }
    }
    return count
  }

  /// How often values would be others than before if rows came in any order.
  func expectedChanges(_ values: [Double]) -> Double {
    let counts = Dictionary(grouping: rows) { values[$0] }.values.map { Double($0.count) }
    let size = Double(rows.count)
    return (size - 1) * (1 - counts.reduce(0) { $0 + $1 * $1 / (size * size) })
  }

  /// Whether values rise with time but for one row in a hundred, and do so often.
  func rises(_ values: [Double]) -> Bool {
    let limit = rows.count / 100
    var (falls, rises) = (0, 0)
    for (row, next) in zip(rows, rows.dropFirst()) {
      if values[next] > values[row] { rises += 1 } else if values[next] < values[row] { falls += 1 }
      if falls > limit { return false }
    }
    return rises >= 20 && 20 * falls <= rises
  }
}

/// Whether a column is a matter of the date.
private struct DatedColumn {
  private(set) var followsTime = false
  /// Whether nearly all current rows have a value that the reference has.
  private(set) var returns = false

  init(_ feature: DiagnosisTables.Feature, _ one: TimeOrder, _ two: TimeOrder) {
    let (before, now) = (Self.values(feature, \.reference), Self.values(feature, \.current))
    // What is often missing is no date.
    func isWhole(_ values: [Double]) -> Bool {
      100 * values.count(where: { !$0.isFinite }) <= values.count
    }
    guard isWhole(before), isWhole(now) else { return }
    if one.rises(before), two.rises(now) {
      followsTime = true
      return
    }
    guard let changes = one.changes(before, limit: one.days),
      two.changes(now, limit: two.days) != nil
    else { return }
    let known = Set(before.filter(\.isFinite))
    let seen = now.count(where: known.contains)
    returns = 10 * seen >= 9 * now.count
    if known.count == 1 {
      // One value on this side tells nothing by itself: it has to be the date's own.
      followsTime =
        seen < now.count && Self.isDate(feature, \.reference, one)
        && Self.isDate(feature, \.current, two)
      return
    }
    let expected = one.expectedChanges(before)
    followsTime = expected >= 4 * Double(changes) && expected - Double(changes) >= 20
  }

  /// Numbers; of categories their places by name, as dates that are written out rise so.
  private static func values(
    _ feature: DiagnosisTables.Feature, _ side: KeyPath<DiagnosisTables.Feature, AttributionColumn>
  ) -> [Double] {
    let column = feature[keyPath: side]
    guard column.isCategory else { return column.values }
    let names = feature.categories
    let order = names.indices.sorted { (names[$0], $0) < (names[$1], $1) }
    var places = [Double](repeating: 0, count: names.count)
    for (place, code) in order.enumerated() { places[code] = Double(place) }
    return column.values.map { $0.isFinite ? places[Int($0)] : .nan }
  }

  /// Whether values are the year, the month or the day of rows, or the beginning of their date as text; some
  /// hours off, as zones are.
  private static func isDate(
    _ feature: DiagnosisTables.Feature,
    _ side: KeyPath<DiagnosisTables.Feature, AttributionColumn>, _ order: TimeOrder
  ) -> Bool {
    let column = feature[keyPath: side]
    var dates: [Int64: [String]] = [:]
    let fits = order.rows.count { row in
      let time = order.times[row]
      let hour = time / 3_600_000_000
      let texts =
        dates[hour]
        ?? [-43_200_000_000, 0, 43_200_000_000].map {
          String(Instant(microseconds: time &+ $0).iso8601.prefix(10))
        }
      dates[hour] = texts
      let value = column.values[row]
      guard value.isFinite else { return false }
      let name = column.isCategory ? feature.categories[Int(value)] : ""
      let number = column.isCategory ? Double(name) : value
      return texts.contains { text in
        (name.utf8.count >= 7 && (text.hasPrefix(name) || name.hasPrefix(text)))
          || text.split(separator: "-").contains { Double($0) == number }
      }
    }
    return 20 * fits >= 19 * order.rows.count
  }
}
