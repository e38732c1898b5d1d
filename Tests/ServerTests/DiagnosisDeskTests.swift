import Dispatch
import Synchronization
import Telemetry
import Testing

@testable import PlumblineServer

/// How many diagnoses are made at once.
struct DiagnosisDeskTests {
  private func refusal(_ desk: DiagnosisDesk, _ model: String) -> DiagnosisDesk.Refusal? {
    do {
      _ = try desk.take(model)
      return nil
    } catch {
      return error
    }
  }

  @Test func `One of each model, and few of all; a place that is left is free`() throws {
    let desk = DiagnosisDesk()
    do {
      let first = try desk.take("fraud")
      #expect(refusal(desk, "fraud") == .underWay(isOverdue: false))
      let second = try desk.take("churn")
      #expect(refusal(desk, "other") == .full(overdue: []))
      // Who asks again for one that is made is told that, not that there is no room.
      #expect(refusal(desk, "churn") == .underWay(isOverdue: false))
      withExtendedLifetime((first, second)) {}
    }
    #expect(refusal(desk, "fraud") == nil)
    #expect(refusal(desk, "other") == nil)
    // Who has left and is still there does not take the next one's place away.
    let left = try desk.take("fraud")
    left.leave()
    let next = try desk.take("fraud")
    left.leave()
    #expect(refusal(desk, "fraud") == .underWay(isOverdue: false))
    withExtendedLifetime((left, next)) {}
  }

  @Test func `One that is overdue gives its place to other models, while few are`() throws {
    let registry = MetricRegistry()
    let gauge = try ServiceMetrics(registry).overdueDiagnoses
    let desk = DiagnosisDesk { gauge.set(Double($0)) }
    func isShown(_ count: Int) -> Bool {
      String(decoding: registry.render(.text), as: UTF8.self)
        .contains("\nplumbline_diagnoses_overdue \(count)\n")
    }
    var late: [DiagnosisDesk.Place] = []
    for number in 0..<DiagnosisDesk.mostOverdue {
      late.append(try desk.take("late\(number)"))
      #expect(isShown(number))
      late[number].giveUp()
    }
    #expect(isShown(DiagnosisDesk.mostOverdue))
    #expect(refusal(desk, "late1") == .underWay(isOverdue: true))
    #expect(refusal(desk, "other") == .full(overdue: ["late0", "late1", "late2", "late3"]))
    // It comes back after all; that it is given up then changes nothing.
    late[1].leave()
    late[1].giveUp()
    #expect(isShown(DiagnosisDesk.mostOverdue - 1))
    #expect(refusal(desk, "late1") == nil)
    // Overdue ones take none of the places of those that are made.
    let made = try ["a", "b"].map { try desk.take($0) }
    #expect(refusal(desk, "c") == .full(overdue: ["late0", "late2", "late3"]))
    late.removeAll()
    #expect(isShown(0))
    withExtendedLifetime(made) {}
  }

  @Test func `What is shown last is how many are overdue, however long it takes to show it`() throws
  {
    let shown = Mutex<[Int]>([])
    let (begun, overtaken, ended) = (Gate(), Gate(), Gate())
    let desk = DiagnosisDesk { count in
      if count == 1 {
        begun.open()
        // The next overtakes it, where it can.
        overtaken.wait(seconds: 0.2)
      }
      shown.withLock { $0.append(count) }
      if count == 2 { overtaken.open() }
    }
    let (first, second) = (try desk.take("a"), try desk.take("b"))
    DispatchQueue.global().async {
      first.giveUp()
      ended.open()
    }
    begun.wait()
    second.giveUp()
    ended.wait()
    #expect(shown.withLock { $0 } == [1, 2])
    withExtendedLifetime((first, second)) {}
  }

  @Test func `Work that takes too long is waited for no longer, and what it throws is told`()
    async throws
  {
    struct Broken: Error {}
    #expect(try await Background.run(within: 60) { 7 } == 7)
    await #expect(throws: Broken.self) {
      try await Background.run(within: 60) { () throws -> Int in throw Broken() }
    }
    let gate = Gate()
    await #expect(throws: Background.GivenUp.slow) {
      try await Background.run(within: 0) { gate.wait() }
    }
    gate.open()
  }
}

/// Keeps a thread until somebody opens it.
private final class Gate: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  func wait() { semaphore.wait() }

  /// Waits for some seconds at most.
  func wait(seconds: Double) { _ = semaphore.wait(timeout: .now() + seconds) }

  func open() { semaphore.signal() }
}
