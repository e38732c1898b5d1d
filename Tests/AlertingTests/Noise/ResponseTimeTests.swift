import Foundation
import Monitoring
import Store
import Support
import Testing

@testable import Alerting

/// How soon somebody is to take an alert on, and which nobody has.
struct ResponseTimeTests: WithHistory {
  let folder: TemporaryFolder
  let history: History

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/h.db")
  }

  @Test(arguments: [
    ("immediate", "immediate", 0), ("90s", "90s", 90), ("60s", "1m", 60), ("1h", "1h", 3_600),
    ("24h", "24h", 86_400), ("1d", "24h", 86_400), ("30d", "720h", 2_592_000),
    ("1_hour", "1h", 3_600), ("24_hours", "24h", 86_400),
  ])
  func `A response time is written as it is read`(_ text: String, _ written: String, _ seconds: Int)
    throws
  {
    let time = try #require(ResponseTime(text))
    #expect(time.seconds == seconds && time.description == written)
    #expect(ResponseTime(written) == time)
    #expect(String(decoding: try JSONEncoder().encode([time]), as: UTF8.self) == "[\"\(written)\"]")
  }

  @Test(arguments: ["", "0s", "0", "now", "1", "-1h", "31d", "2_hours", "9999999999999999999s"])
  func `What is none is not read`(_ text: String) { #expect(ResponseTime(text) == nil) }

  @Test func `What another version or a program has set is no reason to lose an alert`() throws {
    for (seconds, kept) in [(40 * 86_400, 30 * 86_400), (Int.max, 30 * 86_400), (-1, 0)] {
      let time = ResponseTime(seconds: seconds)
      #expect(time.seconds == kept)
      let text = try JSONEncoder().encode([time])
      #expect(try JSONDecoder().decode([ResponseTime].self, from: text) == [time])
    }
    let unknown = Data("[\"a_fortnight\"]".utf8)
    #expect(try JSONDecoder().decode([ResponseTime].self, from: unknown) == [.immediate])
  }

  @Test func `The matrix has its response times`() {
    let times = Dictionary(grouping: AlertRule.defaults, by: \.severity)
      .mapValues { Set($0.map(\.responseTime.description)) }
    #expect(times == [.critical: ["immediate"], .warning: ["1h"], .info: ["24h"]])
  }

  @Test
  func `Nobody has to look sooner than asked, and what is quiet or taken on waits for nobody`()
    throws
  {
    let rules = [
      rule("page", "error_rate", "> 5%", .critical), rule("look", "error_rate", "> 5%"),
      rule("own", "error_rate", "> 5%", .info) { $0.responseTime = ResponseTime(seconds: 600) },
    ]
    let manager = try manager(alerting(rules) { $0.inhibitions = [] })
    try manager.record([sample(0.07, at: 0)], at: Scenario.time(0))
    func overdue(at minute: Int) -> Set<String> {
      Set(
        manager.records().map { $0.seen(at: Scenario.time(minute)) }
          .filter { $0.overdue == true }.map(\.rule))
    }
    // At once leaves five minutes.
    #expect(overdue(at: 5).isEmpty && overdue(at: 6) == ["page"])
    #expect(overdue(at: 10) == ["page"] && overdue(at: 11) == ["page", "own"])
    #expect(overdue(at: 61) == ["page", "own", "look"])
    #expect(manager.records().allSatisfy { $0.overdue == nil })
    _ = try history.acknowledge(
      AlertEngine.fingerprint("page", ["model_name": "a"]), by: "ann", at: Scenario.time(7))
    try history.add(
      Silence(
        matchers: [LabelMatcher(label: "alertname", value: "own")], startsAt: Scenario.time(0),
        endsAt: Scenario.time(90), createdBy: "ann", createdAt: Scenario.time(0), comment: ""))
    try manager.advance(to: Scenario.time(61))
    #expect(overdue(at: 61) == ["look"])
    try manager.record([sample(0.01, at: 62)], at: Scenario.time(62))
    #expect(overdue(at: 200).isEmpty)
    for time in [Int64.min, .max] {
      for record in manager.records() { _ = record.seen(at: Instant(microseconds: time)) }
    }
  }

  @Test func `An alert an older version kept has the response time of its severity`() throws {
    let text = String(decoding: try JSONEncoder().encode(Sample.alert()), as: UTF8.self)
    #expect(text.contains("\"response_time\":\"immediate\"") && text.contains("\"overdue\":null"))
    let old = text.replacing("\"response_time\":\"immediate\",", with: "")
      .replacing(",\"response_time\":\"immediate\"", with: "")
      .replacing("\"overdue\":null,", with: "").replacing(",\"overdue\":null", with: "")
    #expect(!old.contains("response_time") && !old.contains("overdue"))
    let record = try JSONDecoder().decode(AlertRecord.self, from: Data(old.utf8))
    #expect(record.responseTime == nil && record.timeToRespond == .immediate)
  }

  @Test func `People and programs are told the response time`() throws {
    var alert = Sample.alert(severity: .warning)
    #expect(alert.facts(isOver: false).contains { $0 == ("Response time", "1h") })
    alert.responseTime = ResponseTime(seconds: 5_400)
    let message = Sample.message(alerts: [alert])
    let templates = try MessageTemplates(.init(name: "s", target: .slack(url: "http://s")))
    let slack = SlackPayload(message, templates: templates)
    let fields = slack.attachments.flatMap(\.blocks).flatMap { $0.fields ?? [] }
    #expect(fields.contains { $0.text == "*Response time*\n90m" })
    #expect(EmailBody.text(message, title: "t").contains("Response time: 90m"))
    let annotations = AlertLabels.annotations(of: alert, in: message, templates)
    #expect(annotations["response_time"] == "90m")
  }
}
