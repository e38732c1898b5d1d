/// Which method a column is compared with, and why.
struct MethodChoice: Sendable {
  let method: DriftMethod
  let reason: String
  let threshold: Double

  /// The size up to which `auto` tests for significance; above it, it measures distance, since at
  /// large sizes every difference is significant.
  static let smallSample = 1_000

  /// Chooses for one column.
  ///
  /// - Parameters:
  ///   - counts: values on each side; for a chunk, its own on both, since a short chunk has no more to
  ///     tell beside a long reference than beside a short one.
  ///   - categories: number of categories on both sides together; nil for other kinds.
  static func make(
    for column: ComparableColumn, counts: (reference: Int, current: Int), categories: Int?,
    options: DriftOptions
  ) throws(MonitoringError) -> MethodChoice {
    if let id = options.methodFor[column.name] {
      if id == "auto" { return automatic(column.kind, counts, categories, options, because: nil) }
      let method = try DriftMethod.named(id)
      guard method.fits(column.kind) else {
        throw .methodDoesNotFit(
          method: id, column: column.name, kind: column.kind.rawValue,
          fitting: DriftMethod.all.filter { $0.fits(column.kind) }.map(\.id))
      }
      // A threshold that is given beside no other method is meant for those that are named.
      let threshold = ["auto", id].contains(options.method) ? options.threshold : nil
      return MethodChoice(
        method: method, reason: "asked for this column",
        threshold: threshold ?? method.defaultThreshold)
    }
    if options.method == "auto" {
      return automatic(column.kind, counts, categories, options, because: nil)
    }
    let method = try DriftMethod.named(options.method)
    guard method.fits(column.kind) else {
      return automatic(
        column.kind, counts, categories, options,
        because: "\(method.id) does not fit a \(column.kind.rawValue) column")
    }
    return MethodChoice(
      method: method, reason: "asked for",
      threshold: options.threshold ?? method.defaultThreshold)
  }

  private static func automatic(
    _ kind: ColumnKind, _ counts: (reference: Int, current: Int), _ categories: Int?,
    _ options: DriftOptions, because: String?
  ) -> MethodChoice {
    let isSmall = max(counts.reference, counts.current) <= smallSample
    let method: DriftMethod
    let rule: String
    switch (kind, isSmall) {
    case (.categorical, true) where (categories ?? 0) <= 2:
      (method, rule) = (.zProportion, "at most two categories, at most 1000 values a side")
    case (.categorical, true):
      (method, rule) = (.chiSquare, "categories, at most 1000 values a side")
    case (.categorical, false):
      (method, rule) = (.jensenShannon, "categories, more than 1000 values on a side")
    case (_, true): (method, rule) = (.kolmogorovSmirnov, "numeric, at most 1000 values a side")
    case (_, false): (method, rule) = (.wasserstein, "numeric, more than 1000 values on a side")
    }
    let threshold = options.method == "auto" ? options.threshold : nil
    return MethodChoice(
      method: method, reason: [because, "auto: \(rule)"].compactMap { $0 }.joined(separator: "; "),
      threshold: threshold ?? method.defaultThreshold)
  }
}
