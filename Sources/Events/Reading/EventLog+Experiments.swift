public import Monitoring

extension EventLog {
  /// Where an experiment's units went and what of them was measured; nil where nothing was.
  public func allocation(of config: ExperimentConfig) throws -> ExperimentAllocation? {
    var config = config
    config.unit = config.unit ?? EventColumnName.user
    return try withEvents(of: config.experimentID, .observations) { events in
      try ExperimentAllocation(
        reading: events, config: config, variantColumn: EventColumnName.variant)
    }
  }
}
