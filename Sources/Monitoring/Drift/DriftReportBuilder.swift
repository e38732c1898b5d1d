import DataSources
import Statistics

/// Puts what was found together into a report.
struct DriftReportBuilder {
  let options: DriftOptions
  let windows: DriftWindows
  let resolution: SchemaResolver.Resolution
  let reference: TableSide
  let current: TableSide
  let summaries: Summaries
  let findings: DriftPlan.Findings

  func report() -> DriftReport {
    let adjusted = adjustedPValues(findings.columns.map(\.outcome), options.correction)
    let compared = zip(findings.columns, adjusted).map { evaluation, adjusted in
      (
        column: columnDrift(evaluation, adjusted: adjusted),
        strength: evaluation.outcome.strength
      )
    }
    let ordered = compared.sorted { first, second in
      let ranks = (rank(first.column.drifted), rank(second.column.drifted))
      if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
      if first.strength != second.strength { return first.strength > second.strength }
      return first.column.column < second.column.column
    }.map(\.column)
    let columns = ordered + resolution.unfit.map(unfitColumn)
    let verdict = DriftVerdict(columns.map(\.drifted))
    let reason = verdict.status == .unknown ? unknownReason(columns) : nil
    let quality = self.quality
    let chunks = self.chunks
    let advice = Advice(
      status: verdict.status, reason: reason, columns: columns, quality: quality,
      chunks: ChunkVerdicts(chunks, of: options.chunk?.name))
    return DriftReport(
      status: verdict.status, reason: reason, driftShare: verdict.share,
      driftedColumns: verdict.drifted, checkedColumns: verdict.checked,
      reference: summary(reference, windows.referenceRange),
      current: summary(current, windows.currentRange), correction: options.correction,
      policy: options.policy, summaries: summaries, seed: options.seed, columns: columns,
      multivariate: findings.multivariate, quality: quality, schema: resolution.columns,
      chunk: current.chunks == nil ? nil : options.chunk?.name, chunks: chunks, notes: notes,
      recommendations: advice.recommendations,
      nextSteps: advice.nextSteps)
  }

  /// Drifted first, then stable, then what could not be told.
  private func rank(_ drifted: Bool?) -> Int {
    switch drifted {
    case true: 0
    case false: 1
    case nil: 2
    }
  }

  private func columnDrift(_ evaluation: ColumnEvaluation, adjusted: Double?) -> ColumnDrift {
    let outcome = evaluation.outcome
    let method = outcome.choice.method
    let result = outcome.result
    return ColumnDrift(
      column: evaluation.column.name, role: evaluation.column.role, type: evaluation.column.kind,
      method: method.id, methodReason: outcome.choice.reason, statistic: result?.statistic,
      pValue: result?.pValue, adjustedPValue: adjusted, effectSize: result?.effectSize,
      effectSizeName: result?.effectSizeName, effectSizeFloor: outcome.effectFloor(options.policy),
      threshold: outcome.choice.threshold, thresholdKind: method.thresholdKind,
      drifted: outcome.drifted(adjustedPValue: adjusted, policy: options.policy),
      referenceCount: evaluation.referenceCount, currentCount: evaluation.currentCount,
      referenceMissing: evaluation.referenceMissing, currentMissing: evaluation.currentMissing,
      referenceNonFinite: evaluation.referenceNonFinite,
      currentNonFinite: evaluation.currentNonFinite, details: result?.details ?? [:],
      reason: outcome.reason
        ?? (result?.pValue == nil ? "\(method.id) is a distance and has no p-value" : nil),
      referenceSummary: evaluation.referenceSummary, currentSummary: evaluation.currentSummary,
      distribution: evaluation.distribution)
  }

  private func unfitColumn(_ unfit: (column: ResolvedColumn, reason: String)) -> ColumnDrift {
    ColumnDrift(
      column: unfit.column.column, role: unfit.column.role, type: unfit.column.type, method: nil,
      methodReason: "not compared", statistic: nil, pValue: nil, adjustedPValue: nil,
      effectSize: nil, effectSizeName: nil, effectSizeFloor: nil, threshold: nil,
      thresholdKind: nil, drifted: nil, referenceCount: 0, currentCount: 0, referenceMissing: 0,
      currentMissing: 0, referenceNonFinite: 0, currentNonFinite: 0, details: [:],
      reason: unfit.reason, referenceSummary: nil, currentSummary: nil, distribution: nil)
  }

