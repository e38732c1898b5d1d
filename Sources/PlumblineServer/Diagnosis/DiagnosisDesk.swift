import Synchronization

/// Where diagnoses are made: one at a time of each model, and few at once.
final class DiagnosisDesk: Sendable {
  /// Cores are kept busy for seconds: two at once leave none for more.
  static let places = 2

  enum Refusal: Error {
    /// One of the same model is being made.
    case underWay
    case full
  }

  /// A place that is taken until it is left, or nobody has it any more.
  final class Place: Sendable {
    private let desk: DiagnosisDesk
    private let model: String
    private let isLeft = Atomic(false)

    fileprivate init(_ desk: DiagnosisDesk, _ model: String) {
      self.desk = desk
      self.model = model
    }

    /// Makes room for the next; by then somebody else may have it, so only the first time counts.
    func leave() {
      guard !isLeft.exchange(true, ordering: .relaxed) else { return }
      desk.models.withLock { _ = $0.remove(model) }
    }

    deinit { leave() }
  }

  private let models = Mutex<Set<String>>([])

  func take(_ model: String) throws(Refusal) -> Place {
    let refusal = models.withLock { models -> Refusal? in
      guard !models.contains(model) else { return .underWay }
      guard models.count < Self.places else { return .full }
      models.insert(model)
      return nil
    }
    if let refusal { throw refusal }
    return Place(self, model)
  }
}
