import Foundation
import Yams

extension ConfigurationReader {
  private typealias Fields = [String: Node]

  private static var commonKeys: [String] {
    [
      "name", "type", "rate_limit", "timeout", "give_up_after", "certificate_authority",
      "title_template", "text_template",
    ]
  }

  /// What each type of channel has of its own.
  private static var keysOfType: [(type: String, keys: [String])] {
    [
      ("slack", ["url"]),
      ("pagerduty", ["routing_key", "url"]),
      ("email", ["host", "port", "encryption", "from", "to", "username", "password"]),
      ("webhook", ["url", "secret", "headers"]),
      ("alertmanager", ["url", "username", "password"]),
      ("opsgenie", ["api_key", "url"]),
      ("teams", ["url"]),
    ]
  }

  mutating func channels(_ nodes: [Node]) -> [ChannelConfiguration] {
    var names: Set<String> = []
    return nodes.compactMap { node in
      let channel = channel(node)
      if let channel, !names.insert(channel.name).inserted {
        note(node, "there are two channels named `\(channel.name)`")
      }
      return channel
    }
  }

  private mutating func channel(_ node: Node) -> ChannelConfiguration? {
    guard let mapping = node.mapping else {
      note(node, "a channel has to be a mapping of keys to values")
      return nil
    }
    let before = mistakeCount
    guard let typeNode = mapping.first(where: { $0.key.string == "type" })?.value else {
      note(
        node, "a channel has to have `type`: \(Self.keysOfType.map(\.type).joined(separator: ", "))"
      )
      return nil
    }
    let types = Self.keysOfType.map(\.type)
    guard let type = choice(typeNode, from: types, { $0 }) else { return nil }
    let fields = channelFields(node, type)
    let name = required("name", fields, node) { $0.alertName($1) }
    let target = target(type, fields, node)
    guard let target, let name else { return nil }
    var channel = ChannelConfiguration(name: name, target: target)
    read(fields, into: &channel)
    channelLines[name] = fields.mapValues { $0.mark?.line ?? 1 }
    channelLines[name]?[""] = node.mark?.line ?? 1
    return mistakeCount == before ? channel : nil
  }

  /// The keys a channel of a type may have; one of another type is named as such.
  private mutating func channelFields(_ node: Node, _ type: String) -> Fields {
    let known = Self.commonKeys + (Self.keysOfType.first { $0.type == type }?.keys ?? [])
    var fields: Fields = [:]
    members(node, of: "a channel of type \(type)") { reader, key, value in
      if known.contains(key) {
        fields[key] = value
        return true
      }
      let owners = Self.keysOfType.filter { $0.keys.contains(key) }.map(\.type)
      guard !owners.isEmpty else { return false }
      reader.note(
        value, "`\(key)` is a key of \(owners.joined(separator: ", ")), not of \(type)")
      return true
    } known: {
      known
    }
    return fields
  }

  private mutating func required<Value>(
    _ key: String, _ fields: Fields, _ node: Node,
    _ read: (inout ConfigurationReader, Node) -> Value?
  ) -> Value? {
    guard let value = fields[key] else {
      note(node, "the channel has to have `\(key)`")
      return nil
    }
    return read(&self, value)
  }

  private mutating func target(
    _ type: String, _ fields: Fields, _ node: Node
  ) -> ChannelConfiguration.Target? {
    switch type {
    case "slack": secretURL(fields, node).map { .slack(url: $0) }
    case "teams": secretURL(fields, node).map { .teams(url: $0) }
    case "pagerduty": pagerduty(fields, node)
    case "opsgenie": opsgenie(fields, node)
    case "webhook": webhook(fields, node)
    case "alertmanager": alertmanager(fields, node)
    default: email(fields, node).map { .email($0) }
    }
  }

  /// An address that lets everybody who knows it write.
  private mutating func secretURL(_ fields: Fields, _ node: Node) -> String? {
    required("url", fields, node) { reader, value in
      reader.secret(value, "url").flatMap { reader.checkedAddress($0, value, "url") }
    }
  }

  private mutating func pagerduty(
    _ fields: Fields, _ node: Node
  ) -> ChannelConfiguration.Target? {
    let key = required("routing_key", fields, node) { reader, value -> String? in
      guard let key = reader.secret(value, "routing_key") else { return nil }
      guard key.utf8.count == 32, key.utf8.allSatisfy({ Self.isLetterOrDigit($0) }) else {
        reader.note(value, "a routing_key has 32 letters and digits; this one has not")
        return nil
      }
      return key
    }
    let url = optionalAddress(fields) ?? "https://events.pagerduty.com/v2/enqueue"
    return key.map { .pagerduty(routingKey: $0, url: url) }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    let scalar = Unicode.Scalar(byte)
    return scalar.isASCII && (scalar.properties.isAlphabetic || (48...57).contains(byte))
  }

  private mutating func opsgenie(
    _ fields: Fields, _ node: Node
  ) -> ChannelConfiguration.Target? {
    let key = required("api_key", fields, node) { $0.secret($1, "api_key") }
    let url = optionalAddress(fields) ?? "https://api.opsgenie.com"
    return key.map { .opsgenie(apiKey: $0, url: url) }
  }

  private mutating func optionalAddress(_ fields: Fields) -> String? {
    fields["url"].flatMap { plainOrSecretAddress($0) }
  }

  private mutating func plainOrSecretAddress(_ node: Node) -> String? {
    guard node.mapping != nil else { return address(node, "url") }
    return secret(node, "url").flatMap { checkedAddress($0, node, "url") }
  }

