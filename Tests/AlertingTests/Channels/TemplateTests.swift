import Foundation
import Monitoring
import Testing

@testable import Alerting

/// The operator's own words.
@Suite(.timeLimit(.minutes(2))) struct TemplateTests {
  private func body(
    _ provider: Provider, _ message: AlertMessage, title: String? = nil, text: String? = nil
  ) throws -> String {
    let key = Sample.key()
    _ = try provider.channel(.takes, key: key, title: title, text: text).send(message)
    let server = try ProviderServer.shared
    if provider == .email {
      let mail = try #require(try server.mails(key).first)
      #expect(mail.problems == [])
      return "\(mail.headers["subject"] ?? "") | \(mail.text ?? "") | \(mail.html ?? "")"
    }
    let request = try #require(try server.requests(key).first)
    #expect(request.problems == [])
    return request.body
  }

  private static let title = "{{severity}} {{groupLabels.model_name}} {{alertCount}}"
  private static let text =
    "{{#alerts}}{{rule}} {{value}} > {{threshold}} {{labels.model_name}} {{description}}\n"
    + "{{#labelList}}{{name}}={{value}};{{/labelList}}{{/alerts}}{{^isFiring}}over{{/isFiring}}"

  @Test(arguments: Provider.allCases)
  func `A template has the last word on title and text`(_ provider: Provider) throws {
    let body = try body(provider, Sample.message(), title: Self.title, text: Self.text)
    #expect(body.contains("critical fraud 1"))
    #expect(body.contains("0.812"))
    // Of Teams' Markdown the underscore is a mark.
    #expect(body.replacing("\\\\", with: "").contains("model_name=fraud"))
    #expect(!body.contains("over"))
  }

  @Test(arguments: Provider.allCases, ["{{labels.team}}", " {{note}}\n"])
  func `A title that renders to nothing is the built-in one`(
    _ provider: Provider, _ title: String
  ) throws {
    let body = try body(provider, Sample.message(), title: title)
    #expect(body.contains("Accuracy of fraud is 81.20%"), "\(body)")
    #expect(!body.contains("\"summary\":\"Alert\"") && !body.contains("\"message\":\"Alert\""))
  }

  @Test(arguments: Provider.allCases)
  func `A test is marked, whatever the template says`(_ provider: Provider) throws {
    let body = try body(provider, Sample.message(.test), title: "All is lost")
    #expect(body.contains("[TEST] All is lost"))
  }

  @Test(arguments: Provider.allCases, ["{{description}}", "{{{description}}}", "{{&description}}"])
  func `What others wrote is text, however a template puts it in`(
    _ provider: Provider, _ tag: String
  ) throws {
    let template = "{{#alerts}}\(tag){{/alerts}}"
    for text in Sample.hostileTexts.prefix(12) {
      var alert = Sample.alert()
      alert.description = text
      // The body is held against the contract, which knows markup from text.
      let body = try body(
        provider, Sample.message(alerts: [alert]), title: template, text: template)
      switch provider {
      case .email: #expect(!body.split(separator: " | ").suffix(1).joined().contains("<script"))
      case .slack: #expect(!body.contains("<!channel"))
      case .teams:
        let blocks = body.components(separatedBy: "{\"text\":\"").filter {
          $0.contains("\"TextBlock\"")
        }
        #expect(blocks.count == 1)
        #expect(blocks.allSatisfy { !$0.contains("](javascript") && !$0.contains("**bold") })
      case .pagerduty, .webhook, .alertmanager, .opsgenie: break
      }
    }
  }

  @Test(arguments: [
    ("{{#alerts}}", "line 1"), ("ok\n{{title", "line 2"), ("{{#a}}{{/b}}", "line 1"),
  ])
  func `A template that is none is an error with its place`(
    _ template: String, _ place: String
  ) throws {
    for isTitle in [true, false] {
      let error = #expect(throws: ChannelError.self) {
        try Provider.slack.channel(
          .takes, key: "none", title: isTitle ? template : nil, text: isTitle ? nil : template)
      }
      let text = "\(try #require(error))"
      #expect(text.contains(isTitle ? "title_template" : "text_template"))
      #expect(text.contains(place) && text.contains("test slack"))
      #expect(error?.code == "channel_template")
    }
  }

  @Test(
    arguments: [
      .slack(url: "hooks.slack.com/x"), .pagerduty(routingKey: "k", url: "file:///etc/passwd"),
      .teams(url: ""), .webhook(url: "https://a.example", secret: nil, headers: ["a b": "c"]),
      .email(.init(host: "a", port: 25, encryption: .none, from: "nobody", to: ["a@b.example"])),
      .email(.init(host: "a", port: 25, encryption: .none, from: "a@b.example", to: [])),
    ] as [ChannelConfiguration.Target])
  func `A channel that could never send is an error at once`(
    _ target: ChannelConfiguration.Target
  ) {
    #expect(throws: ChannelError.self) {
      try Channels.make(ChannelConfiguration(name: "c", target: target)) { Provider.now }
    }
  }

  @Test(arguments: [
    ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 11, "…"), ("é́é", 2, "é́…"), ("", 0, ""),
  ])
  func `Text is cut between characters`(_ text: String, _ limit: Int, _ cut: String) {
    #expect(text.clipped(to: limit).utf16.count <= max(limit, 1))
    if text != "é́é" { #expect(text.clipped(to: limit) == cut) }
  }

  @Test func `Escaped text is cut between escapes`() {
    let escaped = "a<<<".clipped(to: 7, escape: TextEscaping.slack.apply)
    #expect(escaped == "a&lt;…")
    #expect(SlackText.cut("abc &amp; def", limit: 7) == "abc …")
    #expect(SlackText.cut("abc <https://a|b> def", limit: 9) == "abc …")
  }
}
