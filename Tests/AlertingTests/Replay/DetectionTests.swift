import Alerting
import Monitoring
import Statistics
import Testing

struct DetectionTests {
  private let minute = MinuteSeries.minute

  @Test func `Alerts are measured against degradations, beside always and never`() throws {
    // 20 minutes; degraded 5 to 10 and 15 to 17; fires 7 to 12, and 1 to 2 for nothing.
    var values = Array(repeating: 0.0, count: 21)
    for index in [1, 7, 8, 9, 10, 11] { values[index] = 2 }
    let rule = try MinuteSeries.rule("high", "errors", "> 1")
    let report = AlertReplay(rules: [rule], costs: .init(missedHour: 60, falseHour: 6)).run(
      MinuteSeries.samples("errors", values),
      degradations: [
        Degradation(model: "fraud", start: minute(5), end: minute(10)),
        Degradation(model: nil, start: minute(15), end: minute(17)),
        Degradation(model: "churn", start: minute(0), end: minute(20)),
      ])
    let found = try #require(report.rules[0].detection)
    #expect(found.precision == 3.0 / 6)
    #expect(found.recall == 3.0 / 7)
    #expect(found.f1 == 6.0 / 13)
    #expect(found.episodes == 2)
    #expect(found.detectedEpisodes == 1)
    #expect(found.episodePrecision == 0.5)
    #expect(found.episodeRecall == 0.5)
    #expect(found.episodeF1 == 0.5)
    #expect(found.medianDelaySeconds == 120)
    #expect(found.falseAlarms == 1)
    #expect(found.falseAlarmsPerWeek == 7 * 1_440 / 20.0)
    #expect(abs((found.expectedCost ?? 0) - (4 + 0.3)) < 1e-9)
    let always = try #require(report.baselines?.alwaysFire)
    #expect(always.precision == 7.0 / 20)
    #expect(always.recall == 1)
    #expect(always.detectedEpisodes == 2)
    #expect(always.medianDelaySeconds == 0)
    #expect(always.missedHours == 0)
    let never = try #require(report.baselines?.neverFire)
    #expect(never.precision == nil)
    #expect(never.recall == 0)
    #expect(never.f1 == 0)
    #expect(abs((never.expectedCost ?? 0) - 7) < 1e-9)
  }

  @Test func `A model's own performance shows degradations where chance does not explain them`() {
    func sample(_ at: Int, _ value: Double?, _ lower: Double?, _ model: String = "fraud")
      -> MetricSample
    {
      MetricSample(
        metric: "model_accuracy_drop", labels: ["model_name": model], at: minute(at), value: value,
        interval: lower.map { Interval(lower: $0, upper: 1) })
    }
    let samples = [
      sample(0, 0, -0.1), sample(10, 0.2, 0.01), sample(20, 0.2, 0.1), sample(30, nil, nil),
      sample(40, 0.3, 0.2), sample(50, 0.01, -0.1), sample(60, 0.07, nil),
      sample(70, 0, 0, "churn"),
    ]
    #expect(
      Degradation.found(in: samples.reversed()) == [
        Degradation(
          model: "fraud", start: minute(20), end: minute(50), cause: "model_accuracy_drop"),
        Degradation(
          model: "fraud", start: minute(60), end: minute(70), cause: "model_accuracy_drop"),
      ])
    #expect(Degradation.found(in: samples, threshold: 0.5) == [])
    #expect(Degradation.found(in: []) == nil)
  }

  @Test func `A rule answers for the models it is about`() throws {
    var rule = try MinuteSeries.rule("high", "errors", "> 1")
    rule.matchers = [.init(label: "model_name", value: "fraud")]
    let samples =
      MinuteSeries.samples("errors", [0, 2, 2, 0])
      + MinuteSeries.samples("errors", ["model_name": "churn"], [0, 0, 0, 0])
    let report = AlertReplay(rules: [rule]).run(
      samples, degradations: [Degradation(model: "churn", start: minute(0), end: minute(3))])
    #expect(report.rules[0].detection?.episodes == 0)
    #expect(report.rules[0].detection?.falseAlarms == 1)
    #expect(report.baselines?.neverFire.episodes == 1)
  }
}
