import CSimdJSON

/// JSON of any shape, for bodies whose shape is somebody else's.
enum JSONValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  /// Values one text may have: each takes a hundred times the bytes it was written in.
  static let valueLimit = 500_000

  /// Lists and objects within each other: what has more is a mistake or an attack.
  static let depthLimit = 64

  /// Reads a text that was sent; of members of one name the last counts.
  init(_ json: some Collection<UInt8>) throws(EventError) {
    try self.init(json, values: Self.valueLimit, depth: Self.depthLimit)
  }

  /// Reads what was written here, of values that were within bounds when they were sent.
  init(written json: some Collection<UInt8>) throws(EventError) {
    try self.init(json, values: Int(Int32.max), depth: 2 * Self.depthLimit)
  }

  private init(
    _ json: some Collection<UInt8>, values: Int, depth: Int
  ) throws(EventError) {
    var padded = [UInt8]()
    padded.reserveCapacity(json.count + Int(PLUMBLINE_JSON_PADDING))
    padded.append(contentsOf: json)
    let length = padded.count
    padded.append(contentsOf: repeatElement(0, count: Int(PLUMBLINE_JSON_PADDING)))
    let parsed = padded.withUnsafeBufferPointer {
      plumbline_json_tree_parse($0.baseAddress, length, values, depth)
    }
    guard let parsed else { throw .unreadablePayload(reason: "there is not enough memory for it") }
    defer { plumbline_json_tree_free(parsed) }
    if let error = plumbline_json_tree_error(parsed) {
      throw .unreadablePayload(reason: String(cString: error))
    }
    var tree = Tree(parsed)
    self = tree.next()
  }

  /// The values of a parsed text, one after the other; valid while that is.
  private struct Tree {
    private let nodes: UnsafeBufferPointer<plumbline_json_node>
    private let texts: UnsafePointer<CChar>?
    private var position = 0

    init(_ parsed: OpaquePointer) {
      nodes = UnsafeBufferPointer(
        start: plumbline_json_tree_nodes(parsed), count: plumbline_json_tree_count(parsed))
      texts = plumbline_json_tree_texts(parsed)
    }

    /// A value with all that it has; as deep as the parser goes at most.
    mutating func next() -> JSONValue {
      guard position < nodes.count else { return .null }
      let node = nodes[position]
      position += 1
      switch Int(node.kind) {
      case Int(PLUMBLINE_JSON_NUMBER.rawValue): return .number(node.number)
      case Int(PLUMBLINE_JSON_TEXT.rawValue): return .text(text(node.begin, node.end))
      case Int(PLUMBLINE_JSON_TRUE.rawValue): return .boolean(true)
      case Int(PLUMBLINE_JSON_FALSE.rawValue): return .boolean(false)
      case Int(PLUMBLINE_JSON_LIST.rawValue):
        return .list((0..<node.count).map { _ in next() })
      case Int(PLUMBLINE_JSON_OBJECT.rawValue):
        var members: [String: JSONValue] = [:]
        for _ in 0..<node.count where position < nodes.count {
          let name = text(nodes[position].name_begin, nodes[position].name_end)
          members[name] = next()
        }
        return .object(members)
      default: return .null
      }
    }

    private func text(_ begin: UInt32, _ end: UInt32) -> String {
      guard let texts else { return "" }
      return String(
        decoding: UnsafeRawBufferPointer(start: texts + Int(begin), count: Int(end - begin)),
        as: UTF8.self)
    }
  }

  /// Appends it as JSON, on one line.
  func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let value): bytes.append(contentsOf: value.description.utf8)
    case .text(let value): Self.write(value, to: &bytes)
    case .list(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.write(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case ..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self, let value = members[name], value != .null else {
      return nil
    }
    return value
  }

  var list: [JSONValue]? { if case .list(let values) = self { values } else { nil } }
  var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
  var text: String? { if case .text(let text) = self { text } else { nil } }
  var number: Double? { if case .number(let number) = self { number } else { nil } }

  /// About how many bytes it takes.
  var size: Int {
    switch self {
    case .null, .boolean, .number: 32
    case .text(let text): 32 + text.utf8.count
    case .list(let values): values.reduce(64) { $0 + $1.size }
    case .object(let members): members.reduce(64) { $0 + 48 + $1.key.utf8.count + $1.value.size }
    }
  }
}
