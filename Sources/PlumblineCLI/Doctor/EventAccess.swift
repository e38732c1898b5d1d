import DataSources
import Events
import Foundation
import Monitoring
import Outbound
import PlumblineServer
import Synchronization

/// Events the service has taken, wherever they can be got at.
protocol EventAccess: Sendable {
  /// Lends a model's events of a stretch of time; nil where there are none.
  func withEvents<Result>(
    of model: String, _ kind: EventKind, from: Instant?, until: Instant?,
    _ body: (Relation) throws -> Result
  ) throws -> Result?
  /// What an experiment's observations are, without a look at what they show; nil where there are none.
  func allocation(of experiment: ExperimentConfig) throws -> ExperimentAllocation?
}

/// Why there are no events to be had.
struct NoEvents: ExplainedError {
  let why: String
  var code: String { "no_events_at_hand" }
  var what: String { why }
  var mend: String { "name the data folder with --data-folder, or a running service with --url" }
}

/// The log in the data folder of a service that does not run.
final class FolderEvents: EventAccess {
  private let folder: String
  private let log = Mutex<EventLog?>(nil)

  init(folder: String) {
    self.folder = folder
  }

  deinit { log.withLock { $0?.close() } }

  /// The log, opened at first use: until then a service can start.
  private func open() throws -> EventLog {
    try log.withLock { open in
      if let open { return open }
      guard FileManager.default.fileExists(atPath: folder + "/events.db") else {
        throw NoEvents(why: "\(folder) holds no events: the service has not run there")
      }
      do throws(EventError) {
        var options = EventLog.Options()
        options.tidies = false
        let made = try EventLog(folder: folder, options: options, clock: { .now })
        open = made
        return made
      } catch {
        guard case .locked = error else { throw error }
        throw NoEvents(
          why: "\(folder) is in use by a service, which does not answer where it was asked")
      }
    }
  }

  func withEvents<Result>(
    of model: String, _ kind: EventKind, from: Instant?, until: Instant?,
    _ body: (Relation) throws -> Result
  ) throws -> Result? {
    try open().withEvents(of: model, kind, from: from, until: until, body)
  }

  func allocation(of experiment: ExperimentConfig) throws -> ExperimentAllocation? {
    try open().allocation(of: experiment)
  }
}

/// What a running service gives over HTTP, which has its log for itself.
final class ServiceEvents: EventAccess {
  private let access: ServiceAccess
  private let sources: SourceOpener
  /// Files that were fetched, by what was asked for; empty text for nothing.
  private let files = Mutex<[String: String]>([:])

  init(access: ServiceAccess, sources: SourceOpener) {
    self.access = access
    self.sources = sources
  }

  deinit {
    files.withLock { files in
      for file in files.values where !file.isEmpty {
        // What stays is where the system keeps what is temporary, and nobody is left to be told.
        try? FileManager.default.removeItem(atPath: file)
      }
    }
  }

  func withEvents<Result>(
    of model: String, _ kind: EventKind, from: Instant?, until: Instant?,
    _ body: (Relation) throws -> Result
  ) throws -> Result? {
    let times = [("from", from), ("until", until)].compactMap { name, time in
      time.map { "\(name)=\(WebAddress.segment($0.iso8601))" }
    }
    let path =
      "v1/models/\(WebAddress.segment(model))/\(kind.rawValue)?" + times.joined(separator: "&")
    let file = try files.withLock { files in
      if let known = files[path] { return known }
      let fetched = try fetch(path)
      files[path] = fetched
      return fetched
    }
    return file.isEmpty ? nil : try body(try sources.open(file))
  }

  private func fetch(_ path: String) throws -> String {
    do throws(ServiceProblem) {
      let answer = try access.get(path)
      guard answer[header: "Content-Type"] == "application/vnd.apache.parquet" else {
        throw .unintelligible(host: access.peer)
      }
      let file = NSTemporaryDirectory() + "plumbline-doctor-\(UUID().uuidString).parquet"
      guard
        FileManager.default.createFile(
          atPath: file, contents: Data(answer.body), attributes: [.posixPermissions: 0o600])
      else { throw .notAsked("\(file) cannot be written") }
      return file
    } catch {
      // There are no events of that time.
      if case .refused(_, 404, _) = error { return "" }
      throw error
    }
  }

  func allocation(of experiment: ExperimentConfig) throws -> ExperimentAllocation? {
    let id = WebAddress.segment(experiment.experimentID)
    do throws(ServiceProblem) {
      return try access.get("v1/experiments/\(id)/allocation", as: ExperimentAllocation.self)
    } catch {
      if case .refused(_, 409, _) = error { return nil }
      throw error
    }
  }
}

/// There are none.
struct MissingEvents: EventAccess {
  let why: String

  func withEvents<Result>(
    of model: String, _ kind: EventKind, from: Instant?, until: Instant?,
    _ body: (Relation) throws -> Result
  ) throws -> Result? { throw NoEvents(why: why) }

  func allocation(of experiment: ExperimentConfig) throws -> ExperimentAllocation? {
    throw NoEvents(why: why)
  }
}
