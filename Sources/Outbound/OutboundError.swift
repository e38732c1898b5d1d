public import DataSources

/// Why a request or a mail did not get through.
///
/// It names host and port and never the rest of an address, a header, a user or a password: the path of a
/// webhook's address is its key.
public enum OutboundError: ExplainedError, Equatable {
  /// The address, header or recipient cannot be used; nothing was sent.
  case unusable(String)
  /// The host's name has no address.
  case unresolved(host: String)
  /// Nobody listens, or there is no way there.
  case refused(host: String)
  /// Not done in time.
  case timedOut(host: String, milliseconds: Int)
  /// The server's certificate is not trusted, is over, or is another's.
  case untrusted(host: String, detail: String)
  /// TLS could not be agreed on.
  case tls(host: String, detail: String)
  /// The file of trusted certificates cannot be read.
  case certificates(file: String)
  /// The connection broke off.
  case reset(host: String)
  /// What answers does not speak the protocol.
  case unintelligible(host: String)
  /// The mail server does not offer STARTTLS.
  case noStartTLS(host: String)
  /// The mail server does not take the user and password.
  case loginRefused(host: String, reply: String)
  /// The mail server refused the sender, all recipients or the message.
  case rejected(host: String, status: Int, reply: String)
  /// Anything else, by the number libcurl gives it.
  case failed(host: String, number: Int)

  /// Whether the same may succeed later.
  ///
  /// Certificates are renewed and networks mended without anything being sent anew, so all that has to do
  /// with them is temporary; what a mail server refuses for good, and what cannot be sent, is not.
  public var isTemporary: Bool {
    switch self {
    case .unusable, .loginRefused: false
    case .rejected(_, let status, _): !(500...599).contains(status)
    case .unresolved, .refused, .timedOut, .untrusted, .tls, .certificates, .reset, .unintelligible,
      .noStartTLS, .failed:
      true
    }
  }

  public var code: String {
    switch self {
    case .unusable: "outbound_unusable"
    case .unresolved: "outbound_unresolved"
    case .refused: "outbound_refused"
    case .timedOut: "outbound_timed_out"
    case .untrusted: "outbound_untrusted"
    case .tls: "outbound_tls"
    case .certificates: "outbound_certificates"
    case .reset: "outbound_reset"
    case .unintelligible: "outbound_unintelligible"
    case .noStartTLS: "outbound_no_starttls"
    case .loginRefused: "outbound_login_refused"
    case .rejected: "outbound_rejected"
    case .failed: "outbound_failed"
    }
  }

  public var what: String {
    switch self {
    case .unusable(let reason): reason
    case .unresolved(let host): "there is no address for \(host)"
    case .refused(let host): "\(host) takes no connections"
    case .timedOut(let host, let milliseconds): "\(host) did not answer within \(milliseconds) ms"
    case .untrusted(let host, let detail):
      "the certificate of \(host) is not trusted\(Self.suffix(detail))"
    case .tls(let host, let detail): "TLS with \(host) failed\(Self.suffix(detail))"
    case .certificates(let file): "the certificates in \(file) cannot be read"
    case .reset(let host): "\(host) broke off the connection"
    case .unintelligible(let host): "what \(host) answers is not of the protocol"
    case .noStartTLS(let host): "\(host) does not offer STARTTLS"
    case .loginRefused(let host, let reply):
      "\(host) does not take the user and password\(Self.suffix(reply))"
    case .rejected(let host, let status, let reply):
      "\(host) refused the mail with \(status)\(Self.suffix(reply))"
    case .failed(let host, let number): "the exchange with \(host) failed (libcurl \(number))"
    }
  }

  public var mend: String {
    switch self {
    case .unusable: "correct the address"
    case .unresolved: "check the host's name and the resolver"
    case .refused: "check host, port and whether the server runs"
    case .timedOut: "check the network, or allow more time"
    case .untrusted: "name the file of its certificate authority, or renew the certificate"
    case .tls: "check that the port speaks TLS 1.2 or newer"
    case .certificates: "check the file's path, rights and that it is PEM"
    case .reset, .unintelligible, .failed: "check that host and port are those of the service"
    case .noStartTLS: "turn STARTTLS on at the server, or use TLS from the start"
    case .loginRefused: "check user and password"
    case .rejected: "check sender, recipients and what the server allows"
    }
  }

  private static func suffix(_ detail: String) -> String { detail.isEmpty ? "" : ": \(detail)" }
}
