import Monitoring
import Outbound

/// The Alert API of Opsgenie: one alert each, opened, taken on and closed by its alias.
struct OpsgenieChannel: NotificationChannel, CustomStringConvertible {
  var apiKey: String
  var url: String
  var templates: MessageTemplates
  var delivery: HTTPDelivery

  init(apiKey: String, url: String, templates: MessageTemplates, delivery: HTTPDelivery) {
    self.apiKey = apiKey
    self.url = ProviderAddress.complete(url, with: "v2/alerts")
    self.templates = templates
    self.delivery = delivery
  }

  private static let aliasLimit = 512

  var sendsEachAlert: Bool { true }

  /// A test opens an alert of the lowest priority and closes it at once.
  func send(_ message: AlertMessage) throws(DeliveryError) -> DeliveryReceipt {
    var receipt = DeliveryReceipt(detail: "nothing to tell")
    if message.kind == .test {
      let alias = Digest.key("plumbline-test-\(message.id)", limit: Self.aliasLimit)
      _ = try post(OpsgenieAlert(test: message, alias: alias, templates), to: url)
      return try post(OpsgenieAction(note: message.note), to: address(alias, "close"))
    }
    for alert in message.alerts {
      let alias = Digest.key(alert.fingerprint, limit: Self.aliasLimit)
      if message.isOver(alert) {
        receipt = try post(OpsgenieAction(note: nil), to: address(alias, "close"))
      } else if message.kind == .acknowledged {
        let user = alert.acknowledgedBy?.clipped(to: 100).presentableLine
        receipt = try post(
          OpsgenieAction(user: user, note: message.note), to: address(alias, "acknowledge"))
      } else {
        var single = message
        single.alerts = [alert]
        single.truncatedAlerts = 0
        receipt = try post(OpsgenieAlert(alert, in: single, alias: alias, templates), to: url)
      }
    }
    return receipt
  }

  private func post(
    _ body: some Encodable, to address: String
  ) throws(DeliveryError) -> DeliveryReceipt {
    let response = try delivery.post(
      ProviderJSON.bytes(body), to: address, headers: [("Authorization", "GenieKey \(apiKey)")])
    return DeliveryReceipt(response)
  }

  private func address(_ alias: String, _ action: String) -> String {
    "\(url)/\(WebAddress.segment(alias))/\(action)?identifierType=alias"
  }
}
