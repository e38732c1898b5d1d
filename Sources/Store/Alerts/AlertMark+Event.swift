public import Monitoring

extension AlertMark {
  /// What a diagnosis looks at of an alert's event.
  public init(_ event: AlertEvent) {
    self.init(
      at: event.at, kind: event.kind.rawValue, rule: event.alert.rule, metric: event.alert.metric,
      severity: event.alert.severity, labels: event.alert.labels)
  }
}
