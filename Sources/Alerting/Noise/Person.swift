/// Who did something, as they say.
public enum Person {
  public static let longestName = 200
  public static let expected =
    "a name of 1 to \(longestName) characters, without control characters"

  /// Whether something can be a name. Scalars are counted: one character may have thousands of marks.
  public static func isName(_ text: String) -> Bool {
    (1...longestName).contains(text.unicodeScalars.count)
      && text.unicodeScalars.contains { !$0.properties.isWhitespace }
      && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}
