import Monitoring
import Testing

@testable import PlumblineServer

/// What tokens may do.
struct AccessTokensTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What two entries of the one token have beside their names.
    let entries: [String]
    let expected: AccessTokens.Answer
  }

  private static let secret = "a-token-that-is-long-enough"
  /// The reader refuses two of one digest where it sees that they are: here one stands as a secret.
  private static let places = [
    "env: TOKEN", "sha256: 553d00c34e6f23283597ae9dd5b2aee18bfc4f1cf4444a3ae5f9f7ebdbeb32c6",
  ]
  private static let past = "expires: 2026-11-24T11:00:00Z"

  static let cases = [
    Case(
      testDescription: "the first", entries: ["scopes: [ingest]", "scopes: [read]"],
      expected: .allowed),
    Case(
      testDescription: "the last", entries: ["scopes: [read]", "scopes: [ingest]"],
      expected: .allowed),
    Case(
      testDescription: "a valid one before one that has expired",
      entries: ["scopes: [ingest]", "scopes: [ingest], \(past)"], expected: .allowed),
    Case(
      testDescription: "another scope after one that has expired",
      entries: ["scopes: [ingest], \(past)", "scopes: [read]"], expected: .outOfScope),
    Case(
      testDescription: "another scope before one that has expired",
      entries: ["scopes: [read]", "scopes: [ingest], \(past)"], expected: .outOfScope),
    Case(
      testDescription: "both have expired",
      entries: ["scopes: [ingest], \(past)", "scopes: [admin], \(past)"], expected: .expired),
  ]

  @Test(arguments: cases)
  func `A token that is listed twice may do what either entry allows`(_ example: Case) throws {
    let now = try #require(Instant("2026-11-24T12:00:00Z"))
    let entries = zip(example.entries, Self.places).enumerated().map { index, entry in
      "{name: t\(index), \(entry.0), \(entry.1)}"
    }
    let configuration = try ConfigurationReader.read(
      "service: {tokens: [\(entries.joined(separator: ", "))]}", path: "c.yaml",
      environment: ["TOKEN": Self.secret])
    let tokens = AccessTokens(configuration.service.tokens)
    #expect(tokens.check(Self.secret, for: .ingest, at: now) == example.expected)
    #expect(tokens.check("another-token-of-nobody", for: .ingest, at: now) == .unknown)
  }
}