  private mutating func webhook(
    _ fields: Fields, _ node: Node
  ) -> ChannelConfiguration.Target? {
    let url = required("url", fields, node) { $0.plainOrSecretAddress($1) }
    let secret = fields["secret"].flatMap { self.secret($0, "secret") }
    let headers = fields["headers"].map { self.headers($0) } ?? [:]
    return url.map { .webhook(url: $0, secret: secret, headers: headers) }
  }

  private mutating func alertmanager(
    _ fields: Fields, _ node: Node
  ) -> ChannelConfiguration.Target? {
    let url = required("url", fields, node) { $0.plainOrSecretAddress($1) }
    let (username, password) = credentials(fields, node)
    return url.map { .alertmanager(url: $0, username: username, password: password) }
  }

  private mutating func credentials(
    _ fields: Fields, _ node: Node
  ) -> (username: String?, password: String?) {
    if (fields["username"] == nil) != (fields["password"] == nil) {
      note(node, "username and password belong together")
    }
    return (
      fields["username"].flatMap { printable($0) },
      fields["password"].flatMap { secret($0, "password") }
    )
  }

  private mutating func email(_ fields: Fields, _ node: Node) -> ChannelConfiguration.Email? {
    let host = required("host", fields, node) { reader, value in
      reader.parsed(value, expected: "the name or address of a mail server") {
        Self.isHost($0) ? $0 : nil
      }
    }
    var encryption = ChannelConfiguration.Email.Encryption.startTLS
    if let value = fields["encryption"] {
      let names = ChannelConfiguration.Email.Encryption.allCases.map(\.rawValue)
      encryption =
        choice(value, from: names) { ChannelConfiguration.Email.Encryption(rawValue: $0) }
        ?? encryption
    }
    let port = fields["port"].flatMap { whole($0, in: 1...65_535) } ?? encryption.usualPort
    let from = required("from", fields, node) { $0.mailAddress($1) }
    let to = required("to", fields, node) { reader, value -> [String]? in
      let nodes = value.sequence.map(Array.init) ?? [value]
      if nodes.isEmpty { reader.note(value, "`to` names nobody") }
      return nodes.compactMap { reader.mailAddress($0) }
    }
    let (username, password) = credentials(fields, node)
    if encryption == .none, password != nil, let host, !Self.isLoopback(host) {
      note(
        fields["encryption"] ?? node,
        "with `encryption: none` everybody on the way could read the password; use starttls or tls")
    }
    guard let host, let from, let to else { return nil }
    return .init(
      host: host, port: port, encryption: encryption, from: from, to: to, username: username,
      password: password)
  }

  private static func isHost(_ text: String) -> Bool {
    (1...253).contains(text.utf8.count)
      && text.utf8.allSatisfy { isLetterOrDigit($0) || "-._:".utf8.contains($0) }
  }

  private static func isLoopback(_ host: String) -> Bool {
    let digits = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    let isOfIPv4 = digits.count == 4 && digits[0] == 127 && digits.allSatisfy { $0 != nil }
    return isOfIPv4 || ["localhost", "::1"].contains(host.lowercased())
  }

  private mutating func mailAddress(_ node: Node) -> String? {
    parsed(node, expected: "a mail address such as ml@example.com") { text in
      let parts = text.split(separator: "@", omittingEmptySubsequences: false)
      guard parts.count == 2, (1...64).contains(parts[0].utf8.count),
        text.utf8.allSatisfy({ (33...126).contains($0) && !"<>()[],;:\\\"".utf8.contains($0) }),
        Self.isHost(String(parts[1])), !parts[1].hasPrefix("."), !parts[1].hasSuffix(".")
      else { return nil }
      return text
    }
  }

  /// What all channels may say.
  private mutating func read(_ fields: Fields, into channel: inout ChannelConfiguration) {
    if let value = fields["rate_limit"] { channel.rateLimit = rateLimit(value) }
    if let value = fields["timeout"] {
      channel.timeoutSeconds = seconds(value, in: 1...300) ?? channel.timeoutSeconds
    }
    if let value = fields["give_up_after"] {
      channel.giveUpSeconds = seconds(value, in: 1...Self.month) ?? channel.giveUpSeconds
      if channel.giveUpSeconds < channel.timeoutSeconds {
        note(value, "give_up_after is shorter than the time one attempt may take")
      }
    }
    if let value = fields["certificate_authority"], let path = printable(value) {
      channel.certificateAuthority = contents(ofFile: path, value) == nil ? nil : path
    }
    channel.titleTemplate = fields["title_template"].flatMap { template($0) }
    channel.textTemplate = fields["text_template"].flatMap { template($0) }
  }

  private mutating func rateLimit(_ node: Node) -> ChannelConfiguration.RateLimit? {
    let before = mistakeCount
    let fields = fields(node, of: "rate_limit", known: ["messages", "per"])
    let messages = fields["messages"].flatMap { whole($0, in: 1...100_000) }
    let per = fields["per"].flatMap { span($0, in: 1...Self.month) }
    guard let messages, let per else {
      if mistakeCount == before { note(node, "rate_limit has messages and per, such as 20 per 1h") }
      return nil
    }
    return .init(messages: messages, per: per)
  }
}

extension ChannelConfiguration.Email.Encryption {
  fileprivate var usualPort: Int {
    switch self {
    case .tls: 465
    case .startTLS: 587
    case .none: 25
    }
  }
}
