import Foundation

/// What an engine says in an error.
enum EngineMessage {
  private struct Inner: Decodable {
    let message: String

    enum CodingKeys: String, CodingKey {
      case message = "exception_message"
    }
  }

  /// The message without the JSON DuckDB has an error in that another stems from: of that its text alone.
  static func withoutJSON(_ message: String) -> String {
    guard let start = message.range(of: "{\"exception_")?.lowerBound,
      // What cannot be read as such is left as it is.
      let inner = try? JSONDecoder().decode(Inner.self, from: Data(message[start...].utf8))
    else { return message }
    return message[..<start] + inner.message
  }
}
