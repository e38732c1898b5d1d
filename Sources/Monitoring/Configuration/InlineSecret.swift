import DataSources

/// Finds secrets that stand in a configuration itself; what is `${NAME}` stands in the environment.
enum InlineSecret {
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
      if parts.count == 2, SecretName.isSecret(String(parts[0]), String(parts[1])) {
        return "a secret (`\(parts[0])`)"
      }
    }
    return nil
  }

  /// Whether an option's value is a secret, or an address with one.
  static func isSecret(option name: String, _ value: String) -> Bool {
    let value = withoutVariables(value)
    guard !value.isEmpty else { return false }
    return SecretName.isSecret(name, value) || (value.contains("://") && inAddress(value) != nil)
  }

  private static func withoutVariables(_ text: String) -> String {
    text.replacing(/\$\{[^}]*\}/, with: "")
  }
}
