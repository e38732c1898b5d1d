/// Tells options of drivers and addresses whose values are secrets, by the words drivers use.
public enum SecretName {
  private static let words = [
    "password", "passwd", "pwd", "passphrase", "secret", "token", "authorization", "apikey",
    "api_key", "access_key", "pkcs8_value",
  ]
  /// What is either the secret or the path of a file that has it.
  private static let wordsOfFiles = ["key", "credential"]
  private static let endingsOfFiles = ["pem", "p8", "pk8", "p12", "pfx", "der", "key", "json"]

  /// Whether what an option is set to is a secret; the path of a file with a secret in it is none.
  public static func isSecret(_ name: String, _ value: String) -> Bool {
    let name = name.lowercased()
    if name.hasSuffix("file") || name.hasSuffix("path") { return false }
    if words.contains(where: { name.contains($0) }) { return true }
    // A database's, as Cassandra has them.
    let rest = name.replacing("keyspace", with: "")
    return wordsOfFiles.contains { rest.contains($0) } && !isPath(value)
  }

  private static func isPath(_ value: String) -> Bool {
    ["/", "./", "../", "~/"].contains { value.hasPrefix($0) }
      || endingsOfFiles.contains { value.lowercased().hasSuffix("." + $0) }
  }
}
