import Monitoring

extension Scenario {
  private static let errors = rule("errors", "error_rate", "> 5%")
  private static let twoSeverities = [
    rule("warning", "error_rate", "> 1%"), rule("critical", "error_rate", "> 5%", .critical),
  ]

  /// Who is told what, and when.
  static let ofNoise: [Scenario] = [
    Scenario(
      "alerts of a group come together: it waits for more at first and talks rarely then",
      alerting([errors]) {
        $0.grouping.labels = ["severity"]
        $0.grouping.waitSeconds = 60
        $0.grouping.intervalSeconds = 300
      },
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      at 1m error_rate{model_name="b"} 0.07
      = errors/b pending
      = errors/b firing
      = chat firing errors/a:firing errors/b:firing
      at 2m error_rate{model_name="c"} 0.07
      = errors/c pending
      = errors/c firing
      at 6m advance
      = chat firing errors/a:firing errors/b:firing errors/c:firing
      at 7m error_rate{model_name="a"} 0.01
      = errors/a resolved
      at 11m advance
      = chat firing errors/b:firing errors/c:firing errors/a:resolved
      """),
    Scenario(
      "what is critical waits for nobody",
      alerting([rule("errors", "error_rate", "> 5%", .critical)]) {
        $0.grouping.waitSeconds = 60
        $0.grouping.intervalSeconds = 300
      },
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      at 1m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = chat resolved errors/a:resolved
      """),
    Scenario(
      "what comes and goes while its group waits is told to nobody",
      alerting([errors]) { $0.grouping.waitSeconds = 120 },
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      at 1m error_rate{model_name="a"} 0.01
      = errors/a resolved
      at 5m advance
      """),
    Scenario(
      "a critical alert silences its own warning, which is told of when the critical one is over",
      alerting(twoSeverities),
      """
      at 0m error_rate{model_name="a"} 0.07
      = warning/a pending
      = warning/a firing
      = critical/a pending
      = critical/a firing
      = chat firing critical/a:firing
      at 1m error_rate{model_name="b"} 0.02
      = warning/b pending
      = warning/b firing
      = chat firing warning/b:firing
      at 2m error_rate{model_name="a"} 0.03
      = critical/a resolved
      = chat firing warning/a:firing critical/a:resolved
      at 3m error_rate{model_name="a"} 0.001
      = warning/a resolved
      = chat resolved warning/a:resolved
      """),
    Scenario(
      "a warning that was told of gets worse and better: every beginning has its end",
      alerting(twoSeverities),
      """
      at 0m error_rate{model_name="a"} 0.02
      = warning/a pending
      = warning/a firing
      = chat firing warning/a:firing
      at 1m error_rate{model_name="a"} 0.07
      = critical/a pending
      = critical/a firing
      = chat firing critical/a:firing
      at 2m error_rate{model_name="a"} 0.001
      = warning/a resolved
      = critical/a resolved
      = chat resolved critical/a:resolved warning/a:resolved
      """),
    Scenario(
      "a model that is down silences what is said of its drift",
      alerting([
        rule("down", "traffic", "< -95%", .critical) { $0.labels["topic"] = "availability" },
        rule("drift", "data_drift_score", "> 0.2") { $0.labels["topic"] = "drift" },
      ]),
      """
      at 0m traffic{model_name="a"} -0.99
      at 0m data_drift_score{model_name="a"} 0.5
      at 0m data_drift_score{model_name="b"} 0.5
      = down/a pending
      = down/a firing
      = drift/a pending
      = drift/a firing
      = drift/b pending
      = drift/b firing
      = chat firing down/a:firing
      = chat firing drift/b:firing
      at 1m traffic{model_name="a"} 0
      = down/a resolved
      = chat firing drift/a:firing down/a:resolved
      """),
    Scenario(
      "a silenced alert is told of when the silence ends, if it fires then",
      alerting([errors]),
      """
      at 0m silence model_name=a 5m
      at 0m error_rate{model_name="a"} 0.07
      at 0m error_rate{model_name="b"} 0.07
      = errors/a pending
      = errors/a firing
      = errors/b pending
      = errors/b firing
      = chat firing errors/b:firing
      at 5m advance
      = chat firing errors/a:firing
      at 6m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = chat resolved errors/a:resolved
      """),
    Scenario(
      "what comes and goes under a silence is told to nobody",
      alerting([errors]),
      """
      at 0m silence model_name=~a|b 5m
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      at 3m error_rate{model_name="a"} 0.01
      = errors/a resolved
      at 6m advance
      """),
    Scenario(
      "the end of an alert is told though it was silenced since; a silence can be ended early",
      alerting([errors]) { $0.routes[0].repeatInterval = TimeSpan("15m") },
      """
      at 0m error_rate{model_name="a"} 0.07
      at 0m error_rate{model_name="b"} 0.07
      = errors/a pending
      = errors/a firing
      = errors/b pending
      = errors/b firing
      = chat firing errors/a:firing
      = chat firing errors/b:firing
      at 1m silence model_name=~.* 100m
      at 20m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = chat resolved errors/a:resolved
      at 25m end silences
      = chat firing errors/b:firing
      """),
    Scenario(
      "an alert that is acknowledged is told no more until it is over, and anew when it comes again",
      alerting([errors]) { $0.routes[0].repeatInterval = TimeSpan("20m") },
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      at 20m advance
      = chat firing errors/a:firing
      at 21m ack errors/a
      = chat acknowledged errors/a:firing
      at 70m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = chat resolved errors/a:resolved
      at 71m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      """),
    Scenario(
      "an alert that ended and fires again is news: the cooldown does not outlive recovery",
      alerting([errors]),
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      at 1m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = chat resolved errors/a:resolved
      at 2m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      at 15m advance
      at 16m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = chat resolved errors/a:resolved
      """),
    Scenario(
      "an alert that flaps is told of once per cooldown, its ends too",
      alerting([rule("errors", "error_rate", "> 5%") { $0.cooldownMinutes = 5 }]) {
        $0.flapping.starts = 3
      },
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      at 1m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = chat resolved errors/a:resolved
      at 2m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      at 3m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = chat resolved errors/a:resolved
      at 4m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      at 6m advance
      at 7m error_rate{model_name="a"} 0.01
      = errors/a resolved
      at 8m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      at 9m error_rate{model_name="a"} 0.01
      = errors/a resolved
      at 13m advance
      = chat resolved errors/a:resolved
      """),
    Scenario(
      "alerts of a rule that is gone are over",
      alerting([errors, rule("other", "error_rate", "> 50%")]),
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      at 1m without errors
      = errors/a resolved
      = chat resolved errors/a:resolved
      at 2m error_rate{model_name="a"} 0.07
      """),
    Scenario(
      "a channel that is down holds up no other and gets all in order when it is back",
      alerting([errors], channels: ["chat", "mail"]),
      """
      at 0m down chat
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      = mail firing errors/a:firing
      at 3m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = mail resolved errors/a:resolved
      at 5m up chat
      = chat firing errors/a:firing
      = chat resolved errors/a:resolved
      """),
    Scenario(
      "a pager keeps an incident for each alert of a group",
      alerting([errors], channels: ["chat"], pagers: ["pager"]) { $0.grouping.labels = [] },
      """
      at 0m error_rate{model_name="a"} 0.07
      at 0m error_rate{model_name="b"} 0.07
      = errors/a pending
      = errors/a firing
      = errors/b pending
      = errors/b firing
      = chat firing errors/a:firing errors/b:firing
      = pager firing errors/a:firing
      = pager firing errors/b:firing
      """),
  ]
}
