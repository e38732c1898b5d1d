import Foundation
import Monitoring
import Testing

@testable import Alerting

/// Messages as full as they get, against the limits providers publish.
@Suite(.timeLimit(.minutes(5))) struct LimitTests {
  /// As many alerts as one message may have, each with what breaks something somewhere.
  private func fullMessage(_ id: String) -> AlertMessage {
    let texts = Sample.hostileTexts
    let alerts = (0..<50).map { index -> AlertRecord in
      let text = texts[index % texts.count]
      var labels = Dictionary(
        uniqueKeysWithValues: (0..<70).map {
          ("label_\($0)", String(text.unicodeScalars.prefix(100)))
        })
      labels["model_name"] = String(text.unicodeScalars.prefix(2_000))
      labels["severity"] = "critical"
      var alert = Sample.alert(
        index == 0 ? "newest" : "rule \(index)", fingerprint: "f\(index)", labels: labels)
      alert.title = index == 0 ? "newest" : String(text.unicodeScalars.prefix(2_000))
      alert.description = String(text.unicodeScalars.prefix(11_000))
      alert.runbookURL = "https://wiki.example.com/" + String(repeating: "x&", count: 900)
      return alert
    }
    var message = Sample.message(id: id, alerts: alerts)
    message.groupLabels = ["model_name": String(texts.joined().unicodeScalars.prefix(9_000))]
    message.truncatedAlerts = 9_000
    message.externalURL = "https://plumbline.example.com/" + String(repeating: "y", count: 1_900)
    return message
  }

  @Test(arguments: Provider.allCases)
  func `A message as full as can be keeps within every limit, what is new in front`(
    _ provider: Provider
  ) throws {
    let key = Sample.key()
    let channel = try provider.channel(.takes, key: key)
    var message = fullMessage(key)
    // As they come to a channel: one at a time, or in groups.
    if channel.sendsEachAlert { message.alerts = Array(message.alerts.prefix(15)) }
    _ = try channel.send(message)
    let server = try ProviderServer.shared
    if provider == .email {
      let mail = try #require(try server.mails(key).first)
      #expect(mail.problems == [])
      #expect(mail.text?.contains("newest") == true && mail.html?.contains("<script") == false)
      return
    }
    let requests = try server.requests(key)
    #expect(requests.flatMap(\.problems) == [])
    #expect(requests.count == (channel.sendsEachAlert ? 15 : 1))
    #expect(requests.first?.body.contains("newest") == true)
    if provider == .slack || provider == .teams {
      #expect(requests.first?.body.contains("[FIRING:9050]") == true)
      #expect(requests.first?.body.contains("more\"") == true)
    }
  }

  @Test(arguments: [
    "<!channel>", "<!everyone|x>", "<@U123>", "<#C1>", "<https://evil.example|bank>",
    "&lt;!here&gt;",
  ])
  func `No label calls a channel of Slack's, or makes a link`(_ text: String) throws {
    var alert = Sample.alert(labels: ["model_name": text])
    alert.title = text
    alert.description = text
    let payload = SlackPayload(
      Sample.message(alerts: [alert]),
      templates: try MessageTemplates(.init(name: "s", target: .slack(url: "http://s"))))
    let texts =
      [payload.text]
      + (payload.blocks + payload.attachments.flatMap(\.blocks)).flatMap { block in
        ([block.text] + (block.fields ?? []) + (block.elements ?? [])).compactMap { $0?.text }
      }
    for part in texts {
      // Left are the links of the runbook and the dashboard.
      let markup = part.matches(of: /<[^>]*>/).map { String($0.output) }
      #expect(
        markup.allSatisfy { $0.hasPrefix("<https://wiki.") || $0.hasPrefix("<https://plumbline.") })
    }
    #expect(texts.contains { $0.contains(TextEscaping.slack.apply(text)) })
  }

  @Test func `No label makes a header or a part of a mail, or turns its text`() throws {
    let key = Sample.key()
    let evil = "a\r\nBcc: everybody@example.com\r\n\r\n<b>\u{202E}x\u{0}"
    var alert = Sample.alert(labels: ["model_name": evil])
    alert.title = evil
    alert.description = evil
    _ = try Provider.email.channel(.takes, key: key).send(Sample.message(alerts: [alert]))
    let mail = try #require(try ProviderServer.shared.mails(key).first)
    #expect(mail.problems == [] && mail.headers["bcc"] == nil)
    #expect(mail.recipients == ["\(key)@example.com"])
    #expect(mail.headers["subject"] == "[FIRING] a Bcc: everybody@example.com <b>x\u{FFFD}")
    #expect(mail.html?.contains("<b>") == false && mail.html?.contains("&lt;b&gt;") == true)
    let shown = (mail.text ?? "") + (mail.html ?? "")
    #expect(!shown.unicodeScalars.contains("\u{202E}") && !shown.unicodeScalars.contains("\0"))
  }
}
