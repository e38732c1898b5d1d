public import DataSources

/// What can go wrong with events.
public enum EventError: ExplainedError, Equatable {
  case unreadable(reason: String)
  case invalidModel(name: String)
  case locked(folder: String)
  case unusable(folder: String, reason: String)
  /// The engine that reads and writes events cannot be loaded: its driver is missing or broken.
  case noEngine(DataSourceError)
  /// A batch is larger than can be kept, however often it is sent.
  case tooLarge(bytes: Int)
  /// There are as many models as may be.
  case tooManyModels(limit: Int)
  /// More is waiting to be written than may wait.
  case overloaded
  /// It could not be made durable; nothing of it was kept.
  case notKept(reason: String)
  case stopped

  public var code: String {
    switch self {
    case .unreadable: "unreadable_events"
    case .invalidModel: "invalid_model"
    case .locked: "data_folder_in_use"
    case .unusable: "data_folder_unusable"
    case .noEngine(let error): error.code
    case .tooLarge: "batch_too_large"
    case .tooManyModels: "too_many_models"
    case .overloaded: "overloaded"
    case .notKept: "not_kept"
    case .stopped: "stopping"
    }
  }

  public var what: String {
    switch self {
    case .unreadable(let reason): "the events cannot be read: \(reason)"
    case .invalidModel(let name): "`\(name)` cannot be the name of a model"
    case .locked(let folder): "another process has the data folder \(folder)"
    case .unusable(let folder, let reason): "the data folder \(folder) cannot be used: \(reason)"
    case .noEngine(let error): error.what
    case .tooLarge(let bytes): "the batch takes more than \(bytes) bytes as columns"
    case .tooManyModels(let limit): "there are \(limit) models, as many as may be"
    case .overloaded: "more events are waiting to be written than may wait"
    case .notKept(let reason): "the events could not be kept: \(reason)"
    case .stopped: "the service is stopping"
    }
  }

  public var mend: String {
    switch self {
    case .unreadable: "send a JSON array of objects, or an object on each line"
    case .invalidModel: "use 1 to 128 letters, digits, `.`, `_` and `-`, a letter or digit first"
    case .locked: "stop the other process, or give this one a folder of its own"
    case .unusable: "check that the folder can be written to and has room"
    case .noEngine(let error): error.mend
    case .tooLarge: "send it in smaller batches"
    case .tooManyModels: "send events of a model there is already, or raise service.limits.models"
    case .overloaded: "send the same batch again after a while"
    case .notKept: "check the room on the disk, then send the same batch again"
    case .stopped: "send the same batch again when the service is back"
    }
  }

  /// Whether it is of the events themselves: they cannot be kept however often they are sent, and others
  /// beside them can.
  public var isOfTheEvent: Bool {
    switch self {
    case .unreadable, .invalidModel, .tooLarge, .tooManyModels: true
    default: false
    }
  }
}
