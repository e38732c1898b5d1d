import CCurl

/// Hands mails to a server over SMTP, one at a time, blocking, over libcurl.
public struct MailClient: Sendable, CustomStringConvertible {
  public enum Encryption: Sendable {
    /// TLS from the first byte.
    case tls
    /// STARTTLS, without which nothing is sent.
    case startTLS
    case none
  }

  public var host: String
  public var port: Int
  public var encryption: Encryption
  public var username: String?
  public var password: String?
  public var timeoutMilliseconds: Int
  /// A file of certificates that are trusted besides the system's.
  public var certificateFile: String?

  public init(
    host: String, port: Int, encryption: Encryption, username: String? = nil,
    password: String? = nil, timeoutMilliseconds: Int, certificateFile: String? = nil
  ) {
    self.host = host
    self.port = port
    self.encryption = encryption
    self.username = username
    self.password = password
    self.timeoutMilliseconds = timeoutMilliseconds
    self.certificateFile = certificateFile
  }

  /// Host and port, without the password.
  public var description: String { "\(Outgoing.line(host)):\(port)" }

  /// What a server that took a mail said.
  public struct Receipt: Sendable, Equatable {
    /// Its last reply, such as `250 2.0.0 Ok: queued as 12345`.
    public var reply: String
    /// Its replies to the recipients it refused while it took others.
    public var refusals: [String]
  }

  /// Hands a mail over and waits until the server has taken it.
  ///
  /// - Returns: what the server said. Where it refused some recipients, the others get the mail.
  /// - Throws: ``OutboundError``.
  public func send(_ message: MailMessage) throws(OutboundError) -> Receipt {
    guard !message.to.isEmpty else { throw .unusable("the mail has no recipient") }
    return try exchange(message)
  }

  /// Goes as far as a mail would and sends none: connects, says EHLO, begins TLS, logs in, and leaves.
  ///
  /// - Returns: what the server said last.
  /// - Throws: ``OutboundError``, as ``send(_:)`` would.
  public func check() throws(OutboundError) -> String { try exchange(nil).reply }

  /// - Parameter message: nil to hand nothing over.
  private func exchange(_ message: MailMessage?) throws(OutboundError) -> Receipt {
    let peer = "\(Outgoing.line(host)):\(port)"
    guard isUsable(host), (1...65_535).contains(port) else {
      throw .unusable("\(peer) is not the host and port of a mail server")
    }
    let outcome = perform(message)
    let replies = outcome.headers.split(whereSeparator: \.isNewline).map {
      Outgoing.line(String($0.prefix(300)))
    }
    let last = replies.last { $0.hasPrefix("\(outcome.status)") } ?? ""
    if outcome.number == 67, !(400...499).contains(outcome.status) {
      throw .loginRefused(host: peer, reply: last)
    }
    // Of these libcurl makes one where the server refuses a command.
    if [8, 9, 55, 56, 67].contains(outcome.number), outcome.status >= 400 {
      throw .rejected(host: peer, status: outcome.status, reply: last)
    }
    if let error = outcome.error(
      peer: peer, milliseconds: timeoutMilliseconds, certificateFile: certificateFile)
    {
      throw error
    }
    return Receipt(reply: last, refusals: replies.filter { $0.first == "4" || $0.first == "5" })
  }

  private func perform(_ message: MailMessage?) -> CurlOutcome {
    let texts =
      [host, username ?? "", password ?? "", certificateFile ?? "", message?.from.address ?? ""]
      + (message?.to ?? []).map(\.address)
    let payload = message?.bytes ?? []
    return Outgoing.withCStrings(texts) { strings in
      Array(strings.dropFirst(5)).withUnsafeBufferPointer { recipients in
        payload.withUnsafeBytes { bytes in
          var call = plumbline_mail_request()
          call.host = strings[0]
          call.port = Int32(port)
          call.tls =
            switch encryption {
            case .none: plumbline_tls_none
            case .startTLS: plumbline_tls_start
            case .tls: plumbline_tls_always
            }
          call.user = username == nil ? nil : strings[1]
          call.password = password == nil ? nil : strings[2]
          call.certificate_file = certificateFile == nil ? nil : strings[3]
          call.sender = strings[4]
          call.recipients = recipients.baseAddress
          call.recipient_count = recipients.count
          call.payload = bytes.baseAddress
          call.payload_length = bytes.count
          call.timeout_milliseconds = max(1, timeoutMilliseconds)
          return CurlOutcome(consuming: plumbline_mail_send(&call))
        }
      }
    }
  }

  /// A name or address of a host and nothing that could be more of an address.
  private func isUsable(_ host: String) -> Bool {
    !host.isEmpty && host.utf8.count <= 253
      && host.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            || "-._:".unicodeScalars.contains(scalar))
      }
  }
}
