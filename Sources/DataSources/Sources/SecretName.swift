import Foundation

/// Tells options of drivers and addresses whose values are secrets, by the words drivers use.
public enum SecretName {
  private static let words = [
    "password", "passwd", "pwd", "passphrase", "secret", "token", "authorization", "apikey",
    "api_key", "access_key", "pkcs8_value",
  ]
  /// Keys that open nothing.
  private static let plainKeys = [
    "primary", "partition", "sort", "order", "foreign", "unique", "distribution", "cluster",
    "clustering", "join", "public", "host", "routing", "row",
  ]
  private static let endingsOfFiles = ["pem", "p8", "pk8", "p12", "pfx", "der", "key", "json"]

  /// Whether what an option is set to may be a secret, by its name alone: what is not shown.
  public static func isHidden(_ name: String) -> Bool {
    let name = name.lowercased()
    return (words + ["key", "credential"]).contains { name.contains($0) }
  }

  /// Whether what an option is set to is a secret, which is not to stand there; the path of a file with a
  /// secret in it is none.
  public static func isSecret(_ name: String, _ value: String) -> Bool {
    let name = name.lowercased()
    if name.hasSuffix("file") || name.hasSuffix("path") { return false }
    if words.contains(where: { name.contains($0) }) { return true }
    return isKey(name) && !isPath(value)
  }

  /// Either the secret, or the path of a file that has it.
  private static func isKey(_ name: String) -> Bool {
    if name.hasSuffix("credential") || name.hasSuffix("credentials") { return true }
    guard name.hasSuffix("key") else { return false }
    let before = name.dropLast(3).split { !$0.isLetter }.last.map(String.init) ?? ""
    return !plainKeys.contains(before)
  }

  /// A secret may begin with a slash, as one in 64 in base64 does.
  private static func isPath(_ value: String) -> Bool {
    ["./", "../", "~/"].contains { value.hasPrefix($0) }
      || endingsOfFiles.contains { value.lowercased().hasSuffix("." + $0) }
      || FileManager.default.fileExists(atPath: value)
  }
}
