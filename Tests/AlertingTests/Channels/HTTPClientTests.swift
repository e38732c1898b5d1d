import Foundation
import Monitoring
import Testing

@testable import Alerting
@testable import Outbound

@Suite(.timeLimit(.minutes(2))) struct HTTPClientTests {
  private func error(
    _ url: String, headers: [(name: String, value: String)] = [], timeout: Int = 60_000,
    certificateFile: String? = nil
  ) -> OutboundError? {
    do {
      _ = try HTTPClient(timeoutMilliseconds: timeout, certificateFile: certificateFile).send(
        HTTPRequest(method: "POST", url: url, headers: headers, body: Array("{}".utf8)))
      return nil
    } catch {
      return error
    }
  }

  @Test func `Each thing that goes wrong is an error of its own`() throws {
    let server = try ProviderServer.shared
    let (plain, secure) = ("127.0.0.1:\(server.ports.http)", "127.0.0.1:\(server.ports.https)")
    func at(_ behaviour: String, tls: Bool = false) -> String {
      server.address("slack", behaviour, key: "errors", tls: tls)
    }
    #expect(error("http://nowhere.invalid/x") == .unresolved(host: "nowhere.invalid"))
    let refused = "127.0.0.1:\(server.ports.refused)"
    #expect(error("http://\(refused)/x") == .refused(host: refused))
    #expect(error(at("hang"), timeout: 200) == .timedOut(host: plain, milliseconds: 200))
    #expect(error(at("reset")) == .reset(host: plain))
    #expect(error(at("garbage")) == .unintelligible(host: plain))
    guard case .untrusted(secure, let detail) = error(at("ok", tls: true)) else {
      Issue.record("an unknown certificate is trusted")
      return
    }
    #expect(detail.contains("self-signed certificate"))
    guard
      case .untrusted = error(
        "https://0.0.0.0:\(server.ports.https)/ok/errors/slack",
        certificateFile: server.ports.certificate)
    else {
      Issue.record("a certificate of another host is trusted")
      return
    }
    guard case .tls = error("https://\(plain)/ok/errors/slack") else {
      Issue.record("TLS where there is none")
      return
    }
    #expect(
      error(at("ok", tls: true), certificateFile: "/nowhere.pem")
        == .certificates(file: "/nowhere.pem"))
  }

  @Test(arguments: [
    "", "/", "file:///etc/passwd", "gopher://127.0.0.1/x", "ftp://127.0.0.1/", "smtp://127.0.0.1",
    "http://", "https:///x", "http://a b/", "http://a/\r\nX: y", "http://a/\u{0}", "http://?x",
  ])
  func `Only addresses of http with a host are used`(_ url: String) {
    #expect(error(url)?.code == "outbound_unusable")
  }

  @Test func `Redirects are not followed`() throws {
    let server = try ProviderServer.shared
    let key = Sample.key()
    let answer = try HTTPClient(timeoutMilliseconds: 60_000).send(
      HTTPRequest(method: "POST", url: server.address("slack", "redirect", key: key)))
    #expect(answer.status == 307 && answer[header: "location"]?.isEmpty == false)
    #expect(try server.requests(key).count == 1)
  }

  @Test func `Of a long answer only the beginning is read`() throws {
    let url = try ProviderServer.shared.address("slack", "long", key: Sample.key())
    let answer = try HTTPClient(timeoutMilliseconds: 60_000).send(
      HTTPRequest(method: "POST", url: url))
    #expect(answer.status == 200 && answer.body.count == HTTPClient.responseLimit)
  }

  @Test func `A server that hangs up during a long request ends the request only`() throws {
    let url = try ProviderServer.shared.address("slack", "slam", key: Sample.key())
    let body = [UInt8](repeating: 120, count: 16 << 20)
    for _ in 0..<5 {
      let error = #expect(throws: OutboundError.self) {
        try HTTPClient(timeoutMilliseconds: 60_000).send(
          HTTPRequest(method: "POST", url: url, body: body))
      }
      #expect(error?.code == "outbound_reset")
    }
  }

  @Test func `Many threads send at once`() throws {
    let server = try ProviderServer.shared
    let key = Sample.key()
    let addresses = [false, true].map { server.address("slack", "ok", key: key, tls: $0) }
    let client = HTTPClient(
      timeoutMilliseconds: 60_000, certificateFile: server.ports.certificate)
    DispatchQueue.concurrentPerform(iterations: 32) { index in
      let request = HTTPRequest(method: "POST", url: addresses[index % 2], body: Array("{}".utf8))
      #expect((try? client.send(request))?.status == 400)
    }
    #expect(try server.requests(key).count == 32)
  }

  @Test func `A header's value cannot bring another header`() throws {
    let server = try ProviderServer.shared
    let key = Sample.key()
    _ = try HTTPClient(timeoutMilliseconds: 60_000).send(
      HTTPRequest(
        method: "POST", url: server.address("slack", "ok", key: key),
        headers: [("X-One", "a\r\nX-Two: b\u{0}c"), ("X-Empty", "")], body: Array("{}".utf8)))
    let headers = try #require(try server.requests(key).first).headers
    #expect(headers["x-one"] == "a  X-Two: b c" && headers["x-two"] == nil)
    #expect(headers["x-empty"] == "")
    #expect(error("http://a/", headers: [("X:\r\n", "y")])?.code == "outbound_unusable")
  }

  @Test func `A request's description holds no key`() {
    let request = HTTPRequest(
      method: "POST", url: "https://user:secret@hooks.example.com/services/secret",
      headers: [("Authorization", "secret")], body: Array("secret".utf8))
    #expect("\(request)" == "POST hooks.example.com (6 bytes)")
  }

  @Test(
    arguments: [
      ("7", 7), ("0", 0), ("99999999999999999999", 86_400), ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
      ("Tue, 24 Nov 2026 08:00:30 GMT", 30), ("-5", nil), ("soon", nil), ("", nil), ("1.5", nil),
      ("Tue, 31 Foo 2026 08:00:30 GMT", nil),
    ] as [(String, Double?)])
  func `Retry-After is a number of seconds or a date`(_ text: String, _ seconds: Double?) {
    #expect(HTTPDelivery.retryAfter(text, now: Provider.now) == seconds)
  }

  @Test(arguments: [
    (200, false), (301, false), (400, false), (401, false), (403, false), (404, false),
    (408, true), (410, false), (413, false), (422, false), (425, true), (429, true), (500, true),
    (502, true), (503, true), (504, true), (599, true),
  ])
  func `Some answers may be others later`(_ status: Int, _ isTemporary: Bool) {
    #expect(HTTPDelivery.isTemporary(status) == isTemporary)
  }

  @Test(
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 +0000"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 +0000"),
      (-1, "Wed, 31 Dec 1969 23:59:59 +0000"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
    ] as [(Int64, String)])
  func `Dates are written and read as the internet has them`(_ seconds: Int64, _ text: String) {
    #expect(HTTPDate.mail(seconds) == text)
    #expect(HTTPDate.seconds(text.replacing("+0000", with: "GMT")) == seconds)
  }
}
