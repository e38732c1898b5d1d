/// An optional that is written as `null` where it has no value.
///
/// Synthesised `Codable` leaves out the key of an absent value; readers of Plumbline's JSON find
/// every key, and `null` where a value does not exist.
@propertyWrapper
public struct NullCoded<Value: Codable & Sendable>: Codable, Sendable {
  public var wrappedValue: Value?

  public init(wrappedValue: Value?) {
    self.wrappedValue = wrappedValue
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue {
      try container.encode(wrappedValue)
    } else {
      try container.encodeNil()
    }
  }
}

extension NullCoded: Equatable where Value: Equatable {}

extension KeyedDecodingContainer {
  /// Reads a missing key as no value, as older results have it.
  public func decode<Value>(
    _: NullCoded<Value>.Type, forKey key: Key
  ) throws -> NullCoded<Value> {
    try decodeIfPresent(NullCoded<Value>.self, forKey: key) ?? NullCoded(wrappedValue: nil)
  }
}
