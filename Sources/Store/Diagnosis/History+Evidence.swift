public import Monitoring

extension History {
  /// Adds what was kept to the evidence of a diagnosis: metrics over time and alerts.
  ///
  /// - Parameters:
  ///   - evidence: what it is added to.
  ///   - model: of this model, and what names no model; nil for all.
  ///   - from: the first time that counts; nil for all.
  ///   - until: the first time that counts no more; nil for all.
  public func add(
    to evidence: inout DiagnosisEvidence, model: String? = nil, from: Instant? = nil,
    until: Instant? = nil
  ) throws(HistoryError) {
    evidence.metrics += try samples(from: from, until: until, model: model)
    let events = try alertEvents(
      model: model, kinds: [.firing, .resolved], from: from, until: until, limit: Self.eventsLimit)
    evidence.alerts += events.reversed().map { event in
      AlertMark(
        at: event.at, kind: event.kind.rawValue, rule: event.alert.rule,
        metric: event.alert.metric, severity: event.alert.severity, labels: event.alert.labels)
    }
  }

  private static var eventsLimit: Int { 10_000 }
}
