import Statistics

extension ExperimentAnalysis {
  /// The first metric's difference after each day, of the units that had come by then.
  func timeline() -> [ExperimentDay] {
    guard let control = config.variants.first, let metric = config.metrics.first else { return [] }
    let known = config.variants.compactMap { state.variants[$0.name]?.metrics[metric.name] }
    let means = MetricMeans(form: known.first?.form ?? .plain, all: known.map(\.moments))
    let days = state.days.keys.sorted()
    return config.variants.dropFirst().flatMap { treatment in
      var (one, two) = (PairedMoments(), PairedMoments())
      return days.map { day in
        one.merge(state.days[day]?[control.name] ?? PairedMoments())
        two.merge(state.days[day]?[treatment.name] ?? PairedMoments())
        var entry = ExperimentDay(
          day: String(Instant(day: day).iso8601.prefix(10)), treatment: treatment.name,
          controlUnits: one.count, treatmentUnits: two.count)
        guard one.count > 1, two.count > 1 else { return entry }
        let (a, b) = (means.estimate(one), means.estimate(two))
        let (difference, variance) = (b.mean - a.mean, a.variance + b.variance)
        entry.difference = difference
        if let valid = alwaysValid(one.count + two.count, variance) {
          let interval = valid.interval(
            difference: difference, variance: variance, alpha: config.significanceLevel)
          entry.lower = interval.lower
          entry.upper = interval.upper
        }
        return entry
      }
    }
  }
}
