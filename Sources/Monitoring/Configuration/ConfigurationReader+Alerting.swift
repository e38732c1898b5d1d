import Yams

extension ConfigurationReader {
  static var alertingKeys: [String] {
    [
      "interval", "default_rules", "external_url", "rules", "routes", "group_by", "group_wait",
      "group_interval", "inhibit", "flapping", "channels",
    ]
  }

  mutating func alerting(_ node: Node, into alerting: inout AlertingConfiguration) {
    let fields = fields(node, of: "alerting", known: Self.alertingKeys)
    alerting.isEnabled = true
    if let value = fields["interval"] {
      alerting.intervalSeconds = seconds(value, in: 5...3_600) ?? alerting.intervalSeconds
    }
    if let value = fields["external_url"] { alerting.externalURL = address(value, "external_url") }
    alerting.rules = rules(fields, withDefaults: true)
    if let value = fields["group_by"] {
      alerting.grouping.labels = labelNames(value)
      for (node, label) in Self.labels(in: value) { doubt(node, label, of: alerting.rules) }
    }
    if let value = fields["group_wait"] {
      alerting.grouping.waitSeconds = seconds(value, in: 0...3_600) ?? 0
    }
    if let value = fields["group_interval"] {
      alerting.grouping.intervalSeconds = seconds(value, in: 1...86_400) ?? 0
    }
    if let value = fields["inhibit"] {
      alerting.inhibitions = inhibitions(value)
      for entry in value.sequence ?? [] { doubt(inhibition: entry, of: alerting.rules) }
    }
    if let value = fields["flapping"] { flapping(value, into: &alerting.flapping) }
    let nodes = fields["channels"].map { list($0, "channels") } ?? []
    alerting.channels = channels(nodes)
    guard let value = fields["routes"] else {
      alerting.routes = AlertingConfiguration.defaultRoutes(to: alerting.channels)
      return
    }
    // By the names as they stand: a mistake within a channel is not one of the routes to it too.
    for route in value.sequence ?? [] {
      guard let matchers = Self.member("match", of: route) else { continue }
      for (node, label) in Self.labels(in: matchers) { doubt(node, label, of: alerting.rules) }
    }
    let names = nodes.map { Self.name(of: $0) }
    let before = mistakeCount
    alerting.routes = routes(value, to: names.compactMap(\.self))
    // A route that cannot be read may be the one that leads there.
    guard mistakeCount == before else { return }
    let reached = Set(alerting.routes.flatMap(\.channels))
    for (node, name) in zip(nodes, names) {
      if let name, !reached.contains(name) { note(node, "no route leads to channel `\(name)`") }
    }
  }

  /// The name of a channel that need not be right otherwise.
  private static func name(of channel: Node) -> String? {
    member("name", of: channel)?.scalar?.string
  }

  private mutating func routes(
    _ node: Node, to channels: [String]
  ) -> [AlertingConfiguration.Route] {
    list(node, "routes").compactMap { entry in
      let before = mistakeCount
      let fields = fields(entry, of: "a route", known: ["match", "channels", "repeat_interval"])
      let matchers = fields["match"].map { self.matchers($0) } ?? []
      var names: [String] = []
      for value in fields["channels"].map({ $0.sequence.map(Array.init) ?? [$0] }) ?? [] {
        guard let name = text(value) else { continue }
        if !channels.contains(name) {
          let hint = closestName(to: name, among: channels).map { "; did you mean `\($0)`?" }
          note(value, "there is no channel `\(name)`" + (hint ?? ""))
        } else if !names.contains(name) {
          names.append(name)
        }
      }
      let interval = fields["repeat_interval"].flatMap { span($0, in: 60...Self.year) }
      guard mistakeCount == before else { return nil }
      guard !names.isEmpty else {
        note(entry, "a route names its channels")
        return nil
      }
      return .init(matchers: matchers, channels: names, repeatInterval: interval)
    }
  }

