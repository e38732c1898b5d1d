import Statistics

extension DiagnosisAnalysis {
  /// Rows of both sides by time, in buckets that are equally long.
  private struct Buckets {
    let start: Int64
    let length: Int64
    /// Of non-empty buckets: their number since the start.
    let places: [Int]
    private let bucketOf: [Int]

    init?(_ tables: DiagnosisTables) {
      let times = tables.reference.times + tables.current.times
      guard tables.reference.times.count == tables.reference.rows,
        tables.current.times.count == tables.current.rows,
        let first = tables.reference.span, let second = tables.current.span
      else { return nil }
      start = min(first.lowerBound, second.lowerBound)
      let end = max(first.upperBound, second.upperBound)
      let wanted = min(90, times.count / 40)
      guard wanted >= 6, end > start else { return nil }
      // Whole days or hours where they come to about as many: the day's rhythm then falls out.
      let raw = (end - start) / Int64(wanted) + 1
      let units: [Int64] = [60, 600, 3_600, 21_600, 86_400, 604_800].map { $0 * 1_000_000 }
      length = units.first { $0 >= raw } ?? raw
      let origin = start
      let span = length
      bucketOf = times.map { $0 == PredictionTable.noTime ? -1 : Int(($0 - origin) / span) }
      places = Set(bucketOf.filter { $0 >= 0 }).sorted()
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

    func instant(_ place: Int) -> Instant {
      Instant(microseconds: start + Int64(place) * length)
    }
  }

  mutating func findOnsets(_ tables: DiagnosisTables, _ comparison: ConditionalComparison) {
    guard let buckets = Buckets(tables) else {
      if !tables.features.isEmpty {
        notes.append("rows have no times on both sides, so that nothing says since when")
      }
      return
    }
    func find(_ name: String, _ reference: [Double], _ current: [Double]) {
      guard !reference.isEmpty, !current.isEmpty else { return }
      let (values, places) = buckets.series(reference, current)
      let found = ChangePoints.find(values)
      guard
        let largest = found.max(by: {
          (abs($0.after - $0.before), -$0.pValue) < (abs($1.after - $1.before), -$1.pValue)
        })
      else { return }
      let lower = buckets.instant(places[largest.range.lowerBound])
      let upper = buckets.instant(places[largest.range.upperBound])
      onsets[name] = Onset(
        at: buckets.instant(places[largest.index]), range: min(lower, upper)...max(lower, upper))
    }
    for (shift, feature) in zip(features, tables.features)
    where shift.drifted || !shift.defects.isEmpty || shift.unseen.share > 0 {
      let (first, second) = FeatureShift.cells(feature)
      find(
        "feature:" + shift.name, first.map { shift.cellRatios[$0] },
        second.map { shift.cellRatios[$0] })
    }
    find("loss", tables.reference.losses, tables.current.losses)
    find("outcome", tables.reference.outcomes, tables.current.outcomes)
    if scoreShift?.isMaterial == true, let (first, second) = comparison.scoreResiduals {
      find("score", first, second)
    }
    if let attribution {
      var residuals = (
        [Double](repeating: .nan, count: tables.reference.rows),
        [Double](repeating: .nan, count: tables.current.rows)
      )
      for (place, row) in tables.reference.labelled.enumerated() {
        residuals.0[row] = attribution.referenceResiduals[place]
      }
      for (place, row) in tables.current.labelled.enumerated() {
        residuals.1[row] = attribution.currentResiduals[place]
      }
      find("concept", residuals.0, residuals.1)
    }
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
      let missing = Double(since.current.values.count { $0.isNaN }) / Double(rows.count)
      let found = FeatureDefect.all(
        of: since, missing: (features[index].missing.reference, missing))
      let known = features[index].defects.first?.strength ?? 0
      if let strongest = found.first, strongest.strength > known {
        features[index].defects = found
      }
    }
  }
}
