import Monitoring

/// Events API v2 of PagerDuty: one incident an alert, opened, taken on and closed by its fingerprint.
struct PagerDutyChannel: NotificationChannel, CustomStringConvertible {
  var routingKey: String
  var url: String
  var templates: MessageTemplates
  var delivery: HTTPDelivery

  init(
    routingKey: String, url: String, templates: MessageTemplates, delivery: HTTPDelivery
  ) {
    self.routingKey = routingKey
    self.url = ProviderAddress.complete(url, with: "v2/enqueue")
    self.templates = templates
    self.delivery = delivery
  }

  private static let keyLimit = 255

  var sendsEachAlert: Bool { true }

  /// A test opens an incident of severity `info` and closes it at once: it takes the way of a real alert,
  /// and nobody is kept awake.
  func send(_ message: AlertMessage) throws(DeliveryError) -> DeliveryReceipt {
    var receipt = DeliveryReceipt(detail: "nothing to tell")
    if message.kind == .test {
      let key = Digest.key("plumbline-test-\(message.id)", limit: Self.keyLimit)
      _ = try post(.trigger, key: key, payload: PagerDutyEvent.Payload(test: message, templates))
      return try post(.resolve, key: key)
    }
    for alert in message.alerts {
      let key = Digest.key(alert.fingerprint, limit: Self.keyLimit)
      if message.isOver(alert) {
        receipt = try post(.resolve, key: key)
      } else if message.kind == .acknowledged {
        receipt = try post(.acknowledge, key: key)
      } else {
        var single = message
        single.alerts = [alert]
        single.truncatedAlerts = 0
        receipt = try post(
          .trigger, key: key, payload: PagerDutyEvent.Payload(alert, in: single, templates),
          links: alert.runbook.map { [PagerDutyEvent.Link(href: $0, text: "Runbook")] },
          clientURL: message.dashboard)
      }
    }
    return receipt
  }

  private func post(
    _ action: PagerDutyEvent.Action, key: String, payload: PagerDutyEvent.Payload? = nil,
    links: [PagerDutyEvent.Link]? = nil, clientURL: String? = nil
  ) throws(DeliveryError) -> DeliveryReceipt {
    let event = PagerDutyEvent(
      routingKey: routingKey, action: action, deduplicationKey: key, payload: payload, links: links,
      client: payload == nil ? nil : "Plumbline", clientURL: clientURL)
    let response = try delivery.post(ProviderJSON.bytes(event), to: url)
    return DeliveryReceipt(response)
  }
}