  private mutating func inhibitions(_ node: Node) -> [AlertingConfiguration.Inhibition] {
    list(node, "inhibit").compactMap { entry in
      let before = mistakeCount
      let fields = fields(entry, of: "inhibit", known: ["source", "target", "equal"])
      let source = fields["source"].map { matchers($0) } ?? []
      let target = fields["target"].map { matchers($0) } ?? []
      let equal = fields["equal"].map { labelNames($0) } ?? []
      guard mistakeCount == before else { return nil }
      // Without either, an alert would silence alerts it has nothing to do with, or itself.
      guard !source.isEmpty, !target.isEmpty else {
        note(entry, "inhibit has a source and a target, each a list of matchers")
        return nil
      }
      return .init(source: source, target: target, equal: equal)
    }
  }

  private mutating func flapping(
    _ node: Node, into flapping: inout AlertingConfiguration.Flapping
  ) {
    members(node, of: "flapping") { reader, key, value in
      switch key {
      case "starts": flapping.starts = reader.whole(value, in: 2...1_000) ?? flapping.starts
      case "within":
        flapping.withinSeconds = reader.seconds(value, in: 60...Self.month) ?? 0
      default: return false
      }
      return true
    } known: {
      ["starts", "within"]
    }
  }
}

// MARK: Values

extension ConfigurationReader {
  static var month: Int { 30 * 86_400 }
  static var year: Int { 365 * 86_400 }

  /// The entries of a list.
  mutating func list(_ node: Node, _ what: String) -> [Node] {
    guard let sequence = node.sequence else {
      note(node, "\(what) has to be a list")
      return []
    }
    return Array(sequence)
  }

  /// A span of so many seconds, at least one.
  mutating func span(_ node: Node, in range: ClosedRange<Int>) -> TimeSpan? {
    parsed(node, expected: Self.expected(range)) { text in
      TimeSpan(text).flatMap { range.contains($0.seconds) ? $0 : nil }
    }
  }

  /// The seconds of a span of time, `0s` for none.
  mutating func seconds(_ node: Node, in range: ClosedRange<Int>) -> Int? {
    parsed(node, expected: Self.expected(range)) { text in
      let seconds = text == "0s" ? 0 : TimeSpan(text)?.seconds
      return seconds.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  private static func expected(_ range: ClosedRange<Int>) -> String {
    func text(_ seconds: Int) -> String { TimeSpan("\(seconds)s")?.description ?? "0s" }
    return
      "a span of time from \(text(range.lowerBound)) to \(text(range.upperBound)), such as 90s or 2h"
  }

  /// A name of a rule or a channel.
  mutating func alertName(_ node: Node) -> String? {
    parsed(node, expected: "a name of 1 to 128 letters, digits, `.`, `_` and `-`") { text in
      let isName = text.utf8.allSatisfy { Self.isWord($0) || ".-".utf8.contains($0) }
      return isName && (1...128).contains(text.utf8.count) ? text : nil
    }
  }

  mutating func labelName(_ node: Node) -> String? {
    parsed(node, expected: "a name of letters, digits and `_`, no digit first") { text in
      LabelMatcher.isLabel(text) ? text : nil
    }
  }

  mutating func labelNames(_ node: Node) -> [String] {
    let nodes = node.sequence.map(Array.init) ?? [node]
    return nodes.compactMap { labelName($0) }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
      || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || byte == UInt8(ascii: "_")
  }

  /// A list of matchers, or a mapping of labels to the values they have to have.
  mutating func matchers(_ node: Node) -> [LabelMatcher] {
    guard let mapping = node.mapping else {
      let nodes = node.sequence.map(Array.init) ?? [node]
      return nodes.compactMap { node in
        parsed(node, expected: LabelMatcher.expected) { LabelMatcher($0) }
      }
    }
    return mapping.compactMap { key, value in
      guard let label = labelName(key), let text = printable(value) else { return nil }
      return LabelMatcher(label: label, value: text)
    }
  }

  /// Text of one line.
  mutating func printable(_ node: Node) -> String? {
    guard let text = text(node) else { return nil }
    guard !Self.hasControls(text) else {
      note(node, "a text without control characters is expected here")
      return nil
    }
    return text
  }

  static func hasControls(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}
