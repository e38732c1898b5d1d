import Foundation
import Yams

extension ConfigurationReader {
  /// How many mistakes were found so far.
  var mistakeCount: Int { mistakes.count }

  mutating func note(_ node: Node, _ text: String) {
    mistakes.append(.init(line: node.mark?.line ?? 1, text: text))
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
        let hint = closestName(to: name, among: known()).map { "; did you mean `\($0)`?" } ?? ""
        note(key, "unknown key `\(Self.shown(name))` in \(what)\(hint)")
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
      note(node, "a text is expected here")
      return nil
    }
    return text
  }

  /// A text that is not empty.
  mutating func filled(_ node: Node) -> String? {
    guard let text = text(node) else { return nil }
    guard !text.isEmpty else {
      note(node, "a text that is not empty is expected here")
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
    parsed(node, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
      Int($0).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  mutating func flag(_ node: Node) -> Bool? {
    parsed(node, expected: "true or false") { Bool($0) }
  }

  mutating func choice<Value>(
    _ node: Node, from choices: [String], _ make: (String) -> Value?
  ) -> Value? {
    parsed(node, expected: choices.joined(separator: ", ")) {
      choices.contains($0) ? make($0) : nil
    }
  }

  mutating func parsed<Value>(
    _ node: Node, expected: String, _ make: (String) -> Value?
  ) -> Value? {
    guard let text = text(node) else { return nil }
    guard let value = make(text) else {
      note(node, "`\(Self.shown(text))` is not \(expected)")
      return nil
    }
    return value
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
        note(node, "the environment has no variable `\(name)`")
        return nil
      }
      result += value
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
