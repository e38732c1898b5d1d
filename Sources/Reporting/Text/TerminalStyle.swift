/// What the terminal can show.
public struct TerminalStyle: Sendable, Equatable {
  public var color: Bool
  /// Columns; nil where there is no terminal.
  public var width: Int?

  public init(color: Bool, width: Int?) {
    self.color = color
    self.width = width
  }

  /// No colour, any width: what a pipe gets.
  public static let plain = TerminalStyle(color: false, width: nil)

  enum Tone {
    case critical, warning, good, dim, strong

    var code: String {
      switch self {
      case .critical: "31"
      case .warning: "33"
      case .good: "32"
      case .dim: "2"
      case .strong: "1"
      }
    }
  }

  /// `text` in a tone, where there is colour.
  func paint(_ text: String, _ tone: Tone?) -> String {
    guard color, let tone, !text.isEmpty else { return text }
    return "\u{1B}[\(tone.code)m\(text)\u{1B}[0m"
  }
}
