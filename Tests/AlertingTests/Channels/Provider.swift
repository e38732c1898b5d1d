import Foundation
import Monitoring

@testable import Alerting

/// A channel of each kind, before a provider that behaves in some way.
enum Provider: String, CaseIterable, Sendable {
  case slack, pagerduty, email, webhook, alertmanager, opsgenie, teams

  /// Keys that must never be seen in an error.
  static let secrets = [
    "SlackPathSecret", "R0123456789abcdef0123456789abcde", "0123abcd-genie", "webhook-secret",
    "TeamsSignature", "pässword", "pä ss",
  ]

  enum Behaviour: String, CaseIterable, Sendable {
    case takes, takesOverTLS, limits, fails, refusesForGood
    case hangs, resets, refusesConnections, isNotTrusted, speaksGarbage
  }

  static let now = Instant("2026-11-24T08:00:00Z") ?? Instant(microseconds: 0)

  func channel(
    _ behaviour: Behaviour, key: String, title: String? = nil, text: String? = nil
  ) throws -> any NotificationChannel {
    let server = try ProviderServer.shared
    var configuration = ChannelConfiguration(
      name: "test \(rawValue)", target: try target(behaviour, key: key, server.ports))
    configuration.timeoutSeconds = behaviour == .hangs ? 1 : 60
    if behaviour == .takesOverTLS {
      configuration.certificateAuthority = server.ports.certificate
    }
    configuration.titleTemplate = title
    configuration.textTemplate = text
    return try Channels.make(configuration) { Self.now }
  }

  private func target(
    _ behaviour: Behaviour, key: String, _ ports: ProviderServer.Ports
  ) throws -> ChannelConfiguration.Target {
    let server = try ProviderServer.shared
    if self == .email { return email(behaviour, key: key, ports) }
    let path =
      switch behaviour {
      case .limits: "429"
      case .fails: "500"
      case .refusesForGood: "404"
      case .hangs: "hang"
      case .resets: "reset"
      case .speaksGarbage: "garbage"
      case .takes, .takesOverTLS, .refusesConnections, .isNotTrusted: "ok"
      }
    var address = server.address(
      rawValue, path, key: key, tls: behaviour == .takesOverTLS || behaviour == .isNotTrusted)
    if behaviour == .refusesConnections {
      address = "http://127.0.0.1:\(ports.refused)/ok/\(key)/\(rawValue)"
    }
    return switch self {
    case .slack: .slack(url: address + "/services/T0/B0/SlackPathSecret")
    case .pagerduty: .pagerduty(routingKey: Self.secrets[1], url: address + "/v2/enqueue")
    case .webhook:
      .webhook(url: address + "/in", secret: "webhook-secret", headers: ["X-Team": "risk"])
    case .alertmanager: .alertmanager(url: address, username: "am", password: "pässword")
    case .opsgenie: .opsgenie(apiKey: "0123abcd-genie", url: address)
    case .teams: .teams(url: address + "/workflows/1?sig=TeamsSignature")
    case .email: email(behaviour, key: key, ports)
    }
  }

  private func email(
    _ behaviour: Behaviour, key: String, _ ports: ProviderServer.Ports
  ) -> ChannelConfiguration.Target {
    let (port, user): (Int?, String) =
      switch behaviour {
      case .takes: (ports.mail["plain"], key)
      case .takesOverTLS, .isNotTrusted: (ports.mail["tls"], key)
      case .limits, .fails: (ports.mail["plain"], "later-\(key)")
      case .refusesForGood: (ports.mail["plain"], "unwanted-\(key)")
      case .hangs: (ports.mail["hang"], key)
      case .resets: (ports.mail["reset"], key)
      case .refusesConnections: (ports.refused, key)
      case .speaksGarbage: (ports.mail["garbage"], key)
      }
    return .email(
      .init(
        host: "127.0.0.1", port: port ?? 0,
        encryption: behaviour == .takesOverTLS || behaviour == .isNotTrusted ? .tls : .none,
        from: "Plumbline <plumbline@example.com>", to: ["\(user)@example.com"]))
  }
}

