/// One line of Prometheus' text format.
struct ExpositionLine {
  enum Kind {
    case blank, comment
    case help(String)
    case type(String, String)
    case sample(String, [String: String], Double)
    case unreadable(String)
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: some Sequence<UInt8>) {
    rest = Array(bytes)[...]
    if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
  }

  mutating func kind() -> Kind {
    skipBlanks()
    guard let first = rest.first else { return .blank }
    guard first == UInt8(ascii: "#") else { return sample() }
    rest.removeFirst()
    skipBlanks()
    let word = word()
    guard word == "HELP" || word == "TYPE" else { return .comment }
    skipBlanks()
    guard let name = name(colons: true) else {
      return .unreadable("\(word) names no metric")
    }
    guard word == "TYPE" else { return .help(name) }
    skipBlanks()
    let kind = self.word()
    skipBlanks()
    return rest.isEmpty ? .type(name, kind) : .unreadable("the type of \(name) is more than a word")
  }

  private mutating func sample() -> Kind {
    guard let name = name(colons: true) else {
      return .unreadable("the line begins with no name of a metric")
    }
    var labels: [String: String] = [:]
    skipBlanks()
    if take("{") {
      switch readLabels() {
      case .success(let read): labels = read
      case .failure(let problem): return .unreadable("\(name): \(problem.text)")
      }
    }
    skipBlanks()
    let text = word()
    guard let value = Self.number(text) else { return .unreadable("\(name) has no number") }
    skipBlanks()
    if !rest.isEmpty {
      guard Int64(word()) != nil else { return .unreadable("the time of \(name) is no number") }
      skipBlanks()
      if !rest.isEmpty { return .unreadable("there is more than \(name) on the line") }
    }
    return .sample(name, labels, value)
  }

  private struct LabelProblem: Error {
    var text: String
  }

  private mutating func readLabels() -> Result<[String: String], LabelProblem> {
    func problem(_ text: String) -> Result<[String: String], LabelProblem> {
      .failure(LabelProblem(text: text))
    }
    var labels: [String: String] = [:]
    while true {
      skipBlanks()
      if take("}") { return .success(labels) }
      guard let label = name(colons: false) else { return problem("a label has no name") }
      skipBlanks()
      guard take("=") else { return problem("the label \(label) has no value") }
      skipBlanks()
      guard take("\""), let value = quoted() else {
        return problem("the value of the label \(label) is not in quotes")
      }
      guard labels.updateValue(value, forKey: label) == nil else {
        return problem("the label \(label) is there twice")
      }
      skipBlanks()
      if take(",") { continue }
      guard rest.first == UInt8(ascii: "}") else { return problem("its labels have no end") }
    }
  }

  /// Up to the closing quote, which is taken too; nil where there is none or the text is no UTF-8.
  private mutating func quoted() -> String? {
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(validating: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        switch rest.popFirst() {
        case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "\""): bytes.append(UInt8(ascii: "\""))
        default: return nil
        }
      default: bytes.append(byte)
      }
    }
    return nil
  }

  private mutating func skipBlanks() {
    while let byte = rest.first, Self.isBlank(byte) { rest.removeFirst() }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

  private mutating func take(_ sign: Character) -> Bool {
    guard let byte = rest.first, byte == sign.asciiValue else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func word() -> String {
    let bytes = rest.prefix { !Self.isBlank($0) }
    rest = rest.dropFirst(bytes.count)
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func name(colons: Bool) -> String? {
    let bytes = rest.prefix { byte in
      switch byte {
      case 48...57, 65...90, 95, 97...122: true
      case 58: colons
      default: false
      }
    }
    guard let first = bytes.first, !(48...57).contains(first) else { return nil }
    rest = rest.dropFirst(bytes.count)
    return String(decoding: bytes, as: UTF8.self)
  }

  static func number(_ text: String) -> Double? {
    switch text {
    case "NaN", "Nan": .nan
    case "+Inf", "Inf": .infinity
    case "-Inf": -.infinity
    default: text.utf8.contains { $0 == 110 || $0 == 78 } ? nil : Double(text)
    }
  }
}
