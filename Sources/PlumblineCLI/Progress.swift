import Dispatch
import Synchronization

/// A line on standard error that counts columns, once a check takes longer than two seconds.
///
/// Only where standard error is a terminal; `finish` wipes the line.
final class Progress: Sendable {
  private struct State {
    var begun = DispatchTime.now()
    var isShown = false
    var isFinished = false
  }
  private let state = Mutex(State())
  private let isEnabled: Bool

  init(isEnabled: Bool) {
    self.isEnabled = isEnabled
  }

  func update(_ done: Int, of total: Int) {
    guard isEnabled else { return }
    state.withLock { state in
      let elapsed = DispatchTime.now().uptimeNanoseconds - state.begun.uptimeNanoseconds
      guard !state.isFinished, elapsed > 2_000_000_000 else { return }
      state.isShown = true
      Console.errorPart("\r\u{1B}[K\(done) of \(total) columns compared")
    }
  }

  func finish() {
    state.withLock { state in
      if state.isShown { Console.errorPart("\r\u{1B}[K") }
      state.isFinished = true
    }
  }
}
