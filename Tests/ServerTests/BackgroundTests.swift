import Foundation
import Hummingbird
import Monitoring
import Store
import Support
import Synchronization
import Testing

@testable import PlumblineServer

/// Work that takes long, beside what must not wait for it.
struct BackgroundTests {
  /// Opened by who looks, or by itself after longer than any look takes, however busy the machine is.
  private final class Gate: Sendable {
    private let isOpen = Atomic(false)
    let begun = Atomic(0)

    func open() { isOpen.store(true, ordering: .releasing) }

    /// Keeps a core busy until it is opened; false where nobody did for ten minutes.
    func computeUntilOpen() -> Bool {
      begun.add(1, ordering: .relaxed)
      let end = ContinuousClock.now + .seconds(600)
      while !isOpen.load(ordering: .acquiring) {
        if ContinuousClock.now > end { return false }
      }
      return true
    }
  }

  @Test func `Work on every core keeps neither sleepers nor limits from being in time`()
    async throws
  {
    let gate = Gate()
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let jobs = (0..<cores).map { _ in
      Task { try await Background.run { gate.computeUntilOpen() } }
    }
    while gate.begun.load(ordering: .relaxed) < cores { await Task.yield() }
    try await Task.sleep(for: .milliseconds(1))
    await #expect(throws: Background.GivenUp.slow) {
      try await Background.run(within: 0) { _ = gate.computeUntilOpen() }
    }
    #expect(try await Background.runBriefly { true })
    gate.open()
    // None of what was waited for had to wait until they gave up.
    for job in jobs { #expect(try await job.value) }
  }

  @Test func `As many runs and analyses as may be are made, and one more is told to ask again`()
    async throws
  {
    var configuration = Configuration()
    configuration.experiments = [
      ExperimentConfig(
        experimentID: "e", variants: [.init(name: "a", share: 0.5), .init(name: "b", share: 0.5)])
    ]
    let service = try RoutedService(configuration)
    let history = try History(path: service.folder.path + "/history.db")
    func status(_ method: HTTPRequest.Method, _ path: String, _ count: Int) async throws
      -> HTTPResponse.Status
    {
      let (state, places) = (service.state, Places(count))
      let body =
        #"{"monitoring_type": "drift_detection", "data": {"reference": "n.csv", "current": "n.csv"}}"#
      let answer = try await service.answer(
        method, path, headers: [.contentType: "application/json"], body: body
      ) { router in
        RunRoutes(state: state, history: history, version: "1", places: places).add(to: router)
        ExperimentRoutes(state: state, history: history, version: "1", places: places)
          .add(to: router)
      }
      #expect((answer.headers[.retryAfter] == "10") == (answer.status == .serviceUnavailable))
      return answer.status
    }
    for (method, path) in [
      (HTTPRequest.Method.post, "/v1/run"), (.get, "/v1/experiments/e"),
      (.get, "/v1/experiments/e/allocation"),
    ] {
      #expect(try await status(method, path, 0) == .serviceUnavailable)
      #expect(try await status(method, path, 1) != .serviceUnavailable)
    }
  }
}
