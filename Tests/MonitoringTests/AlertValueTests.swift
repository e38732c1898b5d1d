import Foundation
import Monitoring
import Support
import Testing

/// Conditions, matchers, templates and the numbers in them, as they are written.
struct AlertValueTests {
  @Test(arguments: [
    ("> 0.05", 0.05, 0.0500001), (">= 85%", 0.849999, 0.85), ("< 500ms", 0.5, 0.4999),
    ("<= 2s", 2.1, 2), (">1_000", 1_000, 1_001), ("> 500 us", 0.0005, 0.00051),
    ("> 5min", 300, 301), (">  1h", 3_600, 3_601), ("outside 0.1..0.9", 0.9, 0.91),
    ("outside -50% .. 100%", -0.5, -0.51), ("> 15%", 0.15, 0.1500000001), ("> 1e-3", 0.001, 0.002),
  ])
  func `A condition fails beyond its limits`(text: String, good: Double, bad: Double) throws {
    let condition = try #require(AlertCondition(text))
    guard case .beyond(.value, let bounds) = condition.test else {
      Issue.record("\(text) is about something else")
      return
    }
    #expect(!bounds.fails(good) && bounds.fails(bad) && !bounds.fails(.nan))
    #expect(bounds.crossed(by: good) == nil && bounds.crossed(by: bad) != nil)
    #expect(condition.text == text)
  }

  @Test func `A change is relative where it is a share`() {
    func subject(_ text: String) -> AlertCondition.Subject? {
      if case .beyond(let subject, _) = AlertCondition(text)?.test { subject } else { nil }
    }
    #expect(subject("change < -15%") == .relativeChange)
    #expect(subject("change > 0.02") == .difference)
    #expect(subject("change outside -50%..100%") == .relativeChange)
    #expect(subject("change outside 0..100%") == .relativeChange)
    #expect(AlertCondition("absent")?.test == .absent)
  }

  @Test(arguments: [
    ("> 5%", 0.0735, "> 7.35%"), (">= 85%", 0.9, ">= 90%"), ("> 500ms", 0.75, "> 750ms"),
    ("> 5min", 420, "> 7min"), (">1_000", 1_250.5, "> 1250.5"),
    ("change > 0.02", 0.03, "change > 0.03"),
    ("change  > 15%", 0.2, "change > 20%"), ("> 0.05", 0.05, "> 0.05"),
  ])
  func `A condition with another limit says so, in the unit of its own`(
    text: String, limit: Double, expected: String
  ) throws {
    let changed = try #require(AlertCondition(text)).replacingBounds(upper: limit)
    #expect(changed.text == expected)
    // It is a condition like any other.
    #expect(AlertCondition(changed.text)?.test == changed.test)
    let below = try #require(AlertCondition("< 80%")).replacingBounds(lower: 0.7)
    #expect(below.text == "< 70%")
  }

  @Test(arguments: [
    "", " ", ">", "> ", "5", "> > 5", "=> 5", "> = ", "> five", "> nan", "< inf", "> -infinity",
    "> 0x10", "> 1e999", "> 1e308h", "> 1 2", "> 0.0 5", "> 5 %%", "> 5m", "> .5", "> 5_", "> _5",
    "> ٥", "> --5", "> 1-2", "outside 1", "outside 1..", "outside ..1", "outside 2..1",
    "outside 1..1", "outside 0...5", "outside 0..nan", "outside 0..1..2", "change absent",
    "absent now", "change outside -0.5..100%", "> \0", "> 5\0",
    "> \(String(repeating: "9", count: 400))",
  ])
  func `What is no condition is refused`(text: String) {
    #expect(AlertCondition(text) == nil)
  }

  @Test(arguments: [
    ("model_name=fraud", "fraud", true), ("model_name = \"fraud\"", "fraud", true),
    ("model_name=", "", true), ("model_name!=fraud", "fraud", false),
    ("model_name=~fra.*", "fraud", true), ("model_name=~fra", "fraud", false),
    ("model_name!~test|staging", "staging", false), ("model_name!~test|staging", "x", true),
    ("model_name=~(a+)+b", String(repeating: "a", count: 20_000), false),
    ("model_name=~(a|aa)*c", String(repeating: "a", count: 20_000), false),
    ("model_name=~.*.*.*.*.*.*x", String(repeating: "a", count: 20_000), false),
    ("model_name=~(?i)FRAUD[0-9]{2,3}", "fraud42", true), ("model_name=~a{2}", "aaa", false),
    ("model_name=~[^a-c]+", "xyz", true), ("model_name=~[^a-c]+", "xaz", false),
    ("model_name=~\\d+\\.\\d+", "1.25", true), ("model_name=~\\d+\\.\\d+", "1x25", false),
    ("model_name=~(?i)[^a]", "A", false), ("model_name=~^(?:v1|v2)$", "v2", true),
    ("model_name=~[]a-]+", "]-a", true),
    ("model_name=~(a*)*", "aaa", true), ("model_name=~a?b?", "", true),
    ("model_name=~.", "é", true),
    ("model_name=~a||b", "", true), ("model_name=~x{0}", "", true),
    ("model_name=~[\\w.]+", "a.b", true),
    ("model_name=~a.c", "a\nc", true), ("model_name=~a{1,}", "aaaa", true),
  ])
  func `A matcher matches the whole value`(text: String, value: String, expected: Bool) throws {
    let matcher = try #require(LabelMatcher(text))
    #expect(matcher.matches(["model_name": value]) == expected)
  }

