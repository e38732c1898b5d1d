import Statistics

/// Weighs what diagnostics found, and puts it in order.
struct DiagnosisReportBuilder {
  let evidence: DiagnosisEvidence
  let results: [DiagnosticResult]
  let signals: CauseSignals
  let options: DiagnosisOptions

  func report() -> DiagnosisReport {
    let degraded = degraded
    let causes = causes()
    let top = causes.first
    func isBlamed(_ cause: DiagnosisReport.Cause) -> Bool {
      cause.score >= options.blameAt && !cause.diagnostics.isEmpty
    }
    let isFound = top.map(isBlamed) ?? false
    let primary = isFound ? top?.cause ?? .unknown : .unknown
    let verdict: DiagnosisReport.Verdict =
      isFound
      ? .causeFound : degraded == false && withoutCause.isEmpty ? .nothingWrong : .undetermined
    let blamed = Set(causes.filter(isBlamed).map(\.kind))
    var timeline = DiagnosisTimeline(evidence: evidence).events()
    if isFound, let top, let since = top.since {
      timeline.append(
        TimelineEvent(
          since, .cause, of: top.kind.rawValue, "\(top.kind.title) began: the most likely cause"))
      timeline.sort { $0.at < $1.at }
    }
    return DiagnosisReport(
      verdict: verdict, primaryCause: primary,
      confidence: (isFound ? top?.score : causes.map(\.score).max()) ?? 0, degraded: degraded,
      summary: summary(verdict, top, degraded), causes: causes, diagnostics: results,
      attribution: evidence.attributionReport, segments: evidence.segmentReports,
      features: evidence.featureReports,
      tree: DecisionNode.tree(degraded: degraded, results: results, blamed: blamed),
      timeline: timeline, recommendedActions: actions(verdict, causes),
      missing: results.filter { $0.outcome == .unknown }.map { "\($0.checkName): \($0.message)" },
      notes: notes, calibration: .current, signals: signals.values)
  }

  /// Own diagnostics that failed and blame nothing in particular.
  private var withoutCause: [String] {
    results.filter { $0.cause == .unknown && $0.outcome == .failed }.map(\.checkName)
  }

  private var notes: [String] {
    var notes = evidence.analysis?.notes ?? []
    if !withoutCause.isEmpty {
      notes.append(
        "own diagnostics that name no cause failed: \(withoutCause.joined(separator: ", ")); give them a "
          + "`cause` to have it ranked")
    }
    let own = results.filter { $0.kind == .custom && $0.outcome == .failed && $0.cause != .unknown }
    if !own.isEmpty {
      notes.append(
        "scores with the basis `own_diagnostics` rest on what the authors of "
          + "\(own.map(\.checkName).joined(separator: ", ")) say of their strength, and are not calibrated"
      )
    }
    if let loss = evidence.tables?.loss {
      notes.append(
        "parts are those of the mean \(loss.rawValue); metrics that are no mean of losses, such as the area "
          + "under the ROC curve, have no parts that add up")
    }
    if let overlap = evidence.analysis?.overlap, overlap < 0.5 {
      notes.append(
        "the two sides have few rows alike (overlap \(NumberFormat.short(overlap))): where current rows are "
          + "like none of the reference, covariate and concept shift cannot be told apart")
    }
    return notes
  }

  /// By the loss; else by performance metrics and alerts; machines beyond their limits count too.
  private var degraded: Bool? {
    let service = results.contains {
      ($0.kind == .latencySpike || $0.kind == .errorRate) && $0.outcome == .failed
    }
    if service { return true }
    if let known = evidence.analysis?.degraded { return known }
    for metric in ["model_performance_drop", "model_accuracy_drop"] {
      if let sample = evidence.newest(metric), let value = sample.value {
        return (sample.interval?.lower ?? value) > 0 && value > 0.02
      }
    }
    // An alert that is over, or none, is no word that all is well.
    let last = evidence.alerts.last { $0.metric.hasPrefix("model_") }
    return last?.kind == "firing" ? true : nil
  }

