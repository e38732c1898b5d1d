import Foundation

/// Numbers as explanations have them.
enum Figure {
  static func percent(_ share: Double) -> String { String(format: "%.3g %%", share * 100) }

  static func short(_ value: Double) -> String { String(format: "%.4g", value) }

  /// Of something, with its plural.
  static func count(_ count: Int, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
  }
}
