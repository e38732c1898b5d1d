import Synchronization

/// All series of one name: an instrument for each set of label values.
public final class MetricFamily<Member: Instrument>: Sendable {
  private struct State {
    var members: [[String]: Member] = [:]
    /// In the order they came, with their labels as they are written.
    var order: [(series: SeriesName, member: Member)] = []
    var overflow: Member?
  }

  public let name: String
  public let help: String
  public let labelNames: [String]
  /// Of a histogram's buckets; empty for other instruments.
  let bounds: [Double]
  private let seriesLimit: Int
  private let make: @Sendable () -> Member
  private let overflowed: @Sendable () -> Void
  private let state = Mutex(State())

  init(
    name: String, help: String, labelNames: [String], bounds: [Double] = [], seriesLimit: Int,
    overflowed: @escaping @Sendable () -> Void, make: @escaping @Sendable () -> Member
  ) {
    self.name = name
    self.help = help
    self.labelNames = labelNames
    self.bounds = bounds
    self.seriesLimit = seriesLimit
    self.overflowed = overflowed
    self.make = make
  }

  /// The value of every label of the series that stands for those beyond the limit.
  public static var overflowValue: String { "__overflow__" }

  /// The instrument of some label values, made at first use; keep it where it is used often.
  ///
  /// Once there are as many series as the registry allows, further label values share one series.
  ///
  /// - Parameter values: one for each label, in the order of ``labelNames``.
  public func with(_ values: String...) -> Member { with(values) }

  /// The instrument of some label values, made at first use.
  public func with(_ values: [String]) -> Member {
    precondition(values.count == labelNames.count, "\(name) has the labels \(labelNames)")
    return state.withLock { state in
      if let known = state.members[values] { return known }
      guard state.members.count < seriesLimit else {
        overflowed()
        if let overflow = state.overflow { return overflow }
        let member = make()
        state.overflow = member
        let values = values.map { _ in Self.overflowValue }
        state.order.append((SeriesName(name, zip(labelNames, values)), member))
        return member
      }
      let member = make()
      state.members[values] = member
      state.order.append((SeriesName(name, zip(labelNames, values)), member))
      return member
    }
  }

  /// Forgets a series, so that it is no longer written.
  public func remove(_ values: [String]) {
    state.withLock { state in
      guard let gone = state.members.removeValue(forKey: values) else { return }
      state.order.removeAll { $0.member === gone }
    }
  }

  /// Forgets the series of label values for which a condition holds.
  ///
  /// - Parameter isGone: is given a value for each label, in the order of ``labelNames``.
  public func removeAll(where isGone: ([String]) -> Bool) {
    state.withLock { state in
      let gone = state.members.filter { isGone($0.key) }
      guard !gone.isEmpty else { return }
      for labels in gone.keys { state.members[labels] = nil }
      let members = Set(gone.values.map(ObjectIdentifier.init))
      state.order.removeAll { members.contains(ObjectIdentifier($0.member)) }
    }
  }

  /// Number of series.
  public var seriesCount: Int { state.withLock { $0.order.count } }
}

extension MetricFamily where Member == Counter {
  /// Adds one to the series without labels.
  public func increment(by amount: Double = 1) { with().increment(by: amount) }
}

extension MetricFamily where Member == Gauge {
  /// Sets the series without labels.
  public func set(_ value: Double) { with().set(value) }
}

extension MetricFamily where Member == Histogram {
  /// Counts a value in the series without labels.
  public func observe(_ value: Double) { with().observe(value) }
}

/// A family whatever its instruments.
protocol AnyMetricFamily: AnyObject, Sendable {
  var name: String { get }
  func write(to writer: inout ExpositionWriter)
}

extension MetricFamily: AnyMetricFamily {
  func write(to writer: inout ExpositionWriter) {
    let order = state.withLock { $0.order }
    guard !order.isEmpty else { return }
    writer.head(name, Member.kind, help)
    for (series, member) in order { member.write(to: &writer, series) }
  }
}
