import DataSources
import Foundation
import Yams

extension ConfigurationReader {
  mutating func service(_ node: Node, into service: inout ServiceConfiguration) {
    // Tokens that cannot be read are a mistake of their own: who wrote them does not mean to go without.
    var areTokensRead = true
    members(node, of: "service") { reader, key, value in
      switch key {
      case "data_folder": service.dataFolder = reader.text(value) ?? service.dataFolder
      case "listen": reader.listen(value, into: &service)
      case "tls": service.tls = reader.tls(value)
      case "tokens":
        let before = reader.mistakeCount
        service.tokens = reader.tokens(value)
        areTokensRead = reader.mistakeCount == before
      case "allow_unauthenticated": service.allowsUnauthenticated = reader.flag(value) ?? false
      case "limits": reader.limits(value, into: &service)
      case "retention": reader.retention(value, into: &service)
      case "stop_seconds":
        service.stopSeconds = reader.whole(value, in: 1...3_600) ?? service.stopSeconds
      case "log": reader.log(value, into: &service)
      default: return false
      }
      return true
    } known: {
      [
        "data_folder", "listen", "tls", "tokens", "allow_unauthenticated", "limits", "retention",
        "stop_seconds", "log",
      ]
    }
    if areTokensRead { mention(.listener, node.mapping?["listen"] ?? node) }
  }

  private mutating func listen(_ node: Node, into service: inout ServiceConfiguration) {
    let address = parsed(node, expected: "HOST:PORT, such as 127.0.0.1:8080") {
      ServiceConfiguration.address($0)
    }
    if let address { (service.host, service.port) = address }
  }

  private mutating func tls(_ node: Node) -> ServiceConfiguration.TLS? {
    var (certificate, key): (String?, String?)
    mention(.tls, node)
    members(node, of: "tls") { reader, name, value in
      switch name {
      case "certificate":
        certificate = reader.text(value)
        if let certificate { reader.mention(.certificate(certificate), value) }
      case "key":
        key = reader.text(value)
        if let key { reader.mention(.key(key), value) }
      default: return false
      }
      return true
    } known: {
      ["certificate", "key"]
    }
    guard let certificate, let key else {
      note(node, "tls names two files: certificate and key")
      return nil
    }
    return .init(certificate: certificate, key: key)
  }

  private mutating func tokens(_ node: Node) -> [ServiceConfiguration.Token] {
    guard let entries = node.sequence else {
      note(node, "tokens has to be a list")
      return []
    }
    var known: [ServiceConfiguration.Token] = []
    return entries.compactMap { entry in
      guard let token = token(entry) else { return nil }
      let name = Self.shown(token.name)
      if known.contains(where: { $0.name == token.name }) {
        note(entry, what: "there are two tokens named `\(name)`", mend: "name one otherwise")
      } else if let same = known.first(where: { $0.digest == token.digest }) {
        note(
          entry, what: "the tokens `\(Self.shown(same.name))` and `\(name)` are one and the same",
          mend: "list it once, with the scopes of both, or make another")
      }
      known.append(token)
      return token
    }
  }

  private mutating func token(_ node: Node) -> ServiceConfiguration.Token? {
    var name: String?
    var scopes: Set<ServiceConfiguration.Scope> = []
    var digests: [ServiceConfiguration.Digest] = []
    var expires: Instant?
    let before = mistakeCount
    members(node, of: "a token") { reader, key, value in
      switch key {
      case "name": name = reader.text(value)
      case "scopes":
        scopes = Set(
          reader.texts(value).compactMap { text in
            let scope = ServiceConfiguration.Scope(rawValue: text)
            if scope == nil { reader.note(value, "`\(text)` is not ingest, read or admin") }
            return scope
          })
      case "sha256":
        let digest = reader.parsed(value, expected: "64 hexadecimal digits") { Self.digest($0) }
        if let digest { digests.append(.sha256(digest)) }
      case "env":
        if let name = reader.text(value), let token = reader.token(.variable(name), value) {
          digests.append(.ofSecret(token))
        }
      case "file":
        if let path = reader.text(value), let token = reader.token(.file(path), value) {
          digests.append(.ofSecret(token))
        }
      case "expires":
        expires = reader.parsed(value, expected: "an ISO 8601 instant") { Instant($0) }
      default: return false
      }
      return true
    } known: {
      ["name", "scopes", "sha256", "env", "file", "expires"]
    }
    guard mistakeCount == before else { return nil }
    guard let name, !scopes.isEmpty, digests.count == 1 else {
      note(node, "a token has a name, scopes, and one of sha256, env and file")
      return nil
    }
    return .init(name: name, scopes: scopes, digest: digests[0], expires: expires)
  }

