import Synchronization

/// Connections that are open and idle, so that workers do not open one for every query.
public final class ConnectionPool: Sendable {
  private let idle = Mutex<[Idle]>([])

  /// A connection nobody uses. Unchecked, because a connection belongs to one thread at a time: it
  /// changes threads only here, under the pool's mutex, while nobody has it.
  private struct Idle: @unchecked Sendable {
    let connection: Connection
  }

  public init() {}

  /// Lends a connection to `database` for the duration of `body`.
  ///
  /// A connection whose use ended in an error is closed rather than lent again.
  public func withConnection<Result>(
    to database: Database, _ body: (Connection) throws -> Result
  ) throws -> Result {
    let known = idle.withLock { idle -> Idle? in
      guard let index = idle.firstIndex(where: { $0.connection.database === database }) else {
        return nil
      }
      return idle.remove(at: index)
    }
    let lent = try known ?? Idle(connection: database.connect())
    let result = try body(lent.connection)
    idle.withLock { $0.append(lent) }
    return result
  }
}
