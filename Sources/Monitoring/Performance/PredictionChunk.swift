/// A stretch of predictions.
struct PredictionChunk {
  var label: String
  var start: Instant?
  var end: Instant?
  var rows: [Int]

  /// Cuts rows by the calendar, or into so many each in order of time; rows without a time are in no
  /// calendar chunk.
  static func cut(_ table: PredictionTable, by rule: ChunkRule) -> [PredictionChunk] {
    if case .rows(let size) = rule {
      var order = Array(0..<table.count)
      if !table.times.isEmpty { order.sort { (table.times[$0], $0) < (table.times[$1], $1) } }
      return stride(from: 0, to: order.count, by: size).map { first in
        let rows = Array(order[first..<min(first + size, order.count)])
        let times =
          table.times.isEmpty
          ? []
          : rows.map { table.times[$0] }
            .filter { $0 != PredictionTable.noTime }
        return PredictionChunk(
          label: "rows \(first + 1)–\(first + rows.count)",
          start: times.min().map(Instant.init(microseconds:)),
          end: times.max().map { Instant(microseconds: $0 &+ 1) }, rows: rows)
      }
    }
    var byDay: [Int: [Int]] = [:]
    for (row, time) in table.times.enumerated() where time != PredictionTable.noTime {
      byDay[rule.firstDay(of: Instant(microseconds: time).day), default: []].append(row)
    }
    return byDay.sorted { $0.key < $1.key }.map { day, rows in
      PredictionChunk(
        label: rule.label(firstDay: day), start: Instant(day: day),
        end: Instant(day: rule.nextDay(after: day)), rows: rows)
    }
  }
}
