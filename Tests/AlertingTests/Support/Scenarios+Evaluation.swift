import Monitoring

extension Scenario {
  /// What a rule makes of values.
  static let ofRules: [Scenario] = [
    Scenario(
      "three failures in a row fire, and one value that is well ends it",
      alerting([rule("errors", "error_rate", "> 5%", failures: 3)]),
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      at 1m error_rate{model_name="a"} 0.08
      at 2m error_rate{model_name="a"} 0.09
      = errors/a firing
      = chat firing errors/a:firing
      at 3m error_rate{model_name="a"} 0.09
      at 4m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = chat resolved errors/a:resolved
      at 5m error_rate{model_name="a"} 0.01
      """),
    Scenario(
      "a value that is well in between begins the count anew",
      alerting([rule("errors", "error_rate", "> 5%", failures: 2)]),
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      at 1m error_rate{model_name="a"} 0.05
      = errors/a cleared
      at 2m error_rate{model_name="a"} 0.07
      = errors/a pending
      at 3m error_rate{model_name="a"} 0.07
      = errors/a firing
      = chat firing errors/a:firing
      """),
    Scenario(
      "no data is neither a failure nor a recovery",
      alerting([rule("errors", "error_rate", "> 5%", failures: 2)]),
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      at 1m error_rate{model_name="a"} nan
      at 2m error_rate{model_name="a"} none
      at 3m error_rate{model_name="a"} 0.07
      = errors/a firing
      = chat firing errors/a:firing
      at 4m error_rate{model_name="a"} nan
      at 5m error_rate{model_name="a"} none
      at 6m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = chat resolved errors/a:resolved
      """),
    Scenario(
      "a rule with a time to hold fires when that has passed",
      alerting([rule("errors", "error_rate", "> 5%") { $0.holdFor = TimeSpan("5m") }]),
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      at 4m error_rate{model_name="a"} 0.07
      at 5m error_rate{model_name="a"} 0.07
      = errors/a firing
      = chat firing errors/a:firing
      """),
    Scenario(
      "an alert goes on firing for a while after its last failure",
      alerting([rule("errors", "error_rate", "> 5%") { $0.keepFiringFor = TimeSpan("5m") }]),
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      at 1m error_rate{model_name="a"} 0.01
      at 3m error_rate{model_name="a"} 0.07
      at 4m error_rate{model_name="a"} 0.01
      at 8m error_rate{model_name="a"} 0.01
      at 9m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = chat resolved errors/a:resolved
      """),
    Scenario(
      "a value between the thresholds of failing and recovery is no recovery, and ends a calm",
      alerting([
        rule("errors", "error_rate", "> 5%") {
          $0.keepFiringFor = TimeSpan("2m")
          $0.recovery = .init(upper: 0.02)
        }
      ]),
      """
      at 0m error_rate{model_name="a"} 0.07
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      at 1m error_rate{model_name="a"} 0.01
      at 2m error_rate{model_name="a"} 0.03
      at 3m error_rate{model_name="a"} 0.01
      at 4m error_rate{model_name="a"} 0.01
      at 5m error_rate{model_name="a"} 0.01
      = errors/a resolved
      = chat resolved errors/a:resolved
      """),
    Scenario(
      "a rule may ask for a range, a change in percent and a change in the metric's unit",
      alerting([
        rule("range", "score", "outside 0.1..0.9"), rule("drop", "accuracy", "change < -15%"),
        rule("rise", "loss", "change > 0.02"),
      ]),
      """
      at 0m score{model_name="a"} 0.9
      at 0m accuracy{model_name="a"} 0.86 of 1
      at 0m loss{model_name="a"} 0.51 of 0.5
      at 1m score{model_name="a"} 0.91
      at 1m accuracy{model_name="a"} 0.84 of 1
      at 1m loss{model_name="a"} 0.53 of 0.5
      = range/a pending
      = range/a firing
      = drop/a pending
      = drop/a firing
      = rise/a pending
      = rise/a firing
      = chat firing range/a:firing rise/a:firing drop/a:firing
      at 2m score{model_name="a"} 0.05
      at 2m accuracy{model_name="a"} 0.84
      at 2m loss{model_name="a"} 0.52 of 0.51
      = rise/a resolved
      = chat firing range/a:firing drop/a:firing rise/a:resolved
      """),
    Scenario(
      "what chance explains is no failure",
      alerting([rule("errors", "error_rate", "> 5%") { $0.requiresSignificance = true }]),
      """
      at 0m error_rate{model_name="a"} 0.07 in 0.03..0.11
      at 1m error_rate{model_name="a"} 0.07 in 0.06..0.08
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      """),
    Scenario(
      "a series that goes silent is absent after ten minutes, until it speaks",
      alerting([rule("silent", "predictions", "absent")]),
      """
      at 0m predictions{model_name="a"} 5
      at 0m predictions{model_name="b"} 5
      at 9m predictions{model_name="b"} 5
      at 10m advance
      = silent/a pending
      = silent/a firing
      = chat firing silent/a:firing
      at 15m predictions{model_name="a"} nan
      at 15m predictions{model_name="b"} 5
      at 16m predictions{model_name="a"} 3
      = silent/a resolved
      = chat resolved silent/a:resolved
      """),
    Scenario(
      "an absence that ended for a moment goes on, and outlives its end by the time the rule says",
      alerting([
        rule("silent", "predictions", "absent") { $0.keepFiringFor = TimeSpan("30m") }
      ]),
      """
      at 10m predictions{model_name="a"} 5
      at 20m advance
      = silent/a pending
      = silent/a firing
      = chat firing silent/a:firing
      at 60m predictions{model_name="a"} 5
      at 120m predictions{model_name="a"} 5
      at 128m predictions{model_name="a"} 5
      at 136m predictions{model_name="a"} 5
      at 144m predictions{model_name="a"} 5
      at 150m advance
      = silent/a resolved
      = chat resolved silent/a:resolved
      """),
    Scenario(
      "an absence that is over needs no second value to end, and may begin again",
      alerting([
        rule("silent", "predictions", "absent") { $0.keepFiringFor = TimeSpan("5m") }
      ]),
      """
      at 0m predictions{model_name="a"} 5
      at 10m advance
      = silent/a pending
      = silent/a firing
      = chat firing silent/a:firing
      at 20m predictions{model_name="a"} 5
      at 25m advance
      = silent/a resolved
      = chat resolved silent/a:resolved
      at 30m advance
      = silent/a pending
      = silent/a firing
      = chat firing silent/a:firing
      """),
    Scenario(
      "a series that a rule names is absent though it never spoke",
      alerting([
        rule("silent", "predictions", "absent") {
          $0.matchers = [LabelMatcher(label: "model_name", value: "a")]
          $0.holdFor = TimeSpan("12m")
        }
      ]),
      """
      at 12m advance
      = silent/a pending
      = silent/a firing
      = chat firing silent/a:firing
      at 13m predictions{model_name="a"} 1
      = silent/a resolved
      = chat resolved silent/a:resolved
      """),
    Scenario(
      "each label set has an alert of its own, and each rule its series",
      alerting([
        rule("errors", "error_rate", "> 5%") {
          $0.matchers = [LabelMatcher(label: "model_name", operation: .notEqual, value: "test")]
        }
      ]),
      """
      at 0m error_rate{model_name="a"} 0.07
      at 0m error_rate{model_name="b"} 0.01
      at 0m error_rate{model_name="test"} 0.9
      = errors/a pending
      = errors/a firing
      = chat firing errors/a:firing
      at 1m error_rate{model_name="a"} 0.01
      at 1m error_rate{model_name="b"} 0.07
      = errors/b pending
      = errors/b firing
      = errors/a resolved
      = chat resolved errors/a:resolved
      = chat firing errors/b:firing
      """),
  ]
}
