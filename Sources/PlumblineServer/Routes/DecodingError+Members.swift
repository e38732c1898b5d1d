extension DecodingError {
  /// What is wrong with a JSON body, by the member it is wrong with.
  ///
  /// - Parameter wanted: by member, what it has to be.
  func explanation(_ wanted: [String: String]) -> String {
    switch self {
    case .keyNotFound(let key, let context):
      Self.explanation(context.codingPath + [key], "is missing", "it is", wanted)
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      Self.explanation(context.codingPath, nil, "has to be", wanted)
    @unknown default: "the body is not what is wanted"
    }
  }

  private static func explanation(
    _ keys: [any CodingKey], _ problem: String?, _ verb: String, _ wanted: [String: String]
  ) -> String {
    guard let first = keys.first, let path = path(keys) else {
      return "the body is no JSON object"
    }
    let member = first.stringValue
    let expected = wanted[member] ?? "something else"
    guard keys.count == 1 else {
      return "`\(path)` \(problem ?? "is not right"): `\(member)` has to be \(expected)"
    }
    return "`\(path)` " + (problem.map { "\($0): " } ?? "") + "\(verb) \(expected)"
  }

  /// `matchers[2].value`; nil for the body itself.
  private static func path(_ keys: [any CodingKey]) -> String? {
    guard let first = keys.first else { return nil }
    return keys.dropFirst().reduce(first.stringValue) { path, key in
      key.intValue.map { "\(path)[\($0)]" } ?? "\(path).\(key.stringValue)"
    }
  }
}
