public import DataSources

/// What can go wrong with events.
public enum EventError: ExplainedError, Equatable {
  case unreadable(reason: String)
  /// A Parquet file that was sent, or what it holds, is nothing that events can be read from.
  case unreadableFile(reason: String)
  /// A CloudEvent, or what is in it, is nothing that events can be made of.
  case unreadablePayload(reason: String)
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
  /// A file of events in the data folder, relative to it, is not what it was.
  case damaged(path: String, reason: String)
  case stopped

  public var code: String {
    switch self {
    case .unreadable, .unreadableFile, .unreadablePayload: "unreadable_events"
    case .invalidModel: "invalid_model"
    case .locked: "data_folder_in_use"
    case .unusable: "data_folder_unusable"
    case .noEngine(let error): error.code
    case .tooLarge: "batch_too_large"
    case .tooManyModels: "too_many_models"
    case .overloaded: "overloaded"
    case .notKept: "not_kept"
    case .damaged: "damaged_file"
    case .stopped: "stopping"
    }
  }

  public var what: String {
    switch self {
    case .unreadable(let reason), .unreadableFile(let reason):
      "the events cannot be read: \(reason)"
    case .unreadablePayload(let reason): "the CloudEvent cannot be taken: \(reason)"
    case .invalidModel(let name): "`\(name)` cannot be the name of a model"
    case .locked(let folder): "another process has the data folder \(folder)"
    case .unusable(let folder, let reason): "the data folder \(folder) cannot be used: \(reason)"
    case .noEngine(let error): error.what
    case .tooLarge(let bytes): "the batch takes more than \(bytes) bytes as columns"
    case .tooManyModels(let limit): "there are \(limit) models, as many as may be"
    case .overloaded: "more events are waiting to be written than may wait"
    case .notKept(let reason): "the events could not be kept: \(reason)"
    case .damaged(let path, let reason):
      "the file \(path) in the data folder is not as it was: \(reason)"
    case .stopped: "the service is stopping"
    }
  }

  /// As ``what``, without where the folder is and what the system says of it, which is for who runs the
  /// service.
  public var whatForOthers: String {
    switch self {
    case .locked, .unusable: "the service's data folder cannot be used"
    default: what
    }
  }

  public var mend: String {
    switch self {
    case .unreadable: "send a JSON array of objects, or an object on each line"
    case .unreadableFile:
      "check that the whole file was sent, and that it is Parquet with numbers, texts and truth "
        + "values"
    case .unreadablePayload:
      "send CloudEvents of requests and responses in the V1 protocol, the Open Inference Protocol or "
        + "Seldon's, as JSON"
    case .invalidModel: "use 1 to 128 letters, digits, `.`, `_` and `-`, a letter or digit first"
    case .locked: "stop the other process, or give this one a folder of its own"
    case .unusable: "check that the folder can be written to and has room"
    case .noEngine(let error): error.mend
    case .tooLarge: "send it in smaller batches"
    case .tooManyModels: "send events of a model there is already, or raise service.limits.models"
    case .overloaded: "send the same batch again after a while"
    case .notKept: "check the room on the disk, then send the same batch again"
    case .damaged:
      "put the file back as it was; or take it away and start the service anew, which then goes on without it"
    case .stopped: "send the same batch again when the service is back"
    }
  }

  /// Whether it is of the events themselves: they cannot be kept however often they are sent, and others
  /// beside them can.
  public var isOfTheEvent: Bool {
    switch self {
    case .unreadable, .unreadableFile, .unreadablePayload, .invalidModel, .tooLarge,
      .tooManyModels:
      true
    case .locked, .unusable, .noEngine, .overloaded, .notKept, .damaged, .stopped: false
    }
  }
}