/// Messages to send.
enum Sample {
  static func key() -> String { UUID().uuidString.lowercased() }

  static func alert(
    _ rule: String = "model_accuracy_degradation", fingerprint: String = "8f14e45fceea167a",
    severity: AlertSeverity = .critical, labels: [String: String] = ["model_name": "fraud"]
  ) -> AlertRecord {
    var alert = AlertRecord(
      fingerprint: fingerprint, rule: rule, metric: "model_accuracy", severity: severity,
      state: .firing, labels: labels, title: "Accuracy of fraud is 81.20%",
      description: "It was 91% & more.\nLook at <segments>.", updatedAt: Provider.now)
    alert.value = 0.812
    alert.threshold = 0.85
    alert.startsAt = Instant("2026-11-24T07:30:00Z")
    alert.runbookURL = "https://wiki.example.com/runbooks/accuracy?a=1&b=<2>|x"
    return alert
  }

  static func message(
    _ kind: AlertMessage.Kind = .firing, id: String = "message-1", alerts: [AlertRecord]? = nil
  ) -> AlertMessage {
    var alerts = alerts ?? [alert()]
    for index in alerts.indices {
      switch kind {
      case .resolved:
        alerts[index].state = .resolved
        alerts[index].endsAt = Provider.now
      case .acknowledged:
        alerts[index].acknowledgedBy = "Grace"
        alerts[index].acknowledgedAt = Provider.now
      case .firing, .digest, .test: break
      }
    }
    return AlertMessage(
      id: id, kind: kind, groupKey: "{model_name=\"fraud\"}", groupLabels: ["model_name": "fraud"],
      alerts: alerts, createdAt: Provider.now, externalURL: "https://plumbline.example.com/")
  }

  /// Values somebody might try, or send by mistake.
  static let hostileTexts = [
    "\"quoted\" 'single' \\ back", "two\nlines\r\nand\u{0} NUL\u{1B}[31m", "\u{202E}drow\u{2066}",
    "<!channel> <@U012> <https://evil.example|click> &amp;", "<script>alert(1)</script>",
    "\r\nBcc: everybody@example.com\r\n\r\nbody", "{{title}} {{{title}}} {{#alerts}}",
    "[link](javascript:alert(1)) **bold** `code`", "=?utf-8?q?=0D=0AX-Evil:_1?=",
    "👩‍👩‍👧‍👦 Ünïcödé 日本語", "\r\n.\r\nMAIL FROM:<x@y>\r\n", "${jndi:ldap://x} %s %n %00",
    String(repeating: "&<\"é👍", count: 150_000),
    "e" + String(repeating: "\u{301}", count: 300_000),
  ]

  static func hostileMessage(_ kind: AlertMessage.Kind, id: String) -> AlertMessage {
    let alerts = hostileTexts.enumerated().map { index, text in
      var labels = ["model_name": text, "": "empty", "9lives": "nine", "a.b": "dot", "a_b": "line"]
      labels["label \(text.prefix(2_000))"] = text
      var alert = alert("rule \(text.prefix(100_000))", fingerprint: "f\(index)", labels: labels)
      alert.title = text
      alert.description = text
      alert.metric = text
      alert.runbookURL = "javascript:alert('\(text.prefix(100))')"
      alert.value = index.isMultiple(of: 2) ? .nan : .infinity
      alert.reason = text
      return alert
    }
    var message = message(kind, id: id, alerts: alerts)
    for index in message.alerts.indices where kind == .acknowledged {
      message.alerts[index].acknowledgedBy = hostileTexts[index]
    }
    message.groupKey = hostileTexts.joined()
    message.groupLabels = ["model_name": hostileTexts.joined()]
    message.externalURL = "https://plumbline.example.com/\"><script>|> x"
    return message
  }
}
