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
}
