import Statistics

extension SegmentSearch.Segment {
  /// Such as `region = north and 3 < age ≤ 5`.
  func name(in tables: DiagnosisTables?) -> String {
    guard let tables else { return "" }
    return conditions.map { condition in
      let feature = tables.features[condition.feature]
      switch condition {
      case .range(_, let lower, let upper):
        switch (lower, upper) {
        case (let lower?, let upper?):
          return "\(NumberFormat.short(lower)) < \(feature.name) ≤ \(NumberFormat.short(upper))"
        case (let lower?, nil): return "\(feature.name) > \(NumberFormat.short(lower))"
        case (nil, let upper?): return "\(feature.name) ≤ \(NumberFormat.short(upper))"
        case (nil, nil): return "\(feature.name) is a number"
        }
      case .category(_, let code):
        return feature.categories.indices.contains(code)
          ? "\(feature.name) = \(feature.categories[code])" : "\(feature.name) = \(code)"
      case .otherCategory: return "\(feature.name) is a rare category"
      case .missing: return "\(feature.name) is missing"
      }
    }.joined(separator: " and ")
  }
}

extension DiagnosisEvidence {
  /// The change of the loss over all rows in parts that add up to it.
  var attributionReport: AttributionReport? {
    guard let analysis, let tables, let change = analysis.change,
      let found = analysis.attribution, let concept = analysis.worldPart,
      let before = analysis.referenceLoss, let now = analysis.currentLoss
    else { return nil }
    typealias Part = AttributionReport.Part
    func part(_ kind: String, _ feature: String?, _ effect: EstimatedEffect) -> Part {
      Part(
        kind: kind, feature: feature, value: effect.value, lower: effect.interval.lower,
        upper: effect.interval.upper, share: change.value != 0 ? effect.value / change.value : nil)
    }
    let model = analysis.modelPart
    var parts = zip(tables.features, found.features).map { part("feature", $0.name, $1) }
    parts.append(part("concept", nil, concept))
    if let model { parts.append(part("model", nil, model)) }
    if found.unfamiliar.value != 0 { parts.append(part("unfamiliar", nil, found.unfamiliar)) }
    parts.sort { abs($0.value) > abs($1.value) }
    let rest = change.value - parts.reduce(0) { $0 + $1.value }
    parts.append(
      Part(
        kind: "unexplained", feature: nil, value: rest, lower: nil, upper: nil,
        share: change.value != 0 ? rest / change.value : nil))
    return AttributionReport(
      loss: tables.loss, reference: before, current: now, change: change.value,
      lower: change.interval.lower, upper: change.interval.upper,
      covariate: found.features.reduce(0) { $0 + $1.value }, concept: concept.value,
      model: model?.value ?? 0, unfamiliar: found.unfamiliar.value, unexplained: rest, parts: parts,
      priorShift: analysis.labelShift?.explainedLoss)
  }

  var segmentReports: [SegmentReport] {
    (analysis?.segments ?? []).map { segment in
      SegmentReport(
        segment: segment.name(in: tables),
        features: segment.conditions.compactMap { tables?.features[$0.feature].name },
        referenceRows: segment.referenceRows, currentRows: segment.currentRows,
        share: segment.share, excess: segment.effect.value,
        lower: segment.effect.interval.lower, upper: segment.effect.interval.upper,
        contribution: segment.contribution, pValue: segment.adjustedPValue)
    }
  }

  var featureReports: [FeatureReport] {
    (analysis?.features ?? []).map { shift in
      FeatureReport(
        feature: shift.name, drifted: shift.drifted, distance: shift.distance,
        pValue: shift.pValue, contribution: shift.contribution?.value, defects: shift.defects,
        since: analysis?.onsets["feature:" + shift.name]?.at)
    }
  }
}
