public import DataSources

/// What can go wrong with kept runs.
public enum HistoryError: ExplainedError, Equatable {
  case unusable(path: String, reason: String)
  /// There is no file to read.
  case missing(path: String)
  case empty(path: String)
  /// A file of something else than runs, metrics and alerts.
  case noHistory(path: String)
  case noSuchRun(id: Int64, path: String)
  case unreadableRun(id: Int64, reason: String)

  public var code: String {
    switch self {
    case .unusable: "history_unusable"
    case .missing, .empty, .noHistory: "no_history"
    case .noSuchRun: "no_such_run"
    case .unreadableRun: "unreadable_run"
    }
  }

  public var what: String {
    switch self {
    case .unusable(let path, let reason): "the history \(path) cannot be used: \(reason)"
    case .missing(let path): "there is no history \(path)"
    case .empty(let path): "\(path) is empty, and no history"
    case .noHistory(let path): "\(path) is no history"
    case .noSuchRun(let id, let path): "there is no run \(id) in \(path)"
    case .unreadableRun(let id, let reason): "run \(id) cannot be read: \(reason)"
    }
  }

  public var mend: String {
    switch self {
    case .unusable: "check that it is a SQLite file of Plumbline's, and that its folder has room"
    case .missing, .empty, .noHistory:
      "name the file that --history kept runs in, or history.db of the service's data folder"
    case .noSuchRun: "see `plumbline history list`"
    case .unreadableRun: "it was kept by another version; use that one to show it"
    }
  }
}
