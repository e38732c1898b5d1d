/// What a model can be alerted on without a line of configuration: the requirement's severity matrix.
extension AlertRule {
  /// A rule of the matrix. Its parts are constants of this file, so a mistake in them is a programmer's.
  private static func matrix(
    _ name: String, _ severity: AlertSeverity, _ metric: String, _ condition: String,
    topic: String, failures: Int = 3, significant: Bool = false, keepMinutes: Int? = nil,
    _ description: String
  ) -> AlertRule {
    guard let condition = AlertCondition(condition),
      let description = DescriptionTemplate(description)
    else { preconditionFailure("the rule \(name) of the matrix cannot be read") }
    var rule = AlertRule(
      name: name, metric: metric, condition: condition, severity: severity,
      description: description)
    rule.consecutiveFailures = failures
    rule.requiresSignificance = significant
    rule.keepFiringFor = keepMinutes.flatMap { TimeSpan("\($0)m") }
    rule.labels["topic"] = topic
    return rule
  }

  /// The severity matrix, a model that is called no more, and a check that cannot be made.
  ///
  /// Accuracy is checked rarely and over many rows: one failure that chance does not explain is enough.
  /// Figures of live traffic come every minute: three in a row are asked for, and a pause of a few
  /// minutes is no recovery.
  public static let defaults: [AlertRule] = [
    matrix(
      "model_accuracy_drop_critical", .critical, "model_accuracy_drop", "> 15%",
      topic: "performance", failures: 1, significant: true,
      "Accuracy of {labels.model_name} is {value:.1%} below its reference; {threshold:.0%} is critical"
    ),
    matrix(
      "model_accuracy_drop_warning", .warning, "model_accuracy_drop", "> 5%",
      topic: "performance", failures: 1, significant: true,
      "Accuracy of {labels.model_name} is {value:.1%} below its reference; {threshold:.0%} is a warning"
    ),
    matrix(
      "model_performance_drop_critical", .critical, "model_performance_drop", "> 15%",
      topic: "performance", failures: 1, significant: true,
      "{labels.metric} of {labels.model_name} is {value:.1%} worse than its reference"),
    matrix(
      "model_performance_drop_warning", .warning, "model_performance_drop", "> 5%",
      topic: "performance", failures: 1, significant: true,
      "{labels.metric} of {labels.model_name} is {value:.1%} worse than its reference"),
    matrix(
      "prediction_latency_critical", .critical, "prediction_latency_p99", "> 2s",
      topic: "latency", significant: true, keepMinutes: 5,
      "One prediction in a hundred of {labels.model_name} takes {value:.2f} s or longer"),
    matrix(
      "prediction_latency_warning", .warning, "prediction_latency_p95", "> 500ms",
      topic: "latency", significant: true, keepMinutes: 5,
      "One prediction in twenty of {labels.model_name} takes {value:.2f} s or longer"),
    matrix(
      "error_rate_critical", .critical, "error_rate", "> 5%", topic: "errors",
      significant: true, keepMinutes: 5,
      "{value:.1%} of the predictions of {labels.model_name} fail; {threshold:.0%} is critical"),
    matrix(
      "error_rate_warning", .warning, "error_rate", "> 1%", topic: "errors",
      significant: true, keepMinutes: 5,
      "{value:.1%} of the predictions of {labels.model_name} fail; {threshold:.0%} is a warning"),
    matrix(
      "data_drift_critical", .critical, "data_drift_score", "> 0.5", topic: "drift", failures: 2,
      significant: true, "{value:.0%} of the columns of {labels.model_name} have drifted"),
    matrix(
      "data_drift_warning", .warning, "data_drift_score", "> 0.2", topic: "drift",
      significant: true, "{value:.0%} of the columns of {labels.model_name} have drifted"),
    matrix(
      "feature_distribution_shift", .info, "feature_distribution_shift", "> 0", topic: "drift",
      significant: true,
      "{labels.feature} of {labels.model_name} is distributed otherwise than before"),
    matrix(
      "traffic_pattern_change", .info, "traffic_pattern_change", "outside -50%..100%",
      topic: "traffic", failures: 10, significant: true, keepMinutes: 15,
      "Calls of {labels.model_name} differ by {value:.0%} from what is usual at this hour"),
    matrix(
      "new_category_detected", .info, "new_category_detected", "> 0", topic: "quality", failures: 1,
      "{labels.feature} of {labels.model_name} has categories the reference does not have"),
    matrix(
      "check_failing", .warning, "check_failed", "> 0", topic: "monitoring",
      "The check {labels.check} of {labels.model_name} cannot be made"),
    matrix(
      "model_down", .critical, "traffic_drop", "> 95%", topic: "availability",
      failures: 5, significant: true,
      "{labels.model_name} is hardly called any more: {value:.0%} of what is usual at this hour is missing"
    ),
  ]
}

extension AlertingConfiguration {
  /// A critical alert silences a milder one on the same topic; a model that is down all others of it.
  public static let defaultInhibitions: [Inhibition] = [
    Inhibition(
      source: [.init(label: "severity", value: "critical")],
      target: [.init(label: "severity", operation: .notEqual, value: "critical")],
      equal: ["model_name", "topic"]),
    Inhibition(
      source: [.init(label: "severity", value: "warning")],
      target: [.init(label: "severity", value: "info")],
      equal: ["model_name", "topic"]),
    Inhibition(
      source: [.init(label: "topic", value: "availability")],
      target: [.init(label: "topic", operation: .notEqual, value: "availability")],
      equal: ["model_name"]),
  ]

  /// As the severity matrix has it: critical to pagers and chat, warning to chat, info by mail. What there
  /// is no such channel for goes to the next milder kind there is; pagers get less than critical alerts
  /// only where there is nothing else.
  public static func defaultRoutes(to channels: [ChannelConfiguration]) -> [Route] {
    func route(_ severity: AlertSeverity, _ types: [[String]]) -> Route {
      let fitting = types.lazy.map { types in
        channels.filter { types.contains($0.type) }.map(\.name)
      }.first { !$0.isEmpty }
      return Route(
        matchers: [.init(label: "severity", value: severity.rawValue)],
        channels: fitting ?? channels.map(\.name))
    }
    let pagers = ["pagerduty", "opsgenie"]
    let chats = ["slack", "teams"]
    let systems = ["webhook", "alertmanager"]
    return [
      route(.critical, [pagers + chats + systems, ["email"]]),
      route(.warning, [chats + systems, ["email"]]),
      route(.info, [["email"] + systems, chats]),
    ]
  }
}
