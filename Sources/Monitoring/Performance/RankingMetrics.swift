import Foundation
import Statistics

/// The metrics of ranked lists, one of each query or user, over some rows.
struct RankingMetrics {
  let places: [Int]
  /// How many different items there are in all the predictions; nil without an item column.
  let catalogue: Int?
  /// How many lists each item is in, by its code, and how many lists there are.
  let popularity: (lists: [Int], count: Int)?

  /// - Parameters:
  ///   - table: the rows.
  ///   - rows: those that count; each has a truth.
  func evaluate(_ table: PredictionTable, _ rows: [Int]) -> Metrics {
    var byGroup: [Int32: [Int]] = [:]
    for row in rows where table.groups[row] >= 0 && table.predictions[row].isFinite {
      byGroup[table.groups[row], default: []].append(row)
    }
    let groups = byGroup.sorted { $0.key < $1.key }.map(\.value)
    let lists = groups.map { rows in
      RankedList(
        scores: rows.map { table.predictions[$0] }, gains: rows.map { max(0, table.truth[$0]) })
    }
    let nothing = "no list holds a relevant item"
    func mean(_ figures: [Double?], else reason: String) -> MetricValue {
      MetricValue(mean: Moments(figures.compactMap { $0 }), else: reason)
    }
    let empty = UndefinedStatistic.noRows.description
    var metrics: Metrics = [
      "mrr": mean(lists.map(\.reciprocalRank), else: empty),
      "lists": MetricValue(Double(lists.count)),
    ]
    for k in places {
      metrics["ndcg_at_\(k)"] = mean(lists.map { $0.normalisedGain(at: k) }, else: nothing)
      metrics["map_at_\(k)"] = mean(lists.map { $0.averagePrecision(at: k) }, else: nothing)
      metrics["precision_at_\(k)"] = mean(lists.map { $0.precision(at: k) }, else: empty)
      metrics["recall_at_\(k)"] = mean(lists.map { $0.recall(at: k) }, else: nothing)
      metrics["hit_rate_at_\(k)"] = mean(lists.map { $0.isHit(at: k) ? 1 : 0 }, else: empty)
    }
    metrics.merge(itemMetrics(table, groups)) { $1 }
    return metrics
  }

  /// What the lists' first places hold, whether it was relevant or not.
  private func itemMetrics(_ table: PredictionTable, _ groups: [[Int]]) -> Metrics {
    let names = ["coverage", "diversity", "novelty"]
    guard let catalogue, let popularity, let k = places.max() else {
      return names.reduce(into: [:]) {
        $0[$1] = MetricValue(missing: "no column of items is named: see --item")
      }
    }
    let tops = groups.map { rows in
      rows.sorted {
        table.predictions[$0] == table.predictions[$1]
          ? $0 < $1 : table.predictions[$0] > table.predictions[$1]
      }.prefix(k).map { table.items[$0] }.filter { $0 >= 0 }
    }
    guard !tops.isEmpty, catalogue > 0 else {
      return names.reduce(into: [:]) {
        $0[$1] = MetricValue(missing: UndefinedStatistic.noRows.description)
      }
    }
    let shown = Set(tops.joined()).count
    return [
      "coverage": MetricValue(
        Double(shown) / Double(catalogue),
        Interval.proportion(hits: Double(shown), count: Double(catalogue))),
      "diversity": diversity(tops),
      "novelty": MetricValue(
        mean: Moments(
          tops.filter { !$0.isEmpty }.map { top in
            top.reduce(0) { sum, item in
              let share = Double(popularity.lists[Int(item)]) / Double(max(1, popularity.count))
              return sum - (share > 0 ? log2(share) : 0)
            } / Double(top.count)
          })),
    ]
  }

  /// How different two lists are on average: 1 − shared items / places, over all pairs of lists, told
  /// from how many lists each item is in.
  private func diversity(_ tops: [[Int32]]) -> MetricValue {
    guard tops.count > 1, let k = places.max() else {
      return MetricValue(missing: "one list is not different from others")
    }
    let counts = tops.joined().reduce(into: [Int32: Int]()) { $0[$1, default: 0] += 1 }
    let shared = counts.values.reduce(0.0) { $0 + Double($1) * Double($1 - 1) / 2 }
    let pairs = Double(tops.count) * Double(tops.count - 1) / 2
    return MetricValue(1 - shared / pairs / Double(k))
  }
}
