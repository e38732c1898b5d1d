import Statistics

extension DiagnosisAnalysis {
  /// Rows of both sides by time, in buckets that are equally long.
  private struct Buckets {
    let start: Int64
    let length: Int64
    /// Of non-empty buckets: their number since the start.
    let places: [Int]
    private let times: [Int64]
    private let bucketOf: [Int]

    init(_ times: [Int64], from start: Int64, length: Int64) {
      self.start = start
      self.length = length
      self.times = times
      bucketOf = times.map {
        $0 == PredictionTable.noTime ? -1 : Int(($0 - start) / length)
      }
      places = Set(bucketOf.filter { $0 >= 0 }).sorted()
    }

    /// Buckets from coarse to fine; none where rows have no times or are too few.
    ///
    /// What began shortly before the end fills few coarse buckets, and four ranks of 35 are hardly ever told
    /// from chance, three never, however far they are off. Finer buckets have more of it.
    static func all(_ tables: DiagnosisTables) -> [Buckets] {
      let times = tables.reference.times + tables.current.times
      guard tables.reference.times.count == tables.reference.rows,
        tables.current.times.count == tables.current.rows,
        let first = tables.reference.span, let second = tables.current.span
      else { return [] }
      let start = min(first.lowerBound, second.lowerBound)
      let end = max(first.upperBound, second.upperBound)
      let wanted = min(90, times.count / 40)
      guard wanted >= 6, end > start else { return [] }
      // Whole days or hours where they come to about as many: the day's rhythm then falls out.
      let raw = (end - start) / Int64(wanted) + 1
      let units: [Int64] = [60, 600, 3_600, 21_600, 86_400, 604_800].map { $0 * 1_000_000 }
      let length = units.first { $0 >= raw } ?? raw
      // Means of fewer than some eight rows are noise.
      let finest = (end - start) / Int64(min(1_000, times.count / 8))
      let finer = units.reversed().filter { $0 < length && $0 >= finest }
      return ([length] + finer).map { Buckets(times, from: start, length: $0) }
    }

    /// Means of values by bucket.
    func series(_ reference: [Double], _ current: [Double]) -> (values: [Double], places: [Int]) {
      let size = (places.last ?? 0) + 1
      var sums = [Double](repeating: 0, count: size)
      var counts = [Int](repeating: 0, count: size)
      for (value, bucket) in zip(reference + current, bucketOf)
      where bucket >= 0 && value.isFinite {
        sums[bucket] += value
        counts[bucket] += 1
      }
      let known = places.filter { counts[$0] >= 5 }
      return (known.map { sums[$0] / Double(counts[$0]) }, known)
    }

    /// How much of the rows' sum of squares one step at a time takes away.
    func explained(_ values: [Double], since: Instant) -> Double {
      var (before, after) = ((sum: 0.0, count: 0.0), (sum: 0.0, count: 0.0))
      for (value, time) in zip(values, times) where time != PredictionTable.noTime {
        guard value.isFinite else { continue }
        if time < since.microseconds {
          before = (before.sum + value, before.count + 1)
        } else {
          after = (after.sum + value, after.count + 1)
        }
      }
      guard before.count > 0, after.count > 0 else { return 0 }
      let difference = after.sum / after.count - before.sum / before.count
      return difference * difference * before.count * after.count / (before.count + after.count)
    }

    func instant(_ place: Int) -> Instant {
      Instant(microseconds: start + Int64(place) * length)
    }
  }

  mutating func findOnsets(_ tables: DiagnosisTables, _ comparison: ConditionalComparison) {
    let buckets = Buckets.all(tables)
    guard !buckets.isEmpty else {
      if !tables.features.isEmpty {
        notes.append("rows have no times on both sides, so that nothing says since when")
      }
      return
    }
    func find(
      _ name: String, _ reference: [Double], _ current: [Double], isKnown: Bool
    ) {
      guard !reference.isEmpty, !current.isEmpty else { return }
      var best: (onset: Onset, explained: Double)?
      // Where it is known that the sides differ, finer buckets are asked too: of them, what explains rows
      // plainly better than what coarse ones found.
      for buckets in buckets.prefix(isKnown ? buckets.count : 1) {
        guard let onset = Self.onset(reference, current, in: buckets) else { continue }
        let explained = buckets.explained(reference + current, since: onset.at)
        if explained > 1.25 * (best?.explained ?? -1) { best = (onset, explained) }
      }
      onsets[name] = best?.onset
    }
    for (shift, feature) in zip(features, tables.features)
    where shift.drifted || !shift.defects.isEmpty || shift.unseen.share > 0 {
      let (first, second) = FeatureShift.cells(feature)
      find(
        "feature:" + shift.name, first.map { shift.cellRatios[$0] },
        second.map { shift.cellRatios[$0] },
        isKnown: shift.drifted || !shift.defects.isEmpty || shift.unseen.share >= 0.02)
    }
    if !scoreDefects.isEmpty {
      let gone = [tables.reference, tables.current].map { side in
        side.scores.map { $0.isFinite ? 0.0 : 1 }
      }
      find("prediction", gone[0], gone[1], isKnown: true)
    }
    find(
      "loss", tables.reference.losses, tables.current.losses,
      isKnown: degraded == true || improved == true)
    find(
      "outcome", tables.reference.outcomes, tables.current.outcomes,
      isKnown: (labelShift?.pValue ?? 1) < 0.001)
    if scoreShift?.isMaterial == true, let (first, second) = comparison.scoreResiduals {
      find("score", first, second, isKnown: true)
    }
    if let attribution {
      find(
        "concept", tables.reference.spread(attribution.referenceResiduals),
        tables.current.spread(attribution.currentResiduals),
        isKnown: abs(lossShift?.z ?? 0) > 3.5)
    }
  }

  /// Where the level of a series changes by most.
  private static func onset(
    _ reference: [Double], _ current: [Double], in buckets: Buckets
  ) -> Onset? {
    let (values, places) = buckets.series(reference, current)
    let largest = ChangePoints.find(values).max {
      (abs($0.after - $0.before), -$0.pValue) < (abs($1.after - $1.before), -$1.pValue)
    }
    guard let largest else { return nil }
    let lower = buckets.instant(places[largest.range.lowerBound])
    let upper = buckets.instant(places[largest.range.upperBound])
    return Onset(
      at: buckets.instant(places[largest.index]), range: min(lower, upper)...max(lower, upper))
  }

  /// What began within the current window is plainer in the rows since then.
  mutating func judgeSinceOnset(_ tables: DiagnosisTables) {
    guard tables.current.times.count == tables.current.rows, let span = tables.current.span else {
      return
    }
    for (index, feature) in tables.features.enumerated() {
      guard let onset = onsets["feature:" + feature.name]?.at.microseconds,
        onset > span.lowerBound
      else { continue }
      let rows = tables.current.times.indices.filter { tables.current.times[$0] >= onset }
      guard rows.count >= 50, rows.count < tables.current.rows else { continue }
      var since = feature
      since.current = feature.current.rows(rows)
      let found = FeatureDefect.all(of: since, among: features.count)
      let known = features[index].defects.first?.strength ?? 0
      if let strongest = found.first, strongest.strength > known {
        features[index].defects = found
      }
    }
  }
}
