import Alerting
import Monitoring
import Support
import Testing

/// What shows only when channels are made is found before a service is started.
struct ChannelMistakeTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func mistakes(_ channels: String) -> [ConfigurationError.Mistake] {
    let inspection = ConfigurationInspection(
      of: "alerting:\n  channels:\n\(channels)", path: "c.yaml",
      environment: ["U": "http://localhost/x"])
    #expect(inspection.all.isEmpty)
    return Channels.mistakes(in: inspection.configuration)
  }

  @Test func `Every template that is none is named with its line, and the line in it`() throws {
    let title = try folder.write("title.mustache", "ok\n{{#alerts}}{{title}}")
    let text = try folder.write("text.mustache", "{{title")
    let found = mistakes(
      """
          - {name: fine, type: slack, url: {env: U}}
          - name: broken
            type: slack
            url: {env: U}
            title_template: \(title)
            text_template: \(text)
      """)
    #expect(found.map(\.line) == [7, 8])
    #expect(
      found.first?.text.hasPrefix("`title_template` of channel `broken` is no Mustache") == true)
    #expect(found.first?.text.contains("(line 2, column") == true, "\(found)")
    #expect(found.last?.text.contains("`text_template`") == true)
  }

  @Test(arguments: [
    ("{{titel}}", ["{{titel}}, which no message has"]),
    ("{{titles}}", ["{{titles}}, which no message has; did you mean {{title}}?"]),
    ("{{#alerts}}{{ lables.team }}{{{xyz}}}{{/alerts}}", ["{{lables}}", "{{xyz}}"]),
    ("{{#labels}}{{team}}{{/labels}}", []), ("{{! titel }}{{> titel}}", []),
    (
      "{{#firing}}{{rule}} {{labels.team}} {{#labelList}}{{name}}={{value}}{{/labelList}}{{/firing}}",
      []
    ),
    ("{{note}}{{externalURL}}{{#alerts}}{{.}}{{/alerts}}", []),
    ("{{commonLabels.model_name}}{{^isOver}}{{acknowledgedBy}}{{/isOver}}{{", []),
  ])
  func `A name that no message has is doubted`(_ template: String, _ words: [String]) throws {
    let text = try folder.write("t.mustache", template)
    let found = mistakes(
      "    - {name: c, type: slack, url: {env: U}, text_template: \(text)}\n"
    ).filter { !$0.text.contains("no Mustache") }
    #expect(found.count == words.count, "\(found)")
    for (mistake, words) in zip(found, words) {
      #expect(mistake.line == 3 && mistake.text.contains(words), "\(mistake)")
    }
  }
}
