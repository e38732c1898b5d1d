import Crypto
import Monitoring

/// A webhook that gets what Alertmanager would post, so that what understands Alertmanager understands it.
///
/// Where there is a secret, `X-Plumbline-Signature: t=SECONDS,v1=HEX` holds HMAC-SHA256 over
/// `SECONDS.BODY`: whoever checks it and the time's age knows that the body is Plumbline's and not one
/// that was recorded and sent again. `Idempotency-Key` is the same for all attempts at a message.
struct WebhookChannel: NotificationChannel, CustomStringConvertible {
  var name: String
  var url: String
  var secret: String?
  var headers: [String: String]
  var templates: MessageTemplates
  var delivery: HTTPDelivery

  var sendsEachAlert: Bool { false }

  func send(_ message: AlertMessage) throws(DeliveryError) -> DeliveryReceipt {
    let payload = AlertmanagerPayload(message, receiver: name, templates: templates)
    let body = try ProviderJSON.bytes(payload)
    var ours = [
      ("Idempotency-Key", Digest.key(message.id, limit: 255)), ("X-Plumbline-Kind", message.status),
    ]
    if let secret {
      let seconds = delivery.clock().microseconds / 1_000_000
      ours.append(
        ("X-Plumbline-Signature", Self.signature(of: body, secret: secret, seconds: seconds)))
    }
    let names = Set(ours.map { $0.0.lowercased() } + ["content-type", "content-length", "host"])
    let theirs = headers.filter { !names.contains($0.key.lowercased()) }
      .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    let response = try delivery.post(body, to: url, headers: theirs + ours)
    return DeliveryReceipt(response)
  }

  static func signature(of body: [UInt8], secret: String, seconds: Int64) -> String {
    let signed = Array("\(seconds).".utf8) + body
    let code = HMAC<SHA256>.authenticationCode(
      for: signed, using: SymmetricKey(data: Array(secret.utf8)))
    return "t=\(seconds),v1=\(Digest.hexadecimal(code))"
  }
}
