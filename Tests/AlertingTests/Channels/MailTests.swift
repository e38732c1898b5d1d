import Foundation
import Testing

@testable import Alerting
@testable import Outbound

/// A real mail server, and what arrives there.
@Suite(.timeLimit(.minutes(2))) struct MailTests {
  private func client(
    _ server: String, _ encryption: MailClient.Encryption, trusted: Bool = true,
    user: String? = nil, password: String? = nil
  ) throws -> MailClient {
    let ports = try ProviderServer.shared.ports
    return MailClient(
      host: "127.0.0.1", port: try #require(ports.mail[server]), encryption: encryption,
      username: user, password: password, timeoutMilliseconds: 60_000,
      certificateFile: trusted ? ports.certificate : nil)
  }

  private func mail(to: [String], subject: String = "Accuracy fell") throws -> MailMessage {
    MailMessage(
      from: try Mailbox("Plumbline <plumbline@example.com>"), to: try to.map { try Mailbox($0) },
      subject: subject, text: "Text\n", html: "<p>HTML</p>", id: "1", date: 1_700_000_000)
  }

  /// The error of a call; nil where it succeeded.
  private func error(_ client: MailClient, _ mail: MailMessage) -> OutboundError? {
    do {
      _ = try client.send(mail)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    ("plain", MailClient.Encryption.none), ("starttls", .startTLS), ("tls", .tls),
  ])
  func `Mails go plain, by STARTTLS and over TLS`(
    _ server: String, _ encryption: MailClient.Encryption
  ) throws {
    let key = Sample.key()
    let receipt = try client(server, encryption).send(mail(to: ["\(key)@example.com"]))
    #expect(receipt == .init(reply: "250 2.0.0 Ok: queued as 12345", refusals: []))
    let arrived = try #require(try ProviderServer.shared.mails(key).first)
    #expect(arrived.problems == [] && arrived.tls == (server != "plain"))
    #expect(arrived.sender == "plumbline@example.com" && arrived.time == 1_700_000_000)
    #expect(arrived.text == "Text\n" && arrived.html == "<p>HTML</p>")
    #expect(arrived.headers["from"] == "Plumbline <plumbline@example.com>")
    #expect(arrived.headers["message-id"] == "<1@example.com>")
    #expect(arrived.type == "multipart/alternative")
  }

  @Test func `A user who may send does, whatever is in the password`() throws {
    let key = Sample.key()
    _ = try client("auth", .startTLS, user: "watch", password: "pä ss")
      .send(mail(to: ["\(key)@example.com"]))
    #expect(try ProviderServer.shared.mails(key).first?.user == "watch")
  }

  @Test(arguments: [
    ("plain", MailClient.Encryption.none), ("starttls", .startTLS), ("tls", .tls),
  ])
  func `A server is tried without a mail`(
    _ server: String, _ encryption: MailClient.Encryption
  ) throws {
    #expect(try client(server, encryption).check().hasPrefix("250"))
  }

  @Test func `A login is tried without a mail`() throws {
    let right = try client("auth", .startTLS, user: "watch", password: "pä ss")
    #expect(try right.check().hasPrefix("250"))
    let wrong = try client("auth", .startTLS, user: "watch", password: "wrong-secret")
    #expect {
      _ = try wrong.check()
    } throws: { error in
      guard case .loginRefused(_, let reply)? = error as? OutboundError else { return false }
      return reply.hasPrefix("535")
    }
  }

  @Test func `Each thing that goes wrong is an error of its own`() throws {
    let good = try mail(to: ["a@example.com"])
    let plain = "127.0.0.1:\(try ProviderServer.shared.ports.mail["plain"] ?? 0)"
    #expect(error(try client("plain", .startTLS), good) == .noStartTLS(host: plain))
    for (server, encryption) in [("tls", MailClient.Encryption.tls), ("starttls", .startTLS)] {
      guard case .untrusted = error(try client(server, encryption, trusted: false), good) else {
        Issue.record("\(server) is trusted")
        continue
      }
    }
    guard case .tls = error(try client("plain", .tls), good) else {
      Issue.record("TLS where there is none")
      return
    }
    let login = error(try client("auth", .startTLS, user: "watch", password: "wrong-secret"), good)
    guard case .loginRefused(_, let reply) = login else {
      Issue.record("\(String(reflecting: login))")
      return
    }
    #expect(reply.hasPrefix("535") && login?.isTemporary == false)
    #expect(!String(reflecting: login).contains("wrong-secret"))
    let refused = error(try client("plain", .none), try mail(to: ["refused@example.com"]))
    #expect(
      refused == .rejected(host: plain, status: 550, reply: "550 5.1.1 no such user")
        && refused?.isTemporary == false)
    let later = error(try client("plain", .none), try mail(to: ["later@example.com"]))
    #expect(
      later == .rejected(host: plain, status: 451, reply: "451 4.7.1 greylisted")
        && later?.isTemporary == true)
    let unwanted = error(try client("plain", .none), try mail(to: ["unwanted@example.com"]))
    #expect(
      unwanted == .rejected(host: plain, status: 554, reply: "554 5.7.1 looks like spam")
        && unwanted?.isTemporary == false)
    var elsewhere = try client("plain", .none)
    elsewhere.host = "nowhere.invalid"
    #expect(error(elsewhere, good) == .unresolved(host: "nowhere.invalid:\(elsewhere.port)"))
    elsewhere.host = "127.0.0.1/x?y"
    #expect(error(elsewhere, good)?.code == "outbound_unusable")
    var without = try client("tls", .tls)
    without.certificateFile = "/nowhere/ca.pem"
    #expect(error(without, good) == .certificates(file: "/nowhere/ca.pem"))
  }

  @Test func `A recipient who is refused does not keep a mail from the others`() throws {
    let key = Sample.key()
    let receipt = try client("plain", .none).send(
      mail(to: ["refused@example.com", "\(key)@example.com"]))
    #expect(receipt.refusals == ["550 5.1.1 no such user"])
    #expect(try ProviderServer.shared.mails(key).first?.recipients == ["\(key)@example.com"])
  }

  @Test func `A server that does not say good-bye has taken the mail`() throws {
    let key = Sample.key()
    var client = try client("stubborn", .none)
    client.timeoutMilliseconds = 1_000
    #expect(try client.send(mail(to: ["\(key)@example.com"])).reply.hasPrefix("250"))
  }

  @Test func `No value of a mail ends its line, its part or its headers`() throws {
    for whole in Sample.hostileTexts {
      let text = String(String.UnicodeScalarView(whole.unicodeScalars.prefix(50_000)))
      let key = Sample.key()
      var mail = try mail(to: ["\(key)@example.com"], subject: String(text.prefix(5_000)))
      mail.from.name = String(text.prefix(500))
      mail.text = text + "\n--=_plumbline_alternative--\n.\n"
      mail.html = text
      mail.id = String(text.prefix(100))
      mail.references = [text]
      _ = try client("plain", .none).send(mail)
      let arrived = try #require(try ProviderServer.shared.mails(key).first)
      #expect(arrived.problems == [])
      #expect(arrived.recipients == ["\(key)@example.com"])
      #expect(
        Set(arrived.headers.keys) == [
          "auto-submitted", "content-type", "date", "from", "in-reply-to", "message-id",
          "mime-version", "references", "subject", "to",
        ])
      #expect(arrived.text?.hasSuffix("\n--=_plumbline_alternative--\n.\n") == true)
    }
  }

  @Test(arguments: [
    "", "a", "a@", "@b", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<x@y>", "a@b>,<c@d", "ä@example.com",
    "a..b@example.com", "<a@b", "\"a b\"@c", String(repeating: "a", count: 250) + "@example.com",
  ])
  func `What is no address is none`(_ text: String) {
    #expect(throws: OutboundError.self) { try Mailbox(text) }
  }

  @Test(arguments: [
    "Plumbline <a@b.example>": "\"Plumbline\" <a@b.example>", "a@b.example": "a@b.example",
    "\"A, B\" <a+c@b.example>": "\"A, B\" <a+c@b.example>",
    "Zoë <a@b>": "=?UTF-8?B?Wm/Dqw==?= <a@b>",
  ])
  func `Names are quoted or encoded`(_ text: String, _ header: String) throws {
    #expect(try Mailbox(text).header == header)
  }

  @Test func `Lines of a mail are short, and text comes back as it was`() throws {
    let text =
      Sample.hostileTexts.prefix(12).joined(separator: "\n") + String(repeating: "é ", count: 500)
      + "\n.dot\nFrom me\ntrailing \n"
    let encoded = String(decoding: QuotedPrintable.encoded(text), as: UTF8.self)
    let lines = encoded.split(omittingEmptySubsequences: false) { $0 == "\r\n" }
    #expect(lines.allSatisfy { $0.utf8.count <= 76 && $0.last != " " && $0.first != "." })
    #expect(!encoded.contains("=_"))
  }

  @Test func `Mails of a group follow one another, and say how urgent they are`() throws {
    let channel = try #require(
      Provider.email.channel(.takes, key: "none") as? EmailChannel)
    let firing = channel.mail(Sample.message(.firing, id: "1"))
    let resolved = channel.mail(Sample.message(.resolved, id: "2"))
    #expect(firing.references == resolved.references && firing.references.count == 1)
    #expect(firing.id != resolved.id && firing.id == channel.mail(Sample.message(id: "1")).id)
    #expect(firing.isUrgent && !resolved.isUrgent)
    #expect(firing.subject == "[FIRING] Accuracy of fraud is 81.20%")
    #expect(resolved.subject == "[RESOLVED] Accuracy of fraud is 81.20%")
    #expect(firing.text.contains("Runbook: https://wiki.example.com/runbooks/accuracy"))
    #expect(firing.html?.contains("Look at &lt;segments&gt;.") == true)
    #expect(
      channel.mail(Sample.message(.acknowledged)).text.contains("Grace has taken this on."))
  }
}
