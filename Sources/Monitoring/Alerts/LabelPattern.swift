/// A regular expression over a label's value that takes time in proportion to the value's length.
///
/// Labels come from clients, and a matcher that goes back to try other ways can be kept busy for hours
/// by `(a+)+b` and many an a. This one follows all ways at once (K. Thompson, "Regular Expression Search
/// Algorithm", 1968), as RE2 does behind Prometheus: time is at most the value's length times the steps
/// of the expression, of which there are at most 5 000.
///
/// It knows characters, `.` (any), `[a-z]`, `[^a-z]`, `\d`, `\w`, `\s` and their opposites, `( )`,
/// `(?: )`, `|`, `*`, `+`, `?`, `{2}`, `{2,}`, `{2,5}`, `^`, `$`, and `(?i)` in front for capitals that
/// do not count. It matches the whole value.
public struct LabelPattern: Sendable {
  /// Unicode scalars, in ranges.
  struct Scalars: Equatable, Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    func contains(_ scalar: UInt32) -> Bool {
      ranges.contains { $0.contains(scalar) } != isNegated
    }
  }

  indirect enum Tree: Sendable {
    case scalar(Scalars)
    case start
    case end
    case sequence([Tree])
    case choice([Tree])
    case repeated(Tree, least: Int, most: Int?)
  }

  private enum Step: Sendable {
    case take(Scalars)
    case fork(Int, Int)
    case start
    case end
    case done
  }

  /// Unicode scalars an expression may have.
  static let lengthLimit = 500
  /// Steps it may come to with its repetitions written out.
  static let stepLimit = 5_000

  private var steps: [Step] = []
  /// Parts that were written out: nothing a thousand times a thousand times has no steps, but takes time.
  private var work = 0
  private let ignoresCase: Bool

  /// Reads an expression; nil where it is none, is too long, or has what is not known here.
  public init?(_ text: String) {
    guard text.unicodeScalars.count <= Self.lengthLimit else { return nil }
    ignoresCase = text.hasPrefix("(?i)")
    var parser = LabelPatternParser(text.dropFirst(ignoresCase ? 4 : 0))
    guard let tree = parser.whole(), add(tree) else { return nil }
    steps.append(.done)
  }

  /// Writes a tree's steps; false where they are too many.
  private mutating func add(_ tree: Tree) -> Bool {
    work += 1
    guard steps.count < Self.stepLimit, work < 4 * Self.stepLimit else { return false }
    switch tree {
    case .scalar(let scalars): steps.append(.take(scalars))
    case .start: steps.append(.start)
    case .end: steps.append(.end)
    case .sequence(let parts): return parts.allSatisfy { add($0) }
    case .choice(let choices): return add(choices[...])
    case .repeated(let part, let least, let most):
      for _ in 0..<least { guard add(part) else { return false } }
      guard let most else { return addLoop(part) }
      for _ in least..<most { guard addOptional(part) else { return false } }
    }
    return true
  }

  private mutating func add(_ choices: ArraySlice<Tree>) -> Bool {
    guard let first = choices.first else { return true }
    guard choices.count > 1 else { return add(first) }
    let fork = steps.count
    steps.append(.fork(fork + 1, 0))
    guard add(first) else { return false }
    let exit = steps.count
    steps.append(.fork(0, 0))
    steps[fork] = .fork(fork + 1, steps.count)
    guard add(choices.dropFirst()) else { return false }
    steps[exit] = .fork(steps.count, steps.count)
    return true
  }

  private mutating func addOptional(_ part: Tree) -> Bool {
    let fork = steps.count
    steps.append(.fork(fork + 1, 0))
    guard add(part) else { return false }
    steps[fork] = .fork(fork + 1, steps.count)
    return true
  }

  private mutating func addLoop(_ part: Tree) -> Bool {
    let fork = steps.count
    steps.append(.fork(fork + 1, 0))
    guard add(part) else { return false }
    steps.append(.fork(fork, fork))
    steps[fork] = .fork(fork + 1, steps.count)
    return true
  }

  /// Whether it matches all of a text.
  public func matches(_ text: String) -> Bool {
    let scalars = text.unicodeScalars.map(\.value)
    // At which place a step was last come to; once for each is enough.
    var seen = [Int](repeating: -1, count: steps.count)
    var (now, next): ([Int], [Int]) = ([], [])
    enter(0, at: 0, of: scalars.count, &seen, &now)
    for (place, scalar) in scalars.enumerated() {
      guard !now.isEmpty else { return false }
      next.removeAll(keepingCapacity: true)
      for step in now {
        guard case .take(let wanted) = steps[step], takes(wanted, scalar) else { continue }
        enter(step + 1, at: place + 1, of: scalars.count, &seen, &next)
      }
      swap(&now, &next)
    }
    return now.contains { if case .done = steps[$0] { true } else { false } }
  }

  private func takes(_ wanted: Scalars, _ scalar: UInt32) -> Bool {
    let isWanted = wanted.contains(scalar)
    guard ignoresCase, (65...90).contains(scalar & ~32) else { return isWanted }
    let isOtherWanted = wanted.contains(scalar ^ 32)
    return wanted.isNegated ? isWanted && isOtherWanted : isWanted || isOtherWanted
  }

  /// Goes from a step to all that take a scalar, without taking one.
  private func enter(
    _ first: Int, at place: Int, of count: Int, _ seen: inout [Int], _ found: inout [Int]
  ) {
    var waiting = [first]
    while let step = waiting.popLast() {
      guard seen[step] != place else { continue }
      seen[step] = place
      switch steps[step] {
      case .take, .done: found.append(step)
      case .fork(let one, let other): waiting += [other, one]
      case .start: if place == 0 { waiting.append(step + 1) }
      case .end: if place == count { waiting.append(step + 1) }
      }
    }
  }
}
