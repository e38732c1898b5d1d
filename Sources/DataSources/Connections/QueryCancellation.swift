import Synchronization

/// Ends what is asked of databases for somebody who does not wait any longer.
///
/// ```swift
/// let cancellation = QueryCancellation()
/// // On one thread; what it has other threads do is not meant.
/// try QueryCancellation.$current.withValue(cancellation) { try work() }
/// // On another.
/// cancellation.cancel()
/// ```
public final class QueryCancellation: Sendable {
  /// What queries of this thread or task belong to.
  @TaskLocal public static var current: QueryCancellation?

  /// A connection somebody uses. Unchecked, because it belongs to one thread at a time: from another only
  /// ``Connection/cancel()`` is called, which is made for that.
  private struct Used: @unchecked Sendable {
    weak var connection: Connection?
  }

  private struct State {
    var isCancelled = false
    var used: [Used] = []
  }

  private let state = Mutex(State())

  public init() {}

  public var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Has queries that run throw, where their driver can cancel them, and those that are to be begun.
  ///
  /// A query that begins just now may be missed: who wants to be sure does so again a little later.
  public func cancel() {
    let used = state.withLock { state in
      state.isCancelled = true
      return state.used
    }
    // Not under the lock: a driver may ask its server to end the query.
    for used in used { used.connection?.cancel() }
  }

  /// Notes that a query is to be run over a connection; throws where none is any more.
  func begin(over connection: Connection, _ source: String) throws(DataSourceError) {
    let used = Used(connection: connection)
    let isCancelled = state.withLock { state in
      state.used.removeAll { $0.connection == nil || $0.connection === used.connection }
      state.used.append(used)
      return state.isCancelled
    }
    if isCancelled { throw Self.cancelled(source) }
  }

  static func cancelled(_ source: String) -> DataSourceError {
    .unreadable(source: source, reason: "nobody waits for it any longer")
  }
}
