public import Monitoring
public import Outbound

/// Mails to a list of people, as text and HTML.
struct EmailChannel: NotificationChannel, CustomStringConvertible {
  var client: MailClient
  var from: Mailbox
  var to: [Mailbox]
  var templates: MessageTemplates

  /// - Throws: ``OutboundError/unusable(_:)`` where an address cannot be used.
  init(
    _ email: ChannelConfiguration.Email, configuration: ChannelConfiguration,
    templates: MessageTemplates
  ) throws(OutboundError) {
    client = MailClient(
      email, timeoutMilliseconds: configuration.timeoutMilliseconds,
      certificateFile: configuration.certificateAuthority)
    from = try Mailbox(email.from)
    to = []
    for address in email.to { to.append(try Mailbox(address)) }
    guard !to.isEmpty else { throw .unusable("it has no recipient") }
    self.templates = templates
  }

  var sendsEachAlert: Bool { false }

  func send(_ message: AlertMessage) throws(DeliveryError) -> DeliveryReceipt {
    let receipt: MailClient.Receipt
    do {
      receipt = try client.send(mail(message))
    } catch {
      throw DeliveryError(error)
    }
    let refused = receipt.refusals.first.map {
      "; \(receipt.refusals.count) of \(to.count) recipients refused: \($0)"
    }
    return DeliveryReceipt(detail: receipt.reply + (refused ?? ""))
  }

  private static let subjectLimit = 300
  private static let textLimit = 200_000

  /// The same mail for every attempt; all mails of a group follow one that stands for the group, which
  /// makes programs show them as one conversation.
  func mail(_ message: AlertMessage) -> MailMessage {
    let title = templates.title(message, .none).clipped(to: Self.subjectLimit).presentableLine
    let text = templates.text(message, .none)?.clipped(to: Self.textLimit).presentable
    var mail = MailMessage(
      from: from, to: to, subject: title, text: text ?? EmailBody.text(message, title: title),
      html: EmailBody.html(
        message, title: title,
        // HTML of the template's own would need a template of its own: as text it is always right.
        text: text), id: "plumbline-\(Digest.hexadecimal(of: message.id))",
      date: message.createdAt.microseconds / 1_000_000)
    mail.references = ["plumbline-group-\(Digest.hexadecimal(of: message.groupKey))"]
    mail.isUrgent = message.kind == .firing && message.severity == .critical
    return mail
  }
}

extension MailClient {
  /// A client of the server that a channel names.
  public init(
    _ email: ChannelConfiguration.Email, timeoutMilliseconds: Int, certificateFile: String? = nil
  ) {
    let encryption: Encryption =
      switch email.encryption {
      case .tls: .tls
      case .startTLS: .startTLS
      case .none: .none
      }
    self.init(
      host: email.host, port: email.port, encryption: encryption, username: email.username,
      password: email.password, timeoutMilliseconds: timeoutMilliseconds,
      certificateFile: certificateFile)
  }
}