  private func causes() -> [DiagnosisReport.Cause] {
    var causes = RootCause.allCases.filter { $0 != .unknown }.map { cause in
      let best = leaf(cause)
      // What the leaf says comes first: it is what the cause is named by.
      let failed = results.filter { $0.cause == cause && $0.outcome == .failed }
        .sorted {
          ($0.checkName == best?.checkName ? 2 : $0.strength)
            > ($1.checkName == best?.checkName ? 2 : $1.strength)
        }
      // Own diagnostics are no part of the calibration: the strongest speaks for itself, as a witness who
      // knows nothing of the others, so that what is likely already becomes more so.
      let others = failed.filter { $0.kind == .custom }.map(\.strength).max() ?? 0
      return DiagnosisReport.Cause(
        cause: cause, kind: best?.kind ?? kinds(cause)[0],
        score: 1 - (1 - (didHarm(cause) ? cause.score(signals) : 0)) * (1 - others),
        basis: others > 0 ? .ownDiagnostics : .calibrated, diagnostics: failed.map(\.checkName),
        evidence: failed.map(\.message),
        recommendedActions: cause.recommendedActions
          + numbered(specific(cause)),
        since: best?.since ?? failed.compactMap(\.since).min())
    }
    // What all its own checks speak against is not to be blamed before what one speaks for. Of equal scores, what
    // was measured on incidents comes first.
    causes.sort { one, two in
      guard one.diagnostics.isEmpty == two.diagnostics.isEmpty else {
        return two.diagnostics.isEmpty
      }
      return one.score != two.score
        ? one.score > two.score : one.basis == .calibrated && two.basis != .calibrated
    }
    return causes
  }

  /// Whether it can be why something got worse. Diagnostics say what changed, and a change for the better is
  /// none: where the loss fell, a cause counts only where its own part rose all the same.
  private func didHarm(_ cause: RootCause) -> Bool {
    guard let analysis = evidence.analysis, analysis.improved == true else { return true }
    func rose(_ part: EstimatedEffect?) -> Bool {
      part.map { $0.value > 0 && $0.z > 2.5 } ?? false
    }
    switch cause {
    case .conceptDrift:
      return rose(analysis.worldPart) || analysis.segments.contains { rose($0.effect) }
    case .dataDrift:
      return rose(analysis.attribution?.covariate) || rose(analysis.attribution?.unfamiliar)
    case .targetDrift: return false
    // A feature that is broken has to be mended, whatever the loss does meanwhile.
    case .modelBug: return signals["quality"] >= 0.5 || rose(analysis.modelPart)
    case .infrastructure, .trafficPattern, .unknown: return true
    }
  }

  private func kinds(_ cause: RootCause) -> [CauseKind] {
    CauseKind.allCases.filter { $0.cause == cause }
  }

  /// The leaf that is blamed: of a model's own change, what was deployed with it.
  private func leaf(_ cause: RootCause) -> DiagnosticResult? {
    let known = results.filter { $0.cause == cause && $0.outcome != .unknown }
    let best = known.max { $0.strength < $1.strength }
    guard let best, best.checkName == "model_validation_check", best.outcome == .failed else {
      return best
    }
    // Where what the model is given is broken, that is what has to be mended: other scores follow from it.
    let isBroken = evidence.analysis?.hasBrokenInput == true
    if isBroken, let defect = known.first(where: { $0.checkName == "data_quality_check" }),
      defect.outcome == .failed
    {
      return defect
    }
    let parts: Set<CauseKind> = [.modelVersionChanged, .modelConfigChanged, .dependencyVersion]
    // What was deployed at quite another time did not do it.
    let deployed = known.filter {
      parts.contains($0.kind) && $0.outcome == .failed && $0.strength >= 0.65 * best.strength
    }
    // The first of those that fit equally well: a version brings its configuration along.
    return deployed.reduce(nil) { one, two in
      one.map { $0.strength >= two.strength ? $0 : two } ?? two
    } ?? best
  }

  /// What comes after the four steps that are usual.
  private func numbered(_ actions: [String]) -> [String] {
    actions.enumerated().map { "\($0 + 5). \($1)" }
  }

