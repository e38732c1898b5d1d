import Alerting
import Foundation
import Monitoring
import Outbound
import Reporting
import Store

/// Whether those who are to be told can be.
struct ChannelCheckup: Checkup {
  static let configured = Question(
    "channels_configured", .alerting, "Does every alert have a way to somebody?")
  static let reachable = Question(
    "channel_reachable", .alerting, "Is there somebody at the channel's address?")
  static let deliveries = Question(
    "deliveries", .alerting, "Did the channel take the last messages?")
  static let test = Question("channel_test", .alerting, "Does the channel take a test message?")

  static func skipped(_ why: Finding) -> [DoctorItem] {
    [configured, reachable, deliveries, test].map { $0.answer(why) }
  }

  func items(_ visit: Visit) -> [DoctorItem] {
    let alerting = visit.configuration.alerting
    let mistakes = visit.mistakes["alerting"]
    guard alerting.isEnabled || !mistakes.isEmpty else {
      return Self.skipped(
        .skipped("the configuration has no `alerting`: alerts are kept, and nobody is told"))
    }
    let made = alerting.channels.map { settings in
      (settings, Result { try Channels.make(settings, clock: { .now }) })
    }
    let configured = Self.configured.answer(
      ChannelJudgement.configured(
        alerting, mistakes: mistakes, path: visit.configurationPath,
        unusable: made.compactMap { _, channel in
          if case .failure(let error) = channel { return Finding.failed(error) }
          return nil
        }))
    guard !alerting.channels.isEmpty else {
      return [configured]
        + Self.skipped(.skipped("there are no channels to look at")).dropFirst()
    }
    let attempts = Result { try visit.records.deliveries(limit: 1_000) }
    return [configured]
      + alerting.channels.map { Self.reachable.answer(reachable($0, visit), of: $0.name) }
      + alerting.channels.map { channel in
        Self.deliveries.answer(deliveries(channel.name, attempts), of: channel.name)
      } + made.map { Self.test.answer(test($0, $1, visit), of: $0.name) }
  }

  private func deliveries(
    _ channel: String, _ attempts: Result<[DeliveryAttempt], any Error>
  ) -> Finding {
    switch attempts {
    case .success(let attempts):
      ChannelJudgement.deliveries(attempts.filter { $0.channel == channel })
    case .failure(let error): .unknown(error)
    }
  }

  /// Asks for the front page of the channel's host: the rest of the address is a key, and nothing is
  /// to be told there.
  private func reachable(_ channel: ChannelConfiguration, _ visit: Visit) -> Finding {
    guard !visit.isOffline else { return .skipped("not asked: --offline") }
    if case .email(let email) = channel.target {
      return mailServer(email, channel.certificateAuthority, visit)
    }
    guard let url = Self.address(of: channel) else {
      return .unknown("only a message can tell: --send-tests")
    }
    var http = visit.http
    http.certificateFile = channel.certificateAuthority
    http.responseLimit = 4_096
    let scheme = url.lowercased().hasPrefix("https") ? "https" : "http"
    let host = WebAddress.peer(of: url)
    do throws(OutboundError) {
      let answer = try http.send(HTTPRequest(method: "GET", url: "\(scheme)://\(host)/"))
      return .ok("\(host) answers (\(answer.status))")
    } catch {
      return .failed(
        error.what, mend: "\(error.mend); until then its messages wait, and are given up at last")
    }
  }

  /// Goes as far as a mail would, and sends none.
  private func mailServer(
    _ email: ChannelConfiguration.Email, _ certificateFile: String?, _ visit: Visit
  ) -> Finding {
    let client = MailClient(
      email, timeoutMilliseconds: visit.http.timeoutMilliseconds,
      certificateFile: certificateFile)
    let steps = [
      "EHLO", email.encryption == .startTLS ? "STARTTLS" : nil,
      email.username == nil ? nil : "AUTH",
    ].compactMap { $0 }.joined(separator: ", ")
    do throws(OutboundError) {
      return .ok("\(client) goes through \(steps): \(try client.check())")
    } catch {
      return .failed(
        error.what, mend: "\(error.mend); until then its mails wait, and are given up at last")
    }
  }

  private static func address(of channel: ChannelConfiguration) -> String? {
    switch channel.target {
    case .slack(let url), .teams(let url): url
    case .pagerduty(_, let url), .opsgenie(_, let url): url
    case .webhook(let url, _, _), .alertmanager(let url, _, _): url
    case .email: nil
    }
  }

  private func test(
    _ settings: ChannelConfiguration, _ channel: Result<any NotificationChannel, any Error>,
    _ visit: Visit
  ) -> Finding {
    guard visit.sendsTests else { return .skipped("nothing was sent: --send-tests sends one") }
    do {
      let channel = try channel.get()
      let message = AlertMessage.test(
        of: settings.name, at: visit.now,
        externalURL: visit.configuration.alerting.externalURL)
      return .ok("it took the test message: \(try channel.send(message).detail)")
    } catch {
      let explained = error as? DeliveryError
      return .failed(
        "it did not take the test message: \(explained?.what ?? "\(error)")",
        mend: "check the channel's address and key, and what its provider says")
    }
  }
}

/// What was gathered of channels means.
enum ChannelJudgement {
  static func configured(
    _ alerting: AlertingConfiguration, mistakes: [ConfigurationError.Mistake], path: String?,
    unusable: [Finding]
  ) -> Finding {
    var findings = unusable
    findings += mistakes.map { mistake in
      .failed(
        "\(path ?? "the configuration"):\(mistake.line): \(mistake.text)",
        mend: "correct it; where a secret is missing, ask with the environment the service has")
    }
    if alerting.channels.isEmpty, findings.isEmpty {
      return .warning(
        "there are no channels: alerts are kept, and nobody is told",
        mend: "add one to alerting.channels")
    }
    let severities = AlertSeverity.allCases.filter { severity in
      alerting.rules.contains { $0.severity == severity }
    }
    for severity in severities where !isRouted(severity, alerting.routes) && findings.isEmpty {
      findings.append(
        .warning(
          "no route takes \(severity.rawValue) alerts",
          mend: "add a route that matches severity=\(severity.rawValue), or one without `match`"))
    }
    let names = alerting.channels.map(\.name).joined(separator: ", ")
    return .worst(
      of: findings, fine: "\(alerting.routes.count) routes to \(names); every severity has one")
  }

  /// Whether some route may take alerts of a severity; what else it asks for cannot be told beforehand.
  private static func isRouted(
    _ severity: AlertSeverity, _ routes: [AlertingConfiguration.Route]
  ) -> Bool {
    routes.contains { route in
      route.matchers.filter { $0.label == "severity" }
        .match(["severity": severity.rawValue])
    }
  }

  /// - Parameter attempts: of one channel, newest first.
  static func deliveries(_ attempts: [DeliveryAttempt]) -> Finding {
    guard let newest = attempts.first else { return .skipped("no message was due to it yet") }
    if newest.outcome == .delivered {
      let delivered = attempts.count { $0.outcome == .delivered }
      return .ok("\(delivered) of \(attempts.count) attempts went well, the last among them")
    }
    let failed = attempts.prefix { $0.outcome != .delivered }.count
    return .failed(
      "the last \(failed) attempts did not go well: \(newest.detail)",
      mend: "mend what it says, then `plumbline alerts test \(newest.channel)`")
  }
}
