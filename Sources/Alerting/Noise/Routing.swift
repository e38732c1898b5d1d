public import Monitoring

extension AlertingConfiguration {
  /// The route of an alert: the first that matches; nil where nobody is to be told.
  func route(for labels: [String: String]) -> Route? {
    routes.first { $0.matchers.match(labels) }
  }
}

extension ChannelConfiguration {
  /// Whether it keeps an incident for each alert; others are told of groups.
  public var keepsIncidents: Bool {
    switch target {
    case .pagerduty, .opsgenie: true
    case .slack, .email, .webhook, .alertmanager, .teams: false
    }
  }

  /// Whether what it was told of goes on there until it is told that it is over.
  var keepsOpen: Bool { keepsIncidents || type == "alertmanager" }
}
