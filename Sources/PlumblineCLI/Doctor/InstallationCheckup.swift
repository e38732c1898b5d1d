import DataSources
import Foundation
import Monitoring
import Outbound
import Reporting
import Store

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The configuration, the service and its data folder.
struct InstallationCheckup: Checkup {
  static let configuration = Question(
    "configuration", .installation, "Is the configuration without mistakes?")
  static let service = Question("service_ready", .installation, "Is the service ready?")
  static let folder = Question(
    "data_folder", .installation, "Can the data folder be written to?")
  static let disk = Question("disk_space", .installation, "Is there room on the disk?")
  static let history = Question("history", .installation, "Can the history be read?")
  static let clock = Question("clock", .installation, "Do the clocks agree?")

  func items(_ visit: Visit) -> [DoctorItem] {
    [
      Self.configuration.answer(
        InstallationJudgement.configuration(visit.mistakes, path: visit.configurationPath)),
      Self.service.answer(InstallationJudgement.ready(visit.service)),
      Self.folder.answer(folder(visit)),
      Self.disk.answer(disk(visit)),
      Self.history.answer(history(visit)),
      Self.clock.answer(clock(visit)),
    ]
  }

  private static let elsewhere = Finding.skipped(
    "the service is another machine's: name a data folder with --data-folder")

  private func folder(_ visit: Visit) -> Finding {
    guard let folder = visit.dataFolder else { return Self.elsewhere }
    guard FileManager.default.fileExists(atPath: folder) else {
      return InstallationJudgement.missingFolder(folder, isRunning: visit.service.answers)
    }
    let file = folder + "/.doctor-\(UUID().uuidString)"
    do {
      try Data("plumbline".utf8).write(to: URL(fileURLWithPath: file))
      try FileManager.default.removeItem(atPath: file)
      return .ok(folder)
    } catch {
      return .failed(
        "\(folder) cannot be written to: \(SystemReason.text(error))",
        mend: "give the user the service runs as the right to write there, and room")
    }
  }

  private func disk(_ visit: Visit) -> Finding {
    guard let folder = visit.dataFolder else { return Self.elsewhere }
    guard FileManager.default.fileExists(atPath: folder) else {
      return .unknown("\(folder) is not there yet")
    }
    var figures = statvfs()
    guard statvfs(folder, &figures) == 0 else {
      return .unknown("the disk of \(folder) does not say how full it is")
    }
    let block = Double(figures.f_frsize)
    return InstallationJudgement.disk(
      free: block * Double(figures.f_bavail), total: block * Double(figures.f_blocks),
      retention: visit.configuration.service.retentionBytes.map(Double.init),
      used: Self.size(of: folder + "/events"))
  }

  /// Bytes of a folder's files.
  private static func size(of folder: String) -> Double {
    var sum = 0.0
    let files = FileManager.default.enumerator(
      at: URL(fileURLWithPath: folder), includingPropertiesForKeys: [.fileSizeKey])
    while let file = files?.nextObject() as? URL {
      // One that has gone meanwhile takes no room.
      sum += Double((try? file.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0)
    }
    return sum
  }

  private func history(_ visit: Visit) -> Finding {
    guard visit.dataFolder != nil else { return Self.elsewhere }
    guard let records = visit.records as? HistoryRecords else {
      if let missing = visit.records as? MissingRecords {
        guard !missing.isBroken else {
          return .failed(
            missing.why,
            mend: "stop the service, put a copy in its place or move it away, and start it again")
        }
        return visit.service.answers
          ? .failed(missing.why, mend: "name the folder the service keeps its data in")
          : .unknown(missing.why, mend: "start the service once")
      }
      return .unknown("it is read over HTTP, from \(visit.records.place)")
    }
    do {
      let runs = try records.history.list(limit: 1)
      let last = runs.first.map { "; the last run is of \($0.createdAt)" } ?? "; no run yet"
      return .ok(records.place + last)
    } catch {
      return .failed(error)
    }
  }

  private func clock(_ visit: Visit) -> Finding {
    guard let answeredAt = visit.service.answeredAt else {
      return visit.isOffline ? .skipped("not asked: --offline") : .unknown("nobody was asked")
    }
    var others: [(name: String, seconds: Double)] = []
    if case .success(let answer) = visit.service.ready,
      let date = answer[header: "Date"].flatMap({ HTTPDate.seconds($0) })
    {
      others.append(("the service", Double(date) - answeredAt.seconds))
    }
    // That it does not answer is told where its scraping is asked about.
    if let prometheus = visit.prometheus, let time = try? prometheus.query("time()"),
      let seconds = time.first?.points.first?.value
    {
      others.append(("Prometheus", seconds - Instant.now.seconds))
    }
    return InstallationJudgement.clock(others)
  }
}
