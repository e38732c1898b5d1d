import Alerting
import Foundation
import Monitoring
import Store
import Testing

struct AlertFatigueTests {
  /// What alerts do over a history, as events.
  private func events(_ rules: [AlertRule], _ samples: [MetricSample]) -> [AlertEvent] {
    var engine = AlertEngine(rules: rules, startedAt: MinuteSeries.start)
    return engine.evaluate(samples).compactMap { transition in
      let kind: AlertEvent.Kind? =
        switch transition.kind {
        case .firing: .firing
        case .resolved: .resolved
        case .pending, .cleared: nil
        }
      return kind.map { AlertEvent(at: transition.at, kind: $0, alert: transition.record) }
    }
  }

  @Test func `A rule that fires and ends all day is found, with a threshold that mends it`() throws
  {
    let rule = try NoisySeries.rule("> 0.5")
    var calm = try NoisySeries.rule("> 5")
    calm.name = "calm"
    let history = NoisySeries.samples(days: 21, seed: 1)
    let now = MinuteSeries.minute(21 * 1_440)
    let events = events([rule, calm], history)
    let found = AlertFatigue.find(
      rules: [calm, rule], events: events.reversed(), history: history, now: now)
    #expect(found.map(\.rule) == ["slow"])
    let fatigue = try #require(found.first)
    #expect(fatigue.firings > 20)
    #expect(fatigue.firingsPerWeek == Double(fatigue.firings))
    #expect(fatigue.explanation.contains("slow fired \(fatigue.firings) times in 7 days"))
    #expect(fatigue.explanation.contains("acknowledged never"))
    #expect(fatigue.proposal?.direction == .loosen)
    let json = String(decoding: try JSONEncoder().encode(fatigue), as: UTF8.self)
    #expect(json.contains("\"type\":\"alert_fatigue\""))
    #expect(json.contains("\"recovery\":\"adjust_thresholds_dynamically\""))
  }

  @Test func `Long alerts that people take on tire nobody`() throws {
    let rule = try MinuteSeries.rule("high", "errors", "> 1")
    var values: [Double] = []
    for _ in 0..<10 { values += Array(repeating: 2, count: 120) + Array(repeating: 0, count: 120) }
    let samples = MinuteSeries.samples("errors", values)
    let now = MinuteSeries.minute(values.count)
    var events = events([rule], samples)
    #expect(
      AlertFatigue.find(rules: [rule], events: events, history: samples, now: now).count == 1)
    let first = try #require(events.first)
    events.append(
      AlertEvent(at: MinuteSeries.minute(5), kind: .acknowledged, detail: "ada", alert: first.alert)
    )
    #expect(
      AlertFatigue.find(rules: [rule], events: events, history: samples, now: now).isEmpty)
    // Weeks later it is past.
    #expect(
      AlertFatigue.find(
        rules: [rule], events: events, history: samples, now: MinuteSeries.minute(30 * 1_440)
      ).isEmpty)
  }

  @Test func `Where no threshold helps it says why`() throws {
    let rule = try MinuteSeries.rule("moves", "errors", "change > 1")
    let alert = AlertRecord(
      fingerprint: "f", rule: "moves", metric: "errors", severity: .info, state: .firing,
      labels: [:], title: "", description: "", updatedAt: MinuteSeries.start)
    let events = (0..<6).map {
      AlertEvent(at: MinuteSeries.minute($0), kind: .firing, alert: alert)
    }
    let found = AlertFatigue.find(
      rules: [rule], events: events, history: [], now: MinuteSeries.minute(10))
    #expect(found.first?.proposal == nil)
    #expect(found.first?.noProposal?.contains("no single threshold") == true)
    #expect(found.first?.medianFiringSeconds == nil)
  }
}
