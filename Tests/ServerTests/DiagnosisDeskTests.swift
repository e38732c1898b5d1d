import Dispatch
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
      #expect(refusal(desk, "fraud") == .underWay)
      let second = try desk.take("churn")
      #expect(refusal(desk, "other") == .full)
      // Who asks again for one that is made is told that, not that there is no room.
      #expect(refusal(desk, "churn") == .underWay)
      withExtendedLifetime((first, second)) {}
    }
    #expect(refusal(desk, "fraud") == nil)
    #expect(refusal(desk, "other") == nil)
    // Who has left and is still there does not take the next one's place away.
    let left = try desk.take("fraud")
    left.leave()
    let next = try desk.take("fraud")
    left.leave()
    #expect(refusal(desk, "fraud") == .underWay)
    withExtendedLifetime((left, next)) {}
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

  func open() { semaphore.signal() }
}
