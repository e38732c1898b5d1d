import Foundation

/// JSON of any shape, for bodies whose shape is somebody else's.
enum JSONValue: Codable, Sendable, Equatable {
  case null
  case boolean(Bool)
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  /// Values one text may have: each takes a hundred times the bytes it was written in.
  static let valueLimit = 500_000

  init(_ data: Data) throws(EventError) {
    // Each value but the first follows one of these; those within texts are few.
    let marks = data.reduce(into: 0) { marks, byte in
      switch byte {
      case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "{"): marks += 1
      default: break
      }
    }
    guard marks <= Self.valueLimit else {
      throw .unreadable(reason: "it has more than \(Self.valueLimit) values; send fewer at a time")
    }
    do {
      self = try JSONDecoder().decode(JSONValue.self, from: data)
    } catch {
      throw .unreadable(reason: "it is no JSON")
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Double.self) {
      // What is no value of a type costs an error: the most frequent is tried first.
      self = .number(value)
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
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

  /// Whether it is one value rather than several.
  var isScalar: Bool { list == nil && object == nil && self != .null }
}