  private func unknownReason(_ columns: [ColumnDrift]) -> String {
    if reference.rows == 0 { return "reference has no rows" }
    if current.rows == 0 { return "current has no rows" }
    return columns.compactMap(\.reason).first.map { "no column could be compared: \($0)" }
      ?? "the two tables have no column to compare"
  }

  private func summary(
    _ side: TableSide, _ range: (start: Instant, end: Instant)?
  ) -> TableSummary {
    TableSummary(
      source: side.relation.name, rows: side.rows, start: range?.start.iso8601,
      end: range?.end.iso8601)
  }

  private var quality: [QualityFinding] {
    let all =
      [TableQuality.rowCount(reference: reference.rows, current: current.rows)].compactMap { $0 }
      + resolution.findings
      + findings.columns.flatMap { evaluation in
        evaluation.findings
      }
      + [
        findings.duplicates.flatMap {
          TableQuality.duplicates(
            reference: ($0.reference, reference.rows), current: ($0.current, current.rows))
        }
      ].compactMap { $0 }
    let order: [FindingSeverity] = [.critical, .warning, .info]
    return order.flatMap { severity in all.filter { $0.severity == severity } }
  }

  private var notes: [String] {
    var notes = windows.notes + findings.notes
    if let unplaced = current.chunks?.unplaced, unplaced > 0 {
      notes.append("\(unplaced) current rows have no time and are in no chunk")
    }
    if options.method == "auto", let threshold = options.threshold {
      notes.append(
        "threshold \(threshold) is a significance level where a p-value decides, and a distance "
          + "elsewhere"
          + (threshold > 1 ? "; as a significance level it is above every p-value" : ""))
    }
    return notes
      + roundedIntegers.map { column in
        "integers of `\(column)` beyond 2⁵³ are rounded to the nearest double; name it with "
          + "--categorical to compare them as they are"
      }
  }

  /// Columns of whole numbers that doubles do not hold exactly.
  private var roundedIntegers: [String] {
    findings.columns.filter { evaluation in
      let ends = [evaluation.referenceSummary, evaluation.currentSummary].compactMap { $0 }
        .flatMap { [$0.minimum, $0.maximum] }
      return evaluation.column.hasIntegers && ends.contains { abs($0) > 0x1p53 }
    }.map(\.column.name).sorted()
  }

  private var chunks: [ChunkDrift] {
    guard let plan = current.chunks else { return [] }
    let byName = findings.columns.sorted { $0.column.name < $1.column.name }
    return plan.chunks.indices.map { index in
      let outcomes = byName.compactMap { evaluation in
        evaluation.chunks.indices.contains(index) ? evaluation.chunks[index] : nil
      }
      let adjusted = adjustedPValues(outcomes, options.correction)
      let columns = zip(byName, zip(outcomes, adjusted)).map { evaluation, found in
        ChunkColumn(
          column: evaluation.column.name, method: found.0.choice.method.id,
          statistic: found.0.result?.statistic, pValue: found.0.result?.pValue,
          adjustedPValue: found.1, effectSize: found.0.result?.effectSize,
          drifted: found.0.drifted(adjustedPValue: found.1, policy: options.policy),
          reason: found.0.reason
            ?? (found.0.result?.pValue == nil
              ? "\(found.0.choice.method.id) is a distance and has no p-value" : nil))
      }
      let verdict = DriftVerdict(columns.map(\.drifted))
      let chunk = plan.chunks[index]
      return ChunkDrift(
        label: chunk.label, start: chunk.start?.iso8601, end: chunk.end?.iso8601,
        rows: chunk.rows, status: verdict.status, driftShare: verdict.share,
        driftedColumns: verdict.drifted, checkedColumns: verdict.checked, columns: columns)
    }
  }
}