  @Test(arguments: [
    "", "a", "=b", "1a=b", "a b=c", "a==b", "a!b", "a-b=c", "é=b", "a=b\0", "a=~(", "a=~)", "a=~[",
    "a=~*",
    "a=~a**", "a=~a{2,1}", "a=~a{9999999}", "a=~((a{1000}){1000}){1000}", "a=~((){1000}){1000}",
    "a=~\\1", "a=~(?=b)", "a=~\\", "a=~[z-a]", "a=~a{", "a=~}", "a=~\\p{L}",
    "a=~" + String(repeating: "(", count: 200) + String(repeating: ")", count: 200),
    "a=~" + String(repeating: "a", count: 501),
  ])
  func `What is no matcher is refused`(text: String) {
    #expect(LabelMatcher(text) == nil)
  }

  private let values = DescriptionTemplate.Values(
    metric: "m", rule: "r", severity: .critical, condition: "> 5%", value: 0.0725,
    threshold: .infinity,
    reference: nil, labels: ["a": "{value}"])

  @Test(arguments: [
    ("", ""), ("no place", "no place"), ("{value}", "0.0725"), ("{value:.1%}", "7.2%"),
    ("{value:.2%} {threshold} {reference:.1f}", "7.25% ∞ –"), ("{{value}}", "{value}"),
    ("{metric}/{rule}/{severity}", "m/r/critical"), ("({condition})", "(> 5%)"),
    ("{labels.a}{labels.b}!", "{value}!"),
    ("{{{value}}}", "{0.0725}"), ("→ {value}", "→ 0.0725"),
  ])
  func `A description is filled in`(text: String, expected: String) {
    #expect(DescriptionTemplate(text)?.filled(values) == expected)
  }

  @Test(arguments: [
    "{", "}", "{value", "value}", "{}", "{valu}", "{value!r}", "{value:}}", "{value:d}",
    "{value:.2}", "{value:.16f}", "{value:.-1f}", "{value:.+1f}", "{value:.٢f}", "{value:2f}",
    "{value:.99999999999999999999f}", "{metric:.1f}", "{labels.}", "{labels}", "{value:{}}", "{{}",
    "{ value }", "{value:,.2f}",
  ])
  func `What is no description is refused`(text: String) {
    #expect(DescriptionTemplate(text) == nil)
  }

  @Test func `Numbers are written as Python writes them`() throws {
    let numbers: [Double] = [
      0, -0.0, 0.5, 1.5, 2.5, -2.5, 0.125, 0.375, 0.045, 1.005, 2.675, 0.00125, 0.0725, 1.0 / 3,
      9.9995, 99_999.5, 123_456.789, 1e15, 1e16, 1e22, 123_456_789_012_345_680, 1e300,
      .leastNonzeroMagnitude,
      1e-5, 0.000_012_345, 0.0001, -1e-9, 4_503_599_627_370_497.5, 0.285, 0.995, 1.115, 0.1 + 0.2,
    ]
    let formats = [
      ".0f", ".1f", ".2f", ".3f", ".15f", "f", ".0g", ".1g", ".4g", ".15g", "g", ".0%", ".1%",
      ".2%", "%",
    ]
    let script = """
      import sys
      formats = sys.argv[1].split()
      for number in sys.argv[2].split():
          for format_ in formats:
              print(format(float(number), format_))
      """
    let text = try ToolRun.python([
      "-c", script, formats.joined(separator: " "),
      numbers.map { "\($0)" }.joined(separator: " "),
    ]).output
    let expected = text.split(separator: "\n").map(String.init)
    try #require(expected.count == numbers.count * formats.count)
    var place = 0
    for number in numbers {
      for format in formats {
        let written = NumberFormat(format)?.write(number)
        #expect(written == expected[place], "\(number) as \(format)")
        place += 1
      }
    }
  }

  @Test func `Numbers without a format are short, and what is none has a sign`() throws {
    let plain = try #require(NumberFormat(""))
    for (number, text) in [
      (0.0725, "0.0725"), (1.0 / 3, "0.3333"), (1_234_567.8, "1234568"), (0, "0"), (12, "12"),
      (1e20, "1e+20"), (.nan, "NaN"), (.infinity, "∞"), (-.infinity, "-∞"),
    ] {
      #expect(plain.write(number) == text)
    }
    #expect(NumberFormat("%")?.write(1e308) == "∞")
    #expect(NumberFormat(" ") == nil)
  }

  @Test func `Rules with the same expression hold it against each value once`() {
    let series = (0..<20).map { ["model_name": "m\($0 % 4)", "feature": "\($0)"] }
    let rules: [[LabelMatcher]] = [
      [.init(label: "model_name", operation: .matches, value: "m[01]")],
      [.init(label: "model_name", operation: .matchesNot, value: "m[01]")],
      [
        .init(label: "feature", operation: .notEqual, value: "3"),
        .init(label: "model_name", operation: .matches, value: "m[01]"),
      ],
      [.init(label: "model_name", operation: .matches, value: "(")],
      [.init(label: "model_name", operation: .matchesNot, value: "m2")],
    ]
    var memory = MatchMemory()
    for rule in rules {
      let prepared = PreparedMatchers(rule)
      for labels in series {
        #expect(prepared.match(labels, &memory) == rule.match(labels), "\(rule) \(labels)")
      }
    }
    // Three expressions, four values.
    #expect(memory.count == 12)
  }
}
