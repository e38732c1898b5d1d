import Events
import Logging
import Synchronization

/// Tells once what became of the index of events, however often it is looked at.
final class IndexWatch: Sendable {
  private let told = Mutex(EventLog.IndexState())

  func look(at index: EventLog.IndexState, _ logger: Logger) {
    let before = told.withLock { told in
      defer { told = index }
      return told
    }
    if index.rebuilt > before.rebuilt {
      logger.notice(
        "files of events were read again for the index",
        metadata: ["files": "\(index.rebuilt - before.rebuilt)"])
    }
    let unread = index.unread.filter { before.unread[$0.key] == nil }
    for (path, reason) in unread.sorted(by: { $0.key < $1.key }) {
      logger.error(
        "a file of events cannot be read, and what is in it may come again: put a copy of it back",
        metadata: ["file": "\(path)", "error": "\(reason)"])
    }
    if let failure = index.failure, failure != before.failure {
      logger.error(
        "files of the index could not be merged: it is tried again, and slower until then",
        metadata: ["files": "\(index.files)", "error": "\(failure)"])
    }
  }
}