  private static func digest(_ text: String) -> [UInt8]? {
    guard text.utf8.count == 64 else { return nil }
    let digits = text.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
    var bytes: [UInt8] = []
    for pair in stride(from: 0, to: 64, by: 2) {
      guard let high = digits[pair], let low = digits[pair + 1] else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  /// Short secrets can be guessed.
  private static var secretLength: Int { 16 }

  private mutating func token(_ place: SecretPlace, _ node: Node) -> String? {
    guard let secret = read(place, node) else { return nil }
    guard secret.utf8.count >= Self.secretLength else {
      note(node, "\(place) holds fewer than \(Self.secretLength) characters")
      return nil
    }
    return secret
  }

  private mutating func limits(_ node: Node, into service: inout ServiceConfiguration) {
    members(node, of: "limits") { reader, key, value in
      switch key {
      case "body_bytes":
        service.bodyLimit = reader.bytes(value, in: 1_024...(1 << 30)) ?? service.bodyLimit
      case "file_bytes":
        service.fileLimit = reader.bytes(value, in: 1_024...(1 << 40)) ?? service.fileLimit
      case "pending_bytes":
        service.pendingLimit = reader.bytes(value, in: 1_024...(1 << 40)) ?? service.pendingLimit
      case "unsealed_rows":
        service.unsealedRows = reader.whole(value, in: 1...100_000_000) ?? service.unsealedRows
      case "join_seconds":
        service.joinSeconds = reader.whole(value, in: 1...86_400) ?? service.joinSeconds
      case "models":
        service.modelLimit = reader.whole(value, in: 1...1_000_000) ?? service.modelLimit
      case "series":
        service.seriesLimit = reader.whole(value, in: 1...10_000_000) ?? service.seriesLimit
      case "idle_seconds":
        service.idleSeconds = reader.whole(value, in: 1...86_400) ?? service.idleSeconds
      default: return false
      }
      return true
    } known: {
      [
        "body_bytes", "file_bytes", "pending_bytes", "unsealed_rows", "join_seconds", "models",
        "series", "idle_seconds",
      ]
    }
    // One body alone would never be taken in, however often it is sent again.
    if service.pendingLimit < service.bodyLimit {
      note(
        node.mapping?["pending_bytes"] ?? node,
        what: "pending_bytes (\(service.pendingLimit)) is less than body_bytes "
          + "(\(service.bodyLimit)), and larger bodies would be refused for ever",
        mend: "raise pending_bytes, or lower body_bytes")
    }
  }

  private mutating func retention(_ node: Node, into service: inout ServiceConfiguration) {
    members(node, of: "retention") { reader, key, value in
      switch key {
      case "days": service.retentionDays = reader.whole(value, in: 1...100_000)
      case "bytes": service.retentionBytes = reader.bytes(value, in: 1...(1 << 50))
      default: return false
      }
      return true
    } known: {
      ["days", "bytes"]
    }
  }

  private mutating func log(_ node: Node, into service: inout ServiceConfiguration) {
    members(node, of: "log") { reader, key, value in
      switch key {
      case "level":
        service.logLevel =
          reader.choice(
            value, from: ServiceConfiguration.LogLevel.allCases.map(\.rawValue),
            ServiceConfiguration.LogLevel.init) ?? service.logLevel
      case "format":
        service.logFormat =
          reader.choice(
            value, from: ServiceConfiguration.LogFormat.allCases.map(\.rawValue),
            ServiceConfiguration.LogFormat.init) ?? service.logFormat
      default: return false
      }
      return true
    } known: {
      ["level", "format"]
    }
  }

  /// A number of bytes, also as `512MB` or `20GiB`.
  private mutating func bytes(_ node: Node, in range: ClosedRange<Int>) -> Int? {
    let units: [(String, Int)] = [
      ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("KB", 1_000),
      ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ]
    return parsed(node, expected: "a size such as 512MB or 20GiB, within its range") { text in
      let (unit, scale) = units.first { text.hasSuffix($0.0) } ?? ("", 1)
      var digits = text.dropLast(unit.count)
      if !unit.isEmpty, digits.last == " " { digits.removeLast() }
      guard let number = Int(digits), digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
        return nil
      }
      let (size, isTooLarge) = number.multipliedReportingOverflow(by: scale)
      return !isTooLarge && range.contains(size) ? size : nil
    }
  }
}

extension ServiceConfiguration {
  /// Reads `HOST:PORT`, an IPv6 host in brackets; port 0 is any that is free.
  public static func address(_ text: String) -> (host: String, port: Int)? {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port), text[colon...].dropFirst().utf8.first != UInt8(ascii: "+")
    else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") || host.hasPrefix("[") {
      return nil
    }
    return host.isEmpty ? nil : (host, port)
  }
}
