public import Monitoring

/// The routes of a configuration, made ready to be asked often.
struct Routes {
  private let routes: [(matchers: PreparedMatchers, route: AlertingConfiguration.Route)]

  init(_ routes: [AlertingConfiguration.Route]) {
    self.routes = routes.map { (PreparedMatchers($0.matchers), $0) }
  }

  /// The route of an alert: the first that matches; nil where none does.
  func first(for labels: [String: String]) -> AlertingConfiguration.Route? {
    routes.first { $0.matchers.match(labels) }?.route
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
