/// Reads the text of a ``LabelPattern`` into its tree.
struct LabelPatternParser {
  private var rest: Substring.UnicodeScalarView
  /// Groups within groups, which are read by recursion.
  private var depth = 0
  private static let depthLimit = 50
  private static let repetitionLimit = 1_000

  init(_ text: Substring) {
    rest = text.unicodeScalars
  }

  mutating func whole() -> LabelPattern.Tree? {
    guard let tree = choice(), rest.isEmpty else { return nil }
    return tree
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard rest.first == scalar else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func choice() -> LabelPattern.Tree? {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { return nil }
    var choices: [LabelPattern.Tree] = []
    repeat {
      guard let sequence = sequence() else { return nil }
      choices.append(sequence)
    } while take("|")
    return .choice(choices)
  }

  private mutating func sequence() -> LabelPattern.Tree? {
    var parts: [LabelPattern.Tree] = []
    while let next = rest.first, next != "|", next != ")" {
      guard let part = part(), let repeated = repeated(part) else { return nil }
      parts.append(repeated)
    }
    return .sequence(parts)
  }

  private mutating func part() -> LabelPattern.Tree? {
    guard let first = rest.popFirst() else { return nil }
    switch first {
    case "(":
      if take("?") { guard take(":") else { return nil } }
      guard let inner = choice(), take(")") else { return nil }
      return inner
    case "[": return set().map { .scalar($0) }
    case ".": return .scalar(.init(ranges: [], isNegated: true))
    case "^": return .start
    case "$": return .end
    case "\\": return escaped().map { .scalar($0) }
    case "*", "+", "?", "{", "}", "]": return nil
    default: return .scalar(.init(ranges: [first.value...first.value]))
    }
  }

  /// A part with the sign of repetition behind it, where there is one.
  private mutating func repeated(_ part: LabelPattern.Tree) -> LabelPattern.Tree? {
    var bounds: (least: Int, most: Int?)
    switch rest.first {
    case "*": bounds = (0, nil)
    case "+": bounds = (1, nil)
    case "?": bounds = (0, 1)
    case "{":
      guard let counts = counts() else { return nil }
      bounds = counts
    default: return part
    }
    rest.removeFirst()
    // A whole match is the same whether as much or as little as can be is taken.
    _ = take("?")
    if let next = rest.first, "*+?{".unicodeScalars.contains(next) { return nil }
    return .repeated(part, least: bounds.least, most: bounds.most)
  }

  /// The numbers of `{2,5}`; leaves the closing brace.
  private mutating func counts() -> (least: Int, most: Int?)? {
    rest.removeFirst()
    guard let least = count() else { return nil }
    guard take(",") else { return rest.first == "}" ? (least, least) : nil }
    if rest.first == "}" { return (least, nil) }
    guard let most = count(), most >= least, rest.first == "}" else { return nil }
    return (least, most)
  }

  private mutating func count() -> Int? {
    var digits = ""
    while let next = rest.first, ("0"..."9").contains(next), digits.utf8.count < 5 {
      digits.unicodeScalars.append(next)
      rest.removeFirst()
    }
    return Int(digits).flatMap { $0 <= Self.repetitionLimit ? $0 : nil }
  }

  private static let digit: [ClosedRange<UInt32>] = [48...57]
  private static let word: [ClosedRange<UInt32>] = [48...57, 65...90, 95...95, 97...122]
  private static let space: [ClosedRange<UInt32>] = [9...10, 12...13, 32...32]

  private mutating func escaped() -> LabelPattern.Scalars? {
    guard let next = rest.popFirst() else { return nil }
    switch next {
    case "d": return .init(ranges: Self.digit)
    case "D": return .init(ranges: Self.digit, isNegated: true)
    case "w": return .init(ranges: Self.word)
    case "W": return .init(ranges: Self.word, isNegated: true)
    case "s": return .init(ranges: Self.space)
    case "S": return .init(ranges: Self.space, isNegated: true)
    // Other letters and digits mean something elsewhere (`\b`, `\1`, `\p`), not here.
    default:
      let isSign = next.isASCII && !Self.word.contains { $0.contains(next.value) }
      return isSign ? .init(ranges: [next.value...next.value]) : nil
    }
  }

  private mutating func set() -> LabelPattern.Scalars? {
    var set = LabelPattern.Scalars(ranges: [], isNegated: take("^"))
    var isFirst = true
    while let next = rest.popFirst() {
      if next == "]", !isFirst { return set }
      isFirst = false
      guard let (low, escape) = member(next) else { return nil }
      guard let low else {
        set.ranges += escape
        continue
      }
      guard rest.first == "-", rest.dropFirst().first != "]" else {
        set.ranges.append(low...low)
        continue
      }
      rest.removeFirst()
      guard let end = rest.popFirst(), let high = member(end)?.scalar, low <= high else {
        return nil
      }
      set.ranges.append(low...high)
    }
    return nil
  }

  /// A scalar of a set, or the ranges an escape stands for.
  private mutating func member(
    _ first: Unicode.Scalar
  ) -> (scalar: UInt32?, ranges: [ClosedRange<UInt32>])? {
    guard first == "\\" else { return (first.value, []) }
    guard let escape = escaped(), !escape.isNegated else { return nil }
    if escape.ranges.count == 1, let only = escape.ranges.first, only.count == 1 {
      return (only.lowerBound, [])
    }
    return (nil, escape.ranges)
  }
}
