import Foundation
import Monitoring
import Testing

@testable import Alerting

/// The variables of templates that docs/alerting.md names are those there are.
struct DocumentedTemplateTests {
  /// Tags of a table's first column, without braces: `title`, `#alerts`.
  private func tags(_ heading: String) throws -> [String] {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../docs/alerting.md").standardizedFileURL.path
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let start = try #require(text.range(of: "| \(heading) | |\n|---|---|\n")).upperBound
    let rows = text[start...].components(separatedBy: "\n\n")[0].split(separator: "\n")
    return rows.flatMap { row in
      (row.split(separator: "|").first ?? "").matches(of: /{{(.*?)}}/).map { String($0.1) }
    }
  }

  private var messages: [AlertMessage] {
    // A message of several alerts, whose title and severity are not those of the last.
    let severer = Sample.alert("severer", fingerprint: "0")
    var alert = Sample.alert(severity: .warning)
    (alert.reference, alert.reason, alert.flapping) = (0.9, "why", true)
    (alert.activeSince, alert.endsAt, alert.unknownSince) = (
      Provider.now, Provider.now, Provider.now
    )
    (alert.acknowledgedBy, alert.acknowledgedAt) = ("Grace", Provider.now)
    return AlertMessage.Kind.allCases.map { kind in
      var message = Sample.message(kind, alerts: [severer, alert])
      message.truncatedAlerts = 3
      return message
    }
  }

  /// What a template makes of the messages.
  private func rendered(_ template: String) throws -> [String] {
    var configuration = ChannelConfiguration(name: "s", target: .slack(url: "http://s"))
    configuration.textTemplate = template
    let templates = try MessageTemplates(configuration)
    return messages.map { templates.text($0, .none) ?? "" }
  }

  private func template(_ tag: String) -> String {
    let tag = tag.replacing("NAME", with: "model_name")
    return tag.hasPrefix("#") ? "{{\(tag)}}yes{{/\(tag.dropFirst())}}" : "{{\(tag)}}"
  }

  @Test func `Every documented variable of a message renders`() throws {
    let tags = try tags("of a message")
    #expect(tags.count > 20)
    for tag in tags {
      #expect(try rendered(template(tag)).contains { !$0.isEmpty }, "\(tag)")
    }
    let names = Set(tags.map { $0.replacing("#", with: "").replacing(".NAME", with: "") })
    let known = messages.reduce(into: Set<String>()) {
      $0.formUnion(MessageView.make($1, .none).keys)
    }
    #expect(names == known)
  }

  @Test func `Every documented variable of an alert renders`() throws {
    let tags = try tags("of an alert")
    #expect(tags.count > 20)
    let ofMessages = try Set(self.tags("of a message"))
    for tag in tags {
      let last = try rendered("{{#alerts}}|\(template(tag)){{/alerts}}").map { text in
        String(text.split(separator: "|", omittingEmptySubsequences: false).last ?? "")
      }
      #expect(last.contains { !$0.isEmpty }, "\(tag)")
      // A name an alert lacks would be looked up in the message around it, which says something else.
      if ofMessages.contains(tag) {
        #expect(try last != rendered(template(tag)), "\(tag) is the message's")
      }
    }
    let names = Set(tags.map { $0.replacing("#", with: "").replacing(".NAME", with: "") })
    let alert = try #require(messages.first.map { MessageView.make($0, .none)["alerts"] })
    let known = try #require((alert as? [[String: Any]])?.first?.keys)
    #expect(names == Set(known))
  }

  @Test func `Lists of labels have names and values`() throws {
    for list in ["groupLabelList", "commonLabelList"] {
      let text = try rendered("{{#\(list)}}{{name}}={{value}};{{/\(list)}}")
      #expect(text.allSatisfy { $0.contains("model_name=fraud;") })
    }
    let text = try rendered("{{#alerts}}{{#labelList}}{{name}}={{value}};{{/labelList}}{{/alerts}}")
    #expect(text.allSatisfy { $0.contains("model_name=fraud;") })
  }
}
