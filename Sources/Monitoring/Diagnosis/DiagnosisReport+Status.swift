extension DiagnosisReport {
  /// The verdict as a status: a cause of something that got worse is critical where it is near certain.
  public var status: Status {
    switch verdict {
    case .nothingWrong: .healthy
    case .undetermined: degraded == true ? .degraded : .unknown
    case .causeFound: degraded == true ? .critical : .degraded
    }
  }
}
