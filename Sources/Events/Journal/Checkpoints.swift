import Dispatch
import GRDB
import Synchronization

/// Brings what was committed from a database's write-ahead log into its file, while others commit.
///
/// SQLite would have the one who commits do it, and all who wait for that commit with it.
final class Checkpoints: Sendable {
  /// About how many bytes are committed between two.
  private static let interval = 32 << 20
  /// What a commit writes besides its content.
  private static let commitBytes = 16_384

  private struct State {
    var bytes = 0
    var isScheduled = false
  }

  private let database: DatabasePool
  /// A connection beside those of the pool, whose writer would have to wait.
  private let own: DatabaseQueue
  private let queue = DispatchQueue(label: "plumbline.checkpoints")
  private let state = Mutex(State())

  init(_ database: DatabasePool, _ configuration: Configuration) throws {
    self.database = database
    own = try DatabaseQueue(path: database.path, configuration: configuration)
  }

  /// Counts what was committed; makes a checkpoint in the background where it is due.
  func note(_ bytes: Int) {
    let isDue = state.withLock { state in
      state.bytes += bytes + Self.commitBytes
      guard state.bytes >= Self.interval, !state.isScheduled else { return false }
      state.isScheduled = true
      return true
    }
    guard isDue else { return }
    queue.async {
      self.state.withLock { $0.bytes = 0 }
      self.make()
      self.state.withLock { $0.isScheduled = false }
    }
  }

  private func make() {
    // What is committed in the meantime is left for the next round, and less each time. The last of it
    // is brought over by the writer between two commits, so that the log begins anew. What cannot be
    // done now, because somebody reads an older state, is done with the next checkpoint.
    for _ in 0..<2 { _ = try? own.inDatabase { try $0.checkpoint() } }
    _ = try? database.writeWithoutTransaction { try $0.checkpoint() }
  }

  func close() throws {
    try queue.sync { try own.close() }
  }
}
