extension DecodingError {
  /// What is wrong with some JSON, as who wrote it sees it: the member, and what it has to be.
  ///
  /// - Parameters:
  ///   - whole: what the JSON is, where no member is to blame.
  ///   - allowed: says of a member's name what it may be, where its type is right and its value is not.
  package func explained(
    whole: String, allowed: (_ member: String?) -> String? = { _ in nil }
  ) -> String {
    func path(_ keys: [any CodingKey]) -> String {
      keys.isEmpty
        ? whole
        : keys.map { key in key.intValue.map { "\($0)" } ?? key.stringValue }.joined(separator: ".")
    }
    switch self {
    case .keyNotFound(let key, let context):
      return "\(path(context.codingPath)) has no `\(key.stringValue)`"
    case .typeMismatch(let type, let context):
      return "\(path(context.codingPath)) has to be \(Self.name(of: type))"
    case .valueNotFound(let type, let context):
      return "\(path(context.codingPath)) is null, and has to be \(Self.name(of: type))"
    case .dataCorrupted(let context):
      guard let member = context.codingPath.last?.stringValue else { return "\(whole) is not JSON" }
      return "\(path(context.codingPath)): \(allowed(member) ?? context.debugDescription)"
    @unknown default: return "\(self)"
    }
  }

  /// What JSON calls a type of ours.
  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is [Any].Type: "a list"
    default: "an object"
    }
  }
}
