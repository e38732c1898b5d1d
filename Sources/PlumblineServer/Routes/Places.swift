import Hummingbird
import Synchronization

/// How many may do something at once.
final class Places: Sendable {
  /// One that is taken, for as long as somebody has it.
  final class Place: Sendable {
    private let places: Places

    fileprivate init(_ places: Places) {
      self.places = places
    }

    deinit { places.free.withLock { $0 += 1 } }
  }

  private let free: Mutex<Int>

  init(_ count: Int) {
    free = Mutex(count)
  }

  /// A place; nil where none is free.
  func take() -> Place? {
    let isTaken = free.withLock { free -> Bool in
      guard free > 0 else { return false }
      free -= 1
      return true
    }
    return isTaken ? Place(self) : nil
  }

  /// A place, or the answer that there is none.
  ///
  /// - Parameters:
  ///   - what: is made, as many at once as may be.
  ///   - mend: besides asking again.
  func take(for what: String, code: String, mend: String? = nil) throws -> Place {
    guard let place = take() else {
      throw Problem(
        .serviceUnavailable, code, "as many \(what) are being made as may be",
        mend: "ask again after a while" + (mend.map { ", or \($0)" } ?? ""), retryAfter: 10)
    }
    return place
  }
}
