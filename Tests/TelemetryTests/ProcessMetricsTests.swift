import Dispatch
import Testing

@testable import Telemetry

/// What a process says of itself.
struct ProcessMetricsTests {
  @Test(.enabled(if: ProcessFigures() != nil, "needs /proc"))
  func `CPU time is counted once, however many ask at once`() throws {
    let name = "process_cpu_seconds_total "
    for _ in 0..<500 {
      let registry = MetricRegistry()
      try registry.addProcessMetrics()
      DispatchQueue.concurrentPerform(iterations: 4) { _ in _ = registry.render(.text) }
      let text = String(decoding: registry.render(.text), as: UTF8.self)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name) })
      let counted = try #require(Double(line.dropFirst(name.count)))
      let spent = try #require(ProcessFigures()).cpuSeconds
      try #require(counted <= spent + 1e-6)
    }
  }
}
