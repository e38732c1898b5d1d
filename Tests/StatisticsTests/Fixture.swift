import Foundation
import Testing

/// Values that `Scripts/generate_statistics_reference.py` made.
enum Fixture {
  static func load<Value: Decodable>(_ name: String) throws -> Value {
    let url = try #require(
      Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Value.self, from: Data(contentsOf: url))
  }
}

/// A sample as a fixture gives it: written out, or as a recipe.
struct Sample: Decodable, Sendable {
  var values: [Double]?
  var n: Int?
  var step: Double?
  var shift: Double?
  var scale: Double?
  var whole: Bool?

  /// In ascending order.
  var sorted: [Double] {
    if let values { return values.sorted() }
    guard let n, let step, let shift, let scale else { return [] }
    return (1...n).map { index in
      let value = shift + scale * (Double(index) * step).truncatingRemainder(dividingBy: 1)
      return whole == true ? value.rounded(.down) : value
    }.sorted()
  }
}

/// Whether two numbers agree to `tolerance`, relative to the larger, or absolutely below `floor`.
func agree(
  _ actual: Double?, _ expected: Double?, within tolerance: Double = 1e-9, floor: Double = 1e-300
) -> Bool {
  guard let actual, let expected else { return actual == nil && expected == nil }
  if actual == expected { return true }
  let scale = max(abs(actual), abs(expected))
  return abs(actual - expected) <= tolerance * scale || scale < floor
}
