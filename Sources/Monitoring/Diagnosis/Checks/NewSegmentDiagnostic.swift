import Statistics

/// Whether rows come that the reference has none or hardly any like.
public struct NewSegmentDiagnostic: Diagnostic {
  public let name = "traffic_segment_check"
  public let cause = RootCause.trafficPattern
  public let kind = CauseKind.newUserSegment

  public init() {}

  public func run(_ evidence: DiagnosisEvidence) -> DiagnosticResult {
    guard let tables = evidence.tables, let analysis = evidence.analysis else {
      if let sample = evidence.newest("new_category_detected"), let share = sample.value {
        return result(
          share, nil, sample.labels["feature"] ?? "a feature", [], nil, nil, sample.at)
      }
      return .unknown(self, "there are no rows")
    }
    guard tables.features.contains(where: \.reference.isCategory) else {
      return .unknown(self, "there is no feature with categories")
    }
    let fresh = analysis.features.filter { shift in
      shift.unseen.share > 0 && !shift.defects.contains { $0.kind == .encoding }
    }
    guard let largest = fresh.max(by: { $0.unseen.share < $1.unseen.share }),
      let feature = tables.features.first(where: { $0.name == largest.name })
    else {
      return DiagnosticResult(
        self, failed: false, severity: .info, strength: 0,
        message: "every category was there before", details: [])
    }
    let known = Set(feature.reference.values.filter { $0 >= 0 })
    var (inside, outside) = ([Double](), [Double]())
    for (value, loss) in zip(feature.current.values, tables.current.losses) where loss.isFinite {
      if value >= 0, !known.contains(value) { inside.append(loss) } else { outside.append(loss) }
    }
    func mean(_ values: [Double]) -> Double? {
      values.count >= 5 ? values.reduce(0, +) / Double(values.count) : nil
    }
    return result(
      largest.unseen.share, feature.current.values.count, largest.name, largest.unseen.categories,
      mean(inside), mean(outside),
      analysis.onsets["feature:" + largest.name]?.at)
  }

  private func result(
    _ share: Double, _ rows: Int?, _ feature: String, _ categories: [String], _ loss: Double?,
    _ other: Double?,
    _ since: Instant?
  ) -> DiagnosticResult {
    // A row or two of a kind that was not there before are none; of many rows, a small share is sure.
    let sure =
      rows.map { rows in
        share * max(0, 1 - 1.5 / max(1e-9, share * Double(rows)).squareRoot())
      } ?? share
    let names = categories.isEmpty ? "" : " (\(categories.joined(separator: ", ")))"
    return DiagnosticResult(
      self, failed: share >= 0.02 && sure >= 0.005, severity: share >= 0.2 ? .critical : .warning,
      strength: sure >= 0.005 ? min(1, 0.5 + 6 * sure) : sure * 40,
      message: "\(QualityChecks.percent(share)) of rows have a `\(feature)`\(names) that was never "
        + "seen before",
      details: [
        DiagnosticFigure(
          "unseen_share", of: feature, value: share, reference: 0, threshold: 0.02,
          text: categories.joined(separator: ", ")),
        DiagnosticFigure("unseen_loss", of: feature, value: loss, reference: other),
      ], since: since)
  }
}
