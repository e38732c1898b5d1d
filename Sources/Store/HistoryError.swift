public import DataSources

/// What can go wrong with kept runs.
public enum HistoryError: ExplainedError, Equatable {
  case unusable(path: String, reason: String)
  case noSuchRun(id: Int64, path: String)
  case unreadableRun(id: Int64, reason: String)

  public var code: String {
    switch self {
    case .unusable: "history_unusable"
    case .noSuchRun: "no_such_run"
    case .unreadableRun: "unreadable_run"
    }
  }

  public var what: String {
    switch self {
    case .unusable(let path, let reason): "the history \(path) cannot be used: \(reason)"
    case .noSuchRun(let id, let path): "there is no run \(id) in \(path)"
    case .unreadableRun(let id, let reason): "run \(id) cannot be read: \(reason)"
    }
  }

  public var mend: String {
    switch self {
    case .unusable: "check that it is a SQLite file of Plumbline's, and that its folder has room"
    case .noSuchRun: "see `plumbline history list`"
    case .unreadableRun: "it was kept by another version; use that one to show it"
    }
  }
}
