/// How the service runs.
public struct ServiceConfiguration: Sendable, Equatable {
  /// What a token may be used for.
  public enum Scope: String, Sendable, CaseIterable, Codable {
    /// To send predictions, labels and observations.
    case ingest
    /// To read models, runs, reports, experiments and metrics.
    case read
    /// Everything.
    case admin
  }

  /// A bearer token, of which only the SHA-256 digest is known.
  public struct Token: Sendable, Equatable {
    public var name: String
    public var scopes: Set<Scope>
    /// 32 bytes.
    public var digest: Digest
    /// When it ends; nil for never.
    public var expires: Instant?
  }

  /// Where a token's digest comes from.
  ///
  /// Its description never has the secret: values are described in logs by who does not know them.
  public enum Digest: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    case sha256([UInt8])
    /// The digest of this text, which came from the environment or a file.
    case ofSecret(String)

    public var description: String { "…" }
    public var debugDescription: String { description }
  }

  /// Files of a certificate and its key, in PEM.
  public struct TLS: Sendable, Equatable {
    public var certificate: String
    public var key: String
  }

  public enum LogFormat: String, Sendable, CaseIterable { case text, json }

  public enum LogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
  }

  public var dataFolder = "plumbline-data"
  public var host = "127.0.0.1"
  public var port = 8080
  public var tls: TLS?
  public var tokens: [Token] = []
  /// Whether to listen beyond the loopback interface without a single token.
  public var allowsUnauthenticated = false
  /// Bytes a request's body may have.
  public var bodyLimit = 64 << 20
  /// Bytes a file that is sent may have.
  public var fileLimit = 1 << 30
  /// Bytes of bodies that are taken in at once, and of events that wait to be written.
  public var pendingLimit = 256 << 20
  /// Events of a model that wait in the journal before they are sealed into a file.
  public var unsealedRows = 250_000
  /// Seconds a request of a payload logger waits for its response.
  public var joinSeconds = 600
  /// Models and experiments that may have events.
  public var modelLimit = 1_000
  /// Series a metric may have.
  public var seriesLimit = 2_000
  /// Seconds without a byte after which a connection is closed.
  public var idleSeconds = 60
  /// Seconds a stop may take.
  public var stopSeconds = 30
  /// Seconds of them that may go into sealing events, which else wait in the journal.
  public var closingSeconds: Double { min(5, Double(stopSeconds) * 0.5) }
  /// Days after which events go; nil for never.
  public var retentionDays: Int?
  /// Bytes of sealed events beyond which the oldest go; nil for no limit.
  public var retentionBytes: Int?
  public var logLevel = LogLevel.info
  public var logFormat = LogFormat.text

  public init() {}

  /// Whether everyone who reaches the address could send and read everything, though nobody allowed it.
  public var isUnprotected: Bool { !isLoopback && tokens.isEmpty && !allowsUnauthenticated }

  /// Whether only this machine can reach the address.
  public var isLoopback: Bool {
    if host.lowercased() == "localhost" || host == "::1" { return true }
    // Only an address: a name such as 127.example.org is looked up, and may be anywhere.
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in
        part.utf8.allSatisfy { (48...57).contains($0) } && UInt8(part) != nil
      }
  }
}
