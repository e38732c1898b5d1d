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
    func isMeant(_ labels: [String: String]) -> Bool {
      guard let model, let named = labels["model_name"] else { return true }
      return named == model
    }
    evidence.metrics += try samples(from: from, until: until, model: model)
    let events = try alertEvents(from: from, limit: Self.eventsLimit)
    evidence.alerts += events.reversed().compactMap { event in
      guard [.firing, .resolved].contains(event.kind), isMeant(event.alert.labels),
        until.map({ event.at < $0 }) ?? true
      else {
        return nil
      }
      return AlertMark(
        at: event.at, kind: event.kind.rawValue, rule: event.alert.rule,
        metric: event.alert.metric, severity: event.alert.severity, labels: event.alert.labels)
    }
  }

  private static var eventsLimit: Int { 10_000 }
}
