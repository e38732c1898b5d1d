/// The type of an Arrow column, as far as Plumbline tells types apart.
///
/// Parsed from the format strings of the Arrow C data interface.
public enum ArrowType: Hashable, Sendable {
  case null
  case boolean
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case float16, float32, float64
  case decimal
  case string, largeString, stringView
  case binary
  case date
  case time
  case timestamp
  case duration
  /// Lists, structs, maps, unions: values that are not one number or one name.
  case nested
  /// A format string this version does not know, kept for the message.
  case unknown(String)

  /// Reads a format string of the Arrow C data interface, such as `g` or `tsu:UTC`.
  public init(format: String) {
    switch format {
    case "n": self = .null
    case "b": self = .boolean
    case "c": self = .int8
    case "C": self = .uint8
    case "s": self = .int16
    case "S": self = .uint16
    case "i": self = .int32
    case "I": self = .uint32
    case "l": self = .int64
    case "L": self = .uint64
    case "e": self = .float16
    case "f": self = .float32
    case "g": self = .float64
    case "u": self = .string
    case "U": self = .largeString
    case "vu": self = .stringView
    case "z", "Z", "vz": self = .binary
    default: self = ArrowType(parameterised: format)
    }
  }

  private init(parameterised format: String) {
    let prefix = format.prefix(2)
    switch prefix {
    case "d:": self = .decimal
    case "w:": self = .binary
    case "td": self = .date
    case "tt": self = .time
    case "ts": self = .timestamp
    case "tD", "ti": self = .duration
    default: self = prefix.hasPrefix("+") ? .nested : .unknown(format)
    }
  }

  /// Whether values are numbers on a scale.
  public var isNumeric: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float16, .float32,
      .float64, .decimal:
      true
    default: false
    }
  }

  /// Whether values are whole numbers.
  public var isInteger: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }

  /// Whether values are text.
  public var isText: Bool {
    switch self {
    case .string, .largeString, .stringView: true
    default: false
    }
  }

  /// Whether values are points in time: dates or timestamps.
  public var isTemporal: Bool { self == .date || self == .timestamp }

  /// The word used for the type in reports and messages.
  public var name: String {
    switch self {
    case .null: "null"
    case .boolean: "boolean"
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: "integer"
    case .float16, .float32, .float64: "float"
    case .decimal: "decimal"
    case .string, .largeString, .stringView: "text"
    case .binary: "binary"
    case .date: "date"
    case .time: "time"
    case .timestamp: "timestamp"
    case .duration: "duration"
    case .nested: "nested"
    case .unknown(let format): "unknown (\(format))"
    }
  }
}
