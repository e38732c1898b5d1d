import Statistics

/// One figure of a model's performance.
public struct MetricValue: Codable, Sendable, Equatable {
  /// nil where it does not exist; `reason` says why.
  @NullCoded public var value: Double?
  /// The interval that holds the true value with 95 % confidence; nil where none is known.
  @NullCoded public var lower: Double?
  @NullCoded public var upper: Double?
  /// The same figure over the reference.
  @NullCoded public var reference: Double?
  /// value − reference.
  @NullCoded public var change: Double?
  /// change / |reference|.
  @NullCoded public var relativeChange: Double?
  @NullCoded public var reason: String?

  enum CodingKeys: String, CodingKey {
    case value, lower, upper, reference, change
    case relativeChange = "relative_change"
    case reason
  }

  init(_ value: Double, _ interval: Interval? = nil) {
    self.value = value.isFinite ? value : nil
    lower = interval.flatMap { $0.lower.isFinite ? $0.lower : nil }
    upper = interval.flatMap { $0.upper.isFinite ? $0.upper : nil }
    reason = value.isFinite ? nil : UndefinedStatistic.outOfRange.description
  }

  /// A figure that does not exist.
  init(missing reason: String) {
    self.reason = reason
  }

  /// A figure that may not exist.
  init(_ value: Double?, _ interval: Interval? = nil, else reason: String) {
    if let value {
      self.init(value, interval)
    } else {
      self.init(missing: reason)
    }
  }

  /// A mean of rows.
  init(mean moments: Moments, else reason: String = UndefinedStatistic.noRows.description) {
    if moments.count > 0 {
      self.init(moments.mean, Interval.mean(moments))
    } else {
      self.init(missing: reason)
    }
  }

  /// The figure beside what it is in the reference.
  func compared(with other: MetricValue?) -> MetricValue {
    var compared = self
    compared.reference = other?.value
    if let value, let reference = other?.value {
      compared.change = value - reference
      compared.relativeChange = reference == 0 ? nil : (value - reference) / abs(reference)
    }
    return compared
  }
}

/// Figures by name.
typealias Metrics = [String: MetricValue]

extension Metrics {
  func compared(with reference: Metrics?) -> Metrics {
    guard let reference else { return self }
    return reduce(into: [:]) { $0[$1.key] = $1.value.compared(with: reference[$1.key]) }
  }
}
