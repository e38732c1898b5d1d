import Foundation
import Monitoring

/// The v2 API of an Alertmanager, which then tells people in its own ways.
struct AlertmanagerChannel: NotificationChannel, CustomStringConvertible {
  var url: String
  var username: String?
  var password: String?
  var templates: MessageTemplates
  var delivery: HTTPDelivery

  init(
    url: String, username: String?, password: String?, templates: MessageTemplates,
    delivery: HTTPDelivery
  ) {
    self.url = ProviderAddress.complete(url, with: "api/v2/alerts")
    self.username = username
    self.password = password
    self.templates = templates
    self.delivery = delivery
  }

  var sendsEachAlert: Bool { false }

  private struct Alert: Encodable {
    var labels: [String: String]
    var annotations: [String: String]
    var startsAt: String
    var endsAt: String
    var generatorURL: String?
  }

  // An alert without an end is over after Alertmanager's `resolve_timeout`. The service sends what fires
  // again every minute, so that an Alertmanager that restarts knows it, and that what a service fired
  // which is no more ends by itself: in an hour, should a message have waited that long.
  private static let openEnd: Int64 = 3_600 * 1_000_000
  private static let testLength: Int64 = 60 * 1_000_000

  func send(_ message: AlertMessage) throws(DeliveryError) -> DeliveryReceipt {
    let alerts = message.alerts.isEmpty ? [AlertRecord(test: message)] : message.alerts
    let body = try ProviderJSON.bytes(alerts.map { alert($0, in: message) })
    var headers: [(name: String, value: String)] = []
    if let username {
      headers.append(("Authorization", "Basic \(Self.login(username, password ?? ""))"))
    }
    let response = try delivery.post(body, to: url, headers: headers)
    return DeliveryReceipt(response)
  }

  /// User and password as Basic authentication has them (RFC 7617).
  static func login(_ username: String, _ password: String) -> String {
    Data("\(username):\(password)".utf8).base64EncodedString()
  }

  private func alert(_ alert: AlertRecord, in message: AlertMessage) -> Alert {
    let start = alert.startsAt ?? alert.activeSince ?? message.createdAt
    var end: Instant
    if message.isOver(alert) {
      end = alert.endsAt ?? message.createdAt
    } else {
      end = message.createdAt
      // A test is over by itself.
      end.microseconds += message.kind == .test ? Self.testLength : Self.openEnd
    }
    return Alert(
      labels: AlertLabels.sanitized(AlertLabels.all(of: alert, in: message)),
      annotations: AlertLabels.annotations(of: alert, in: message, templates),
      // An end before the start is an error to Alertmanager, for all alerts of the request.
      startsAt: start.iso8601, endsAt: max(start, end).iso8601, generatorURL: message.dashboard)
  }
}
