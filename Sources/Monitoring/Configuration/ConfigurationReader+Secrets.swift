import DataSources
import Foundation
import Yams

// No value that is read here, nor what may be one in the wrong place, is repeated in a message.
extension ConfigurationReader {
  /// A secret, of which the file says only where it is: `{env: NAME}` or `{file: PATH}`.
  mutating func secret(_ node: Node, _ what: String) -> String? {
    secretPlace(node, what).flatMap { read($0, node.mapping?.first?.value ?? node) }
  }

  /// Where a secret is.
  mutating func secretPlace(_ node: Node, _ what: String) -> SecretPlace? {
    guard let mapping = node.mapping else {
      note(node, "\(what) is a secret, which does not stand in the file itself: \(Self.forms)")
      return nil
    }
    guard mapping.count == 1, let (key, value) = mapping.first,
      let source = key.string, ["env", "file"].contains(source), let place = value.scalar?.string
    else {
      note(node, "\(what) is a secret and has to be {env: NAME} or {file: PATH}")
      return nil
    }
    guard source == "env" else { return .file(place) }
    guard LabelMatcher.isLabel(place) else {
      note(value, "env names a variable, in letters, digits and `_`")
      return nil
    }
    return .variable(place)
  }

  static var forms: String { "write {env: NAME} or {file: PATH}" }

  /// The secret that is at a place.
  mutating func read(_ place: SecretPlace, _ node: Node) -> String? {
    do throws(SecretProblem) {
      return try place.read(environment: environment)
    } catch {
      absentSecrets.insert(mistakes.count)
      note(node, what: error.description, mend: error.mend)
      return nil
    }
  }

  /// A small file's text.
  mutating func contents(ofFile path: String, _ node: Node) -> String? {
    do throws(SecretProblem) {
      return try SmallFile.text(path)
    } catch {
      note(node, what: error.description, mend: error.mend)
      return nil
    }
  }

  /// The text of a message's template.
  mutating func template(_ node: Node) -> String? {
    guard let path = printable(node), let text = contents(ofFile: path, node) else { return nil }
    guard !text.isEmpty else {
      note(node, "the file `\(path)` is empty")
      return nil
    }
    return text
  }

  /// An address that may be known.
  mutating func address(_ node: Node, _ what: String) -> String? {
    guard let text = text(node), let address = checkedAddress(text, node, what) else { return nil }
    guard URLComponents(string: address)?.password == nil else {
      note(node, "\(what) has a password, which does not stand in the file itself")
      return nil
    }
    return address
  }

  /// An address of HTTP.
  mutating func checkedAddress(_ text: String, _ node: Node, _ what: String) -> String? {
    let isPlain = text.utf8.allSatisfy { (33...126).contains($0) } && text.utf8.count <= 4_096
    guard isPlain, let components = URLComponents(string: text),
      let scheme = components.scheme?.lowercased(), ["http", "https"].contains(scheme),
      let host = components.host, !host.isEmpty
    else {
      note(node, "\(what) has to be an address with http:// or https:// and a host")
      return nil
    }
    return text
  }

  /// Headers that are sent along; those that carry secrets have them from elsewhere.
  mutating func headers(_ node: Node) -> [String: String] {
    guard let mapping = node.mapping else {
      note(node, "headers has to be a mapping of names to texts")
      return [:]
    }
    var headers: [String: String] = [:]
    for (key, value) in mapping {
      guard let name = key.string, Self.isHeader(name) else {
        note(key, "a header's name has letters, digits and `-`")
        continue
      }
      if Self.ownHeaders.contains(name.lowercased()) {
        note(key, "the header `\(name)` is set by Plumbline and cannot be given")
      } else if value.mapping != nil || Self.secretHeaders.contains(name.lowercased()) {
        headers[name] = secret(value, "the header `\(name)`")
      } else {
        headers[name] = printable(value)
      }
    }
    return headers
  }

  private static func isHeader(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        let scalar = Unicode.Scalar(byte)
        return scalar.isASCII
          && (scalar.properties.isAlphabetic || (48...57).contains(byte)
            || "-_".utf8.contains(byte))
      }
  }

  private static let ownHeaders: Set<String> = [
    "connection", "content-length", "content-type", "host", "transfer-encoding",
  ]
  private static let secretHeaders: Set<String> = [
    "authorization", "cookie", "proxy-authorization", "x-api-key",
  ]
}
