/// Finds secrets that stand in a configuration itself.
///
/// What is `${NAME}` stands in the environment. A name is taken for one of a secret by the words that
/// drivers use; files with a secret in them are none.
enum InlineSecret {
  private static let words = [
    "password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "access_key",
    "pkcs8_value",
  ]

  /// What of an address is a secret, for a message: `a password`; nil where nothing is.
  ///
  /// Addresses are URIs, `user:password@host` without a scheme, and libpq's `key=value` pairs.
  static func inAddress(_ address: String) -> String? {
    let address = withoutVariables(address)
    let rest = address.firstRange(of: "://").map { address[$0.upperBound...] } ?? address[...]
    let authority = rest.prefix { !"/?#".contains($0) }
    if let at = authority.lastIndex(of: "@"),
      let colon = authority[..<at].firstIndex(of: ":"), authority.index(after: colon) < at
    {
      return "a password"
    }
    let pairs =
      rest.firstIndex(of: "?").map { rest[$0...].dropFirst().split(separator: "&") }
      ?? rest.split(whereSeparator: \.isWhitespace)
    for pair in pairs {
      let parts = pair.split(separator: "=", maxSplits: 1)
      if parts.count == 2, isSecret(name: String(parts[0])) { return "a secret (`\(parts[0])`)" }
    }
    return nil
  }

  /// Whether an option's value is a secret, or an address with one.
  static func isSecret(option name: String, _ value: String) -> Bool {
    let value = withoutVariables(value)
    guard !value.isEmpty else { return false }
    return isSecret(name: name) || (value.contains("://") && inAddress(value) != nil)
  }

  private static func isSecret(name: String) -> Bool {
    let name = name.lowercased()
    return words.contains { name.contains($0) } && !name.hasSuffix("file")
      && !name.hasSuffix("path")
  }

  private static func withoutVariables(_ text: String) -> String {
    text.replacing(/\$\{[^}]*\}/, with: "")
  }
}