  private func specific(_ cause: RootCause) -> [String] {
    guard let best = leaf(cause), best.outcome == .failed else { return [] }
    let since = best.since.map { " since \($0.iso8601)" } ?? ""
    var actions = ["\(best.kind.title): \(best.remediation) — \(best.message)\(since)"]
    switch cause {
    case .dataDrift:
      let harmful = (evidence.analysis?.features ?? [])
        .filter { ($0.contribution?.value ?? 0) > 0 && $0.drifted }
        .sorted { ($0.contribution?.value ?? 0) > ($1.contribution?.value ?? 0) }
      for shift in harmful.prefix(3) {
        let at = evidence.analysis?.onsets["feature:" + shift.name]?.at
        actions.append(
          "Look at the source of `\(shift.name)`, which adds "
            + NumberFormat.short(shift.contribution?.value ?? 0) + " to the loss"
            + (at.map { ", from \($0.iso8601) on" } ?? ""))
      }
    case .conceptDrift:
      for segment in (evidence.analysis?.segments ?? []).filter({ $0.effect.value > 0 }).prefix(3) {
        actions.append(
          "Label and retrain where \(segment.name(in: evidence.tables)): its loss rose by "
            + NumberFormat.short(segment.effect.value))
      }
    default: break
    }
    return actions
  }

  private func actions(
    _ verdict: DiagnosisReport.Verdict, _ causes: [DiagnosisReport.Cause]
  ) -> [String] {
    switch verdict {
    case .causeFound: causes.first?.recommendedActions ?? []
    case .nothingWrong: ["Continue monitoring"]
    case .undetermined where degraded == false:
      results.filter { withoutCause.contains($0.checkName) }
        .map { $0.remediation.isEmpty ? $0.message : "\($0.remediation) — \($0.message)" }
    case .undetermined:
      RootCause.unknown.recommendedActions
        + numbered(
          causes.filter { !$0.diagnostics.isEmpty && didHarm($0.cause) }.map(\.cause)
            .flatMap(specific))
    }
  }

  /// What the loss fell from and to; nil where it did not.
  private var gain: String? {
    guard let analysis = evidence.analysis, analysis.improved == true,
      let before = analysis.referenceLoss, let now = analysis.currentLoss
    else { return nil }
    return "the loss fell from \(NumberFormat.short(before)) to \(NumberFormat.short(now))"
  }

  /// What failed all the same where no cause is named, strongest first; empty for nothing.
  private var found: String {
    var texts = results.filter { $0.outcome == .failed && $0.cause != .unknown }
      .sorted { $0.strength > $1.strength }.prefix(3).map(\.message)
    let isTold = results.contains { $0.kind == .conceptDrift && $0.outcome == .failed }
    if !isTold, let segment = evidence.analysis?.segments.first(where: { $0.effect.value > 0 }) {
      texts.append(
        "the loss rose by \(NumberFormat.short(segment.effect.value)) where "
          + segment.name(in: evidence.tables))
    }
    return texts.isEmpty ? "" : "; what was found: " + texts.joined(separator: "; ")
  }

  private func summary(
    _ verdict: DiagnosisReport.Verdict, _ top: DiagnosisReport.Cause?, _ degraded: Bool?
  ) -> String {
    switch verdict {
    case .causeFound:
      guard let top else { return "" }
      let since = top.since.map { ", since \($0.iso8601)" } ?? ""
      let why = top.evidence.first.map { ": \($0)" } ?? ""
      return "\(top.kind.title) (\(top.cause.rawValue)), probability "
        + "\(QualityChecks.percent(top.score))\(since)\(why)"
        + (gain.map { "; \($0) all the same" } ?? "")
    case .nothingWrong:
      guard let gain else {
        return found.isEmpty
          ? "nothing got worse, and nothing speaks for a cause"
          : "nothing got worse, and no cause is likely\(found)"
      }
      let changes = results.filter { $0.outcome == .failed && !didHarm($0.cause) }
        .sorted { $0.strength > $1.strength }.map(\.message)
      return "nothing got worse: \(gain)"
        + (changes.isEmpty ? "" : "; what changed: " + changes.joined(separator: "; "))
    case .undetermined:
      return switch degraded {
      case true?: "the model got worse, and no cause stands out\(found)"
      case false?:
        "the model did not get worse; own diagnostics failed: \(withoutCause.joined(separator: ", "))"
      case nil: "whether the model got worse is not known, and no cause stands out\(found)"
      }
    }
  }
}
