import Foundation

/// A value as JSON text with sorted keys, ended by a line end.
///
/// - Throws: `EncodingError` where a number is not finite, which JSON cannot hold.
public func json(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
}
