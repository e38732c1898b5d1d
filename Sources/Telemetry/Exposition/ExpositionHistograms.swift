/// What is wrong with the histograms of an exposition.
struct ExpositionHistograms {
  private(set) var problems: [Exposition.Problem] = []

  private struct Key: Hashable {
    var family: String
    var labels: [String: String]
  }

  private struct Series {
    var line: Int
    var buckets: [(bound: Double, count: Double)] = []
    var count: Double?
  }

  init(samples: [Exposition.Sample], types: [String: String]) {
    var series: [Key: Series] = [:]
    for sample in samples {
      for suffix in ["_bucket", "_count"] where sample.name.hasSuffix(suffix) {
        let family = String(sample.name.dropLast(suffix.count))
        guard types[family] == "histogram" else { continue }
        var labels = sample.labels
        let bound = labels.removeValue(forKey: "le")
        let key = Key(family: family, labels: labels)
        if suffix == "_count" {
          series[key, default: Series(line: sample.line)].count = sample.value
        } else if let bound = bound.flatMap(ExpositionLine.number) {
          series[key, default: Series(line: sample.line)].buckets.append((bound, sample.value))
        } else {
          note(sample.line, "a bucket of \(family) has no bound")
        }
      }
    }
    for (key, series) in series { check(key.family, series) }
  }

  private mutating func note(_ line: Int, _ text: String) {
    problems.append(.init(line: line, text: text))
  }

  private mutating func check(_ family: String, _ series: Series) {
    let buckets = series.buckets.sorted { $0.bound < $1.bound }
    guard let last = buckets.last, last.bound == .infinity else {
      return note(series.line, "the histogram \(family) has no bucket +Inf")
    }
    if zip(buckets, buckets.dropFirst()).contains(where: { $0.count > $1.count }) {
      note(series.line, "the buckets of \(family) are not cumulative")
    }
    if series.count != last.count {
      note(series.line, "the count of \(family) is not that of its bucket +Inf")
    }
  }
}
