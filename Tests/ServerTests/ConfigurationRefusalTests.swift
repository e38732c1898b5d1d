import Foundation
import Monitoring
import Support
import Testing

@testable import PlumblineServer

/// What a service refuses to start with is a mistake of its file, with its line.
struct ConfigurationRefusalTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func refusals(_ text: String) -> [ConfigurationError.Mistake] {
    ConfigurationInspection(of: text, path: "c.yaml", environment: [:]).refusals
  }

  private func makePair(_ name: String) throws {
    let made = try ToolRun(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-keyout", "\(folder.path)/\(name).key", "-out", "\(folder.path)/\(name).pem",
      ])
    try #require(made.code == 0, "\(made.errors)")
  }

  private func refusal(certificate: String, key: String) -> String? {
    let found = refusals(
      "service:\n  tls: {certificate: \(folder.path)/\(certificate), key: \(folder.path)/\(key)}")
    #expect(found.allSatisfy { $0.line == 2 && $0.mend?.isEmpty == false })
    return found.first?.text.replacing(folder.path + "/", with: "")
  }

  @Test func `A certificate and a key that are of no use are named`() throws {
    try makePair("a")
    try makePair("b")
    let encrypted = try ToolRun(
      "/usr/bin/openssl",
      [
        "pkey", "-in", folder.path + "/a.key", "-aes256", "-passout", "pass:secret", "-out",
        folder.path + "/c.key",
      ])
    try #require(encrypted.code == 0, "\(encrypted.errors)")
    #expect(refusal(certificate: "a.pem", key: "a.key") == nil)
    let apart = try #require(refusal(certificate: "a.pem", key: "b.key"))
    #expect(apart.contains("the key b.key does not belong to the certificate a.pem"), "\(apart)")
    let locked = try #require(refusal(certificate: "a.pem", key: "c.key"))
    #expect(locked.contains("the key c.key is encrypted"), "\(locked)")
    // What is not there, or no such thing, is told as any file is, and once.
    #expect(refusal(certificate: "a.pem", key: "none.key") == nil)
    #expect(refusal(certificate: "a.key", key: "a.key") == nil)
    _ = try folder.write("d.key", "-----BEGIN PRIVATE KEY-----\nnonsense\n")
    let broken = try #require(refusal(certificate: "a.pem", key: "d.key"))
    #expect(broken.contains("no private key can be read from d.key"), "\(broken)")
  }

  @Test(arguments: [
    ("listen: \"0.0.0.0:8080\"", true), ("listen: \"127.0.0.1:8080\"", false), ("{}", false),
    ("listen: \"0.0.0.0:8080\"\n  allow_unauthenticated: true", false),
    ("listen: \"0.0.0.0:8080\"\n  tokens: []", true),
    (
      "listen: \"0.0.0.0:8080\"\n  tokens: [{name: a, scopes: [read], sha256: "
        + "\(String(repeating: "ab", count: 32))}]", false
    ),
    // Tokens that cannot be read are what is wrong.
    ("listen: \"0.0.0.0:8080\"\n  tokens: [{name: a}]", false),
  ])
  func `A listener that is open to everyone is named`(service: String, isRefused: Bool) throws {
    let found = refusals("service:\n  \(service)")
    #expect(found.map(\.line) == (isRefused ? [2] : []))
    #expect(found.allSatisfy { $0.text.contains("set service.tokens, listen on 127.0.0.1") })
  }
}
