import DataSources
import Foundation
import Yams

extension ConfigurationReader {
  /// How many mistakes were found so far.
  var mistakeCount: Int { mistakes.count }

  /// Notes a mistake by a text that says all there is to say.
  mutating func note(_ node: Node, _ text: String, mend: String? = nil) {
    mistakes.append(.init(line: node.mark?.line ?? 1, text: text, mend: mend))
  }

  /// Notes what is wrong and, after it, what mends it.
  mutating func note(_ node: Node, what: String, mend: String) {
    mistakes.append(.init(line: node.mark?.line ?? 1, what: what, mend: mend))
  }

  /// Visits the members of a mapping; `read` says whether it knows the key.
  mutating func members(
    _ node: Node, of what: String,
    _ read: (inout ConfigurationReader, String, Node) -> Bool, known: () -> [String]
  ) {
    guard let mapping = node.mapping else {
      note(node, "\(what) has to be a mapping of keys to values")
      return
    }
    for (key, value) in mapping {
      guard let name = key.string else {
        note(key, "a key of \(what) has to be text")
        continue
      }
      if !read(&self, name, value) {
        note(
          key, what: "unknown key `\(Self.shown(name))` in \(what)",
          mend: closestName(to: name, among: known()).map { "did you mean `\($0)`?" }
            ?? "known are \(known().joined(separator: ", "))")
      }
    }
  }

  /// Text of the file as a message may have it: not too long, and nothing a terminal would obey.
  static func shown(_ text: String) -> String {
    let scalars = text.unicodeScalars
    return scalars.prefix(100).reduce(into: "") { shown, scalar in
      shown +=
        scalar.properties.generalCategory == .control
        ? scalar.escaped(asASCII: true) : String(scalar)
    } + (scalars.count > 100 ? "…" : "")
  }

  mutating func text(_ node: Node) -> String? {
    guard let text = node.scalar?.string else {
      note(node, "a text is expected here", mend: "write a text")
      return nil
    }
    return text
  }

  /// A text that is not empty.
  mutating func filled(_ node: Node) -> String? {
    guard let text = text(node) else { return nil }
    guard !text.isEmpty else {
      note(node, "a text that is not empty is expected here", mend: "write a text")
      return nil
    }
    return text
  }

  mutating func texts(_ node: Node) -> [String] {
    if let sequence = node.sequence { return sequence.compactMap { text($0) } }
    return text(node).map { [$0] } ?? []
  }

  /// The members of a mapping by their keys; what is not known is a mistake.
  mutating func fields(_ node: Node, of what: String, known: [String]) -> [String: Node] {
    var fields: [String: Node] = [:]
    members(node, of: what) { _, key, value in
      guard known.contains(key) else { return false }
      fields[key] = value
      return true
    } known: {
      known
    }
    return fields
  }

  mutating func whole(_ node: Node, in range: ClosedRange<Int>) -> Int? {
    plain(node, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
      Int($0).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  mutating func flag(_ node: Node) -> Bool? {
    plain(node, expected: "true or false") { Bool($0) }
  }

  mutating func choice<Value>(
    _ node: Node, from choices: [String], _ make: (String) -> Value?
  ) -> Value? {
    let known = choices.joined(separator: ", ")
    return parsed(node, expected: known, mend: "write one of \(known)") {
      choices.contains($0) ? make($0) : nil
    }
  }

  mutating func parsed<Value>(
    _ node: Node, expected: String, mend: String? = nil, _ make: (String) -> Value?
  ) -> Value? {
    guard let text = text(node) else { return nil }
    guard let value = make(text) else {
      note(
        node, "`\(Self.shown(text))` is not \(expected)", mend: mend ?? "write \(expected)")
      return nil
    }
    return value
  }

  /// As ``parsed(_:expected:mend:_:)``, of a number or truth value: in quotes it is a text, which the
  /// schema editors complete by does not take.
  mutating func plain<Value>(
    _ node: Node, expected: String, _ make: (String) -> Value?
  ) -> Value? {
    if node.isQuoted, let text = node.scalar?.string, make(text) != nil {
      note(
        node, what: "`\(Self.shown(text))` is a text by its quotes, and not \(expected)",
        mend: "leave the quotes out")
      return nil
    }
    return parsed(node, expected: expected, make)
  }

  /// A number of rows, without quotes, or the name of a span of the calendar.
  mutating func chunk(_ node: Node) -> ChunkRule? {
    let isCount = node.scalar.map { Int($0.string) != nil } ?? false
    return isCount
      ? plain(node, expected: ChunkRule.expected) { ChunkRule($0) }
      : parsed(node, expected: ChunkRule.expected) { ChunkRule($0) }
  }

  /// Texts of which each stands for another thing.
  mutating func distinct(_ node: Node, _ what: String) -> [String] {
    let texts = texts(node)
    var known: Set<String> = []
    for text in texts where !known.insert(text).inserted {
      note(
        node, what: "\(what) has `\(Self.shown(text))` twice", mend: "give each place its own name")
    }
    return texts
  }

  /// `text` with each `${NAME}` replaced by the environment's value.
  mutating func expanded(_ text: String, _ node: Node) -> String? {
    var result = ""
    var rest = Substring(text)
    while let start = rest.range(of: "${") {
      result += rest[..<start.lowerBound]
      guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
        note(node, "`${` without its `}`")
        return nil
      }
      let name = String(rest[start.upperBound..<end])
      guard let value = environment[name] else {
        let problem = SecretProblem.noVariable(name)
        note(node, what: problem.description, mend: problem.mend)
        return nil
      }
      result += value
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}

extension Node {
  /// Whether it is a text by its quotes, whatever it looks like.
  var isQuoted: Bool { scalar.map { ![.plain, .any].contains($0.style) } ?? false }
}
