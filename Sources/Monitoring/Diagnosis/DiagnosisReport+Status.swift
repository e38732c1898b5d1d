extension DiagnosisReport {
  /// The verdict as a status: a cause of something that got worse is critical where it is near certain. Where
  /// nothing got worse but a diagnostic of somebody's own failed, that is what is wrong.
  public var status: Status {
    switch verdict {
    case .nothingWrong: .healthy
    case .undetermined: degraded == nil ? .unknown : .degraded
    case .causeFound: degraded == true ? .critical : .degraded
    }
  }
}
