import Synchronization

/// Where diagnoses are made: one at a time of each model, and few at once.
///
/// One that takes too long is overdue: a thread that computes, or waits for a database that does not let go
/// of it, cannot be ended. It gives its place to other models, but keeps its own until it comes back.
final class DiagnosisDesk: Sendable {
  /// Cores are kept busy for seconds: two at once leave none for more.
  static let places = 2
  /// Overdue ones with which no more is begun: each may keep cores and memory busy.
  static let mostOverdue = 4

  enum Refusal: Error, Equatable {
    /// One of the same model is being made, or has not come back.
    case underWay(isOverdue: Bool)
    /// As many are being made, or have not come back, as may; of these models.
    case full(overdue: [String])
  }

  /// A place that is taken until it is left, or nobody has it any more.
  final class Place: Sendable {
    private let desk: DiagnosisDesk
    private let model: String

    fileprivate init(_ desk: DiagnosisDesk, _ model: String) {
      self.desk = desk
      self.model = model
    }

    /// Makes room for the next; by then somebody else may have it, so only the first time counts.
    func leave() { desk.change { $0.release(model, ObjectIdentifier(self)) } }

    /// Makes room for another model: nobody waits any longer for what is made here.
    func giveUp() { desk.change { $0.giveUp(model, ObjectIdentifier(self)) } }

    deinit { leave() }
  }

  private struct State {
    /// Who has which model.
    private var takers: [String: (place: ObjectIdentifier, isOverdue: Bool)] = [:]

    var overdue: [String] { takers.filter(\.value.isOverdue).keys.sorted() }

    mutating func take(_ model: String, _ place: ObjectIdentifier) -> Refusal? {
      if let taker = takers[model] { return .underWay(isOverdue: taker.isOverdue) }
      let overdue = overdue
      guard overdue.count < mostOverdue, takers.count - overdue.count < places else {
        return .full(overdue: overdue)
      }
      takers[model] = (place, false)
      return nil
    }

    mutating func release(_ model: String, _ place: ObjectIdentifier) {
      if takers[model]?.place == place { takers[model] = nil }
    }

    mutating func giveUp(_ model: String, _ place: ObjectIdentifier) {
      if takers[model]?.place == place { takers[model]?.isOverdue = true }
    }
  }

  private let state = Mutex(State())
  private let show: @Sendable (_ overdue: Int) -> Void

  /// - Parameter show: is told how many are overdue, one change after the other.
  init(show: @escaping @Sendable (_ overdue: Int) -> Void = { _ in }) { self.show = show }

  func take(_ model: String) throws(Refusal) -> Place {
    let place = Place(self, model)
    let refusal = state.withLock { $0.take(model, ObjectIdentifier(place)) }
    if let refusal { throw refusal }
    return place
  }

  private func change(_ change: (inout State) -> Void) {
    state.withLock { state in
      change(&state)
      // Before anybody else changes it: the last to be shown is the last there was.
      show(state.overdue.count)
    }
  }
}
