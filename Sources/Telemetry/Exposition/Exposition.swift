/// A scrape's answer in Prometheus' text format (0.0.4), read and looked over.
///
/// ```swift
/// let exposition = Exposition(parsing: body)
/// for problem in exposition.problems { print(problem.line, problem.text) }
/// ```
///
/// Whatever the text holds, it is read to its end: what is wrong becomes a problem with its line, as
/// `promtool check metrics` finds it, and the samples that can be read are there.
public struct Exposition: Sendable {
  public struct Sample: Sendable, Equatable {
    public var name: String
    public var labels: [String: String]
    public var value: Double
    /// Counted from 1.
    public var line: Int
  }

  public struct Problem: Sendable, Equatable {
    /// Counted from 1.
    public var line: Int
    public var text: String
  }

  public private(set) var samples: [Sample] = []
  /// The types that were declared, by family.
  public private(set) var types: [String: String] = [:]
  /// In the order of their lines; the first of them where there are very many.
  public private(set) var problems: [Problem] = []

  /// Problems that are named.
  public static let problemLimit = 100
  private static let kinds = ["counter", "gauge", "histogram", "summary", "untyped"]

  private var helped: Set<String> = []
  /// Families some sample of which has come.
  private var begun: [String: Int] = [:]
  private var family: String?
  private var known: Set<SampleKey> = []

  private struct SampleKey: Hashable {
    var name: String
    var labels: [String: String]
  }

  public init(parsing bytes: some Collection<UInt8>) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.isEmpty {
      read(ExpositionLine(line), index + 1)
    }
    if let last = lines.last, !last.isEmpty {
      note(lines.count, "the last line has no end: the text may be cut off")
    }
    for (name, line) in begun where !helped.contains(name) {
      note(line, "\(name) has no help text")
    }
    problems += ExpositionHistograms(samples: samples, types: types).problems
    problems.sort { $0.line < $1.line }
    problems = Array(problems.prefix(Self.problemLimit))
  }

  private mutating func note(_ line: Int, _ text: String) {
    problems.append(Problem(line: line, text: text))
  }

  private mutating func read(_ line: ExpositionLine, _ number: Int) {
    var line = line
    switch line.kind() {
    case .blank, .comment: return
    case .help(let name):
      if !helped.insert(name).inserted { note(number, "there are two help texts of \(name)") }
    case .type(let name, let kind): declare(name, kind, number)
    case .sample(let name, let labels, let value):
      add(Sample(name: name, labels: labels, value: value, line: number))
    case .unreadable(let reason): note(number, reason)
    }
  }

  private mutating func declare(_ name: String, _ kind: String, _ line: Int) {
    guard Self.kinds.contains(kind) else { return note(line, "`\(kind)` is no type of a metric") }
    if begun[name] != nil { note(line, "the type of \(name) comes after its first sample") }
    if types.updateValue(kind, forKey: name) != nil { note(line, "there are two types of \(name)") }
    if kind == "counter", !name.hasSuffix("_total") {
      note(line, "the name of the counter \(name) does not end in _total")
    }
  }

  /// The family a sample is of, by its name and what was declared.
  private func family(of name: String) -> String {
    for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
      let base = String(name.dropLast(suffix.count))
      let isOfIt =
        types[base] == "histogram" || (types[base] == "summary" && suffix != "_bucket")
      if isOfIt { return base }
    }
    return name
  }

  private mutating func add(_ sample: Sample) {
    let name = family(of: sample.name)
    if name != family, begun[name] != nil {
      note(sample.line, "samples of \(name) do not stand together")
    }
    family = name
    if begun[name] == nil { begun[name] = sample.line }
    if !known.insert(SampleKey(name: sample.name, labels: sample.labels)).inserted {
      note(sample.line, "the series \(sample.name) with the same labels is there twice")
    }
    if types[name] == "counter", !(sample.value >= 0) {
      note(sample.line, "the counter \(sample.name) is \(sample.value), and cannot be")
    }
    samples.append(sample)
  }
}
