import Events
import Logging

extension EventLog.Recovery {
  /// Files that are named; of more there is only how many.
  private static let named = 20

  /// Says loudly what did not fit together in the data folder.
  func log(to logger: Logger) {
    if !adopted.isEmpty {
      logger.error(
        """
        the journal of events was lost: the files in the data folder were taken in, what waited to be \
        written to files is gone
        """, metadata: ["files": "\(adopted.count)"])
    }
    if !unknown.isEmpty {
      logger.error(
        """
        files the journal of events does not know were moved to the data folder's orphans: send them \
        again, what is known counts once, and remove them then
        """,
        metadata: Self.metadata(unknown))
    }
    if !missing.isEmpty {
      logger.error(
        "files of events are gone or damaged, and are left out until they are as they were",
        metadata: Self.metadata(missing))
    }
  }

  private static func metadata(_ files: [String]) -> Logger.Metadata {
    let names = files.prefix(named).joined(separator: ", ")
    return ["count": "\(files.count)", "files": "\(names)\(files.count > named ? " …" : "")"]
  }
}
