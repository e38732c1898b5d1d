import DataSources
import Yams

extension ConfigurationReader {
  mutating func connections(_ node: Node) -> [String: NamedConnection] {
    var connections: [String: NamedConnection] = [:]
    guard let mapping = node.mapping else {
      note(node, "connections has to map names to connections")
      return [:]
    }
    for (key, value) in mapping {
      let name = key.string ?? ""
      let connection = connection(value, named: Self.shown(name))
      if !name.isEmpty { connections[name] = connection }
    }
    return connections
  }

  private mutating func connection(_ node: Node, named name: String) -> NamedConnection {
    var connection = NamedConnection(driver: "")
    members(node, of: "connection `\(name)`") { reader, key, value in
      switch key {
      case "driver":
        connection.driver = reader.text(value) ?? ""
        if !connection.driver.isEmpty { reader.mention(.driver(connection.driver), value) }
      case "uri": connection.uri = reader.address(value, of: name)
      case "options": connection.options = reader.options(value, of: name)
      default: return false
      }
      return true
    } known: {
      ["driver", "uri", "options"]
    }
    if connection.driver.isEmpty { note(node, "a connection has to name its driver") }
    return connection
  }

  private mutating func address(_ node: Node, of name: String) -> NamedConnection.Text? {
    let what = "uri of connection `\(name)`"
    guard node.mapping == nil else { return reference(node, what) }
    guard let text = text(node) else { return nil }
    if let secret = InlineSecret.inAddress(text) {
      note(
        node,
        "\(what) has \(secret), which does not stand in the file itself: \(Self.forms) for the whole "
          + "uri, or ${NAME} in its place")
      return nil
    }
    return expanded(text, node).map { .text($0) }
  }

  private mutating func options(
    _ node: Node, of name: String
  ) -> [String: NamedConnection.Text] {
    guard let mapping = node.mapping else {
      note(node, "options has to map options to texts")
      return [:]
    }
    var options: [String: NamedConnection.Text] = [:]
    for (key, value) in mapping {
      guard let option = key.string else {
        note(key, "the name of an option has to be text")
        continue
      }
      let what = "option `\(Self.shown(option))` of connection `\(name)`"
      if value.mapping != nil {
        options[option] = reference(value, what)
      } else if let text = text(value) {
        if InlineSecret.isSecret(option: option, text) {
          note(value, "\(what) is a secret, which does not stand in the file itself: \(Self.forms)")
        } else {
          options[option] = expanded(text, value).map { .text($0) }
        }
      }
    }
    return options
  }

  /// A secret that is read when it is needed, and that can be read now.
  private mutating func reference(_ node: Node, _ what: String) -> NamedConnection.Text? {
    guard let place = secretPlace(node, what),
      read(place, node.mapping?.first?.value ?? node) != nil
    else { return nil }
    return .secret(place)
  }
}
