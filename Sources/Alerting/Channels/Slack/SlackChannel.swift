import Outbound

/// An incoming webhook of Slack, or of a chat that speaks like it.
struct SlackChannel: NotificationChannel, CustomStringConvertible {
  var url: String
  var templates: MessageTemplates
  var delivery: HTTPDelivery

  var sendsEachAlert: Bool { false }

  func send(_ message: AlertMessage) throws(DeliveryError) -> DeliveryReceipt {
    let payload = SlackPayload(message, templates: templates)
    let response = try delivery.post(ProviderJSON.bytes(payload), to: url)
    // Anything else is not Slack's word: the page of a proxy, say, that let nothing through.
    let body = String(decoding: response.body.prefix(200), as: UTF8.self).filter {
      !$0.isWhitespace
    }
    guard body == "ok" || ["\"ok\":true", "\"success\":true"].contains(where: body.contains) else {
      throw .temporary(
        reason: delivery.reason(response, from: WebAddress.peer(of: url)), retryAfter: nil)
    }
    return DeliveryReceipt(response)
  }
}
