/// A Workflows webhook of Microsoft Teams ("When a Teams webhook request is received").
struct TeamsChannel: NotificationChannel, CustomStringConvertible {
  var url: String
  var templates: MessageTemplates
  var delivery: HTTPDelivery

  var sendsEachAlert: Bool { false }

  func send(_ message: AlertMessage) throws(DeliveryError) -> DeliveryReceipt {
    let body = try TeamsCard.bytes(message, templates: templates)
    let response = try delivery.post(body, to: url)
    return DeliveryReceipt(response)
  }
}
