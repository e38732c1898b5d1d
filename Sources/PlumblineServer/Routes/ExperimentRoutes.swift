import Columns
import DataSources
import Events
import Foundation
import Hummingbird
import Monitoring
import NIOCore
import Reporting
import Store

/// Experiments of the configuration: who has which variant, what was measured, what it shows.
struct ExperimentRoutes<Context: RequestContext> {
  let state: ServiceState
  let history: History
  let version: String
  /// Each reads all observations.
  var places = Places(4)

  /// Users one request may ask for.
  private static var usersLimit: Int { 100_000 }

  func add(to router: some RouterMethods<Context>) {
    let read = ScopeMiddleware<Context>(scope: .read, state: state)
    let ingest = ScopeMiddleware<Context>(scope: .ingest, state: state)
    router.group("v1/experiments").add(middleware: read).get { _, _ in
      try JSONText.response(List(experiments: state.experiments.map(Planned.init)))
    }
    router.group("v1/experiments/{id}").add(middleware: read).get(use: analyze)
    router.group("v1/experiments/{id}/allocation").add(middleware: read).get(use: allocation)
    router.group("v1/experiments/{id}/assign").add(middleware: ingest).post(use: assign)
    router.group("v1/experiments/{id}/observations").add(middleware: ingest).post(use: record)
  }

  private struct List: Encodable {
    let experiments: [Planned]
  }

  private struct Planned: Encodable {
    struct Variant: Encodable {
      let name: String
      let share: Double
    }

    let experimentID: String
    let variants: [Variant]
    let metrics: [String]

    init(_ config: ExperimentConfig) {
      experimentID = config.experimentID
      variants = config.variants.map { Variant(name: $0.name, share: $0.share) }
      metrics = config.metrics.map(\.name)
    }

    enum CodingKeys: String, CodingKey {
      case variants, metrics
      case experimentID = "experiment_id"
    }
  }

  private func config(_ context: Context) throws -> ExperimentConfig {
    let id = context.parameters.get("id") ?? ""
    guard let config = state.experiments.first(where: { $0.experimentID == id }) else {
      throw Problem(
        .notFound, "no_such_experiment", "the configuration has no experiment of this id",
        mend: "see GET /v1/experiments, or add it to `experiments`")
    }
    return config
  }

  // MARK: Assignment

  private struct AssignRequest: Decodable {
    var userID: String?
    var userIDs: [String]?

    enum CodingKeys: String, CodingKey {
      case userID = "user_id"
      case userIDs = "user_ids"
    }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: CodingKeys.self)
      // What is there has to be what it should: null is no user.
      if members.contains(.userID) { userID = try members.decode(String.self, forKey: .userID) }
      if members.contains(.userIDs) {
        userIDs = try members.decode([String].self, forKey: .userIDs)
      }
    }
  }

  private struct Assignment: Encodable {
    let userID: String
    /// `none` for users who do not take part.
    let variant: String

    enum CodingKeys: String, CodingKey {
      case variant
      case userID = "user_id"
    }
  }

  private struct Assignments: Encodable {
    let assignments: [Assignment]
  }

  @Sendable private func assign(_ request: Request, _ context: Context) async throws -> Response {
    let config = try config(context)
    try request.requireJSON()
    let asked: AssignRequest
    do {
      let body = try await request.body.collect(upTo: 16 << 20)
      asked = try JSONDecoder().decode(AssignRequest.self, from: Data(body.readableBytesView))
    } catch is NIOTooManyBytesError {
      throw HTTPError(.contentTooLarge)
    } catch is DecodingError {
      throw Self.unclear
    }
    let users = (asked.userID.map { [$0] } ?? []) + (asked.userIDs ?? [])
    guard (asked.userID == nil) != (asked.userIDs == nil), users.count <= Self.usersLimit else {
      throw Self.unclear
    }
    let variants = config.assignment.variants(of: users)
    let assignments = zip(users, variants).map { user, variant in
      Assignment(
        userID: user,
        variant: variant.map { config.variants[$0].name } ?? VariantAssignment.outside)
    }
    if asked.userID != nil, let only = assignments.first { return try JSONText.response(only) }
    return try JSONText.response(Assignments(assignments: assignments))
  }

  private static var unclear: Problem {
    Problem(
      .badRequest, "invalid_request", "it does not say whom to assign",
      mend: "send {\"user_id\": \"…\"}, or {\"user_ids\": […]} with at most \(usersLimit)")
  }

  // MARK: Observations

  @Sendable private func record(_ request: Request, _ context: Context) async throws -> Response {
    let config = try config(context)
    return try await IngestRoutes<Context>(state: state)
      .take(request, of: config.experimentID, .observations) { Self.assign(&$0, config) }
  }

  /// Gives rows that do not say it the variant their user has.
  private static func assign(_ table: inout MemoryTable, _ config: ExperimentConfig) {
    guard let users = table.column(EventColumnName.user) else { return }
    let known = table.column(EventColumnName.variant)
    let ids = (0..<table.rows).map { String(decoding: users.text($0), as: UTF8.self) }
    let assigned = config.assignment.variants(of: ids)
    var (ends, bytes): ([Int32], [UInt8]) = ([], [])
    for row in 0..<table.rows {
      if let known, known.isValid.isEmpty || known.isValid[row] {
        bytes += known.text(row)
      } else {
        let variant = assigned[row].map { config.variants[$0].name }
        bytes += (variant ?? VariantAssignment.outside).utf8
      }
      ends.append(Int32(truncatingIfNeeded: bytes.count))
    }
    table.columns.removeAll { $0.name == EventColumnName.variant }
    table.columns.append(
      MemoryColumn(name: EventColumnName.variant, values: .texts(ends: ends, bytes: bytes)))
  }

  // MARK: Analysis

  /// Whether it runs as planned, which is no look at what it shows.
  @Sendable private func allocation(
    _ request: Request, _ context: Context
  ) async throws -> Response {
    let (planned, log) = (try config(context), state.log)
    let place = try places.take(for: "analyses of experiments", code: "too_many_analyses")
    defer { withExtendedLifetime(place) {} }
    let allocation: ExperimentAllocation?
    do {
      allocation = try await Background.run { try log.allocation(of: planned) }
    } catch let error as MonitoringError {
      throw Problem(.conflict, error.code, error.what, mend: error.mend)
    }
    guard let allocation else { throw Self.noObservations(planned.experimentID) }
    return try JSONText.response(allocation)
  }

  private static func noObservations(_ name: String) -> Problem {
    Problem(
      .conflict, "no_observations", "experiment `\(name)` has no observations yet",
      mend: "send them to /v1/experiments/\(name)/observations")
  }

  @Sendable private func analyze(_ request: Request, _ context: Context) async throws -> Response {
    var config = try config(context)
    config.unit = config.unit ?? EventColumnName.user
    let (planned, log, history, now) = (config, state.log, history, state.now())
    let place = try places.take(for: "analyses of experiments", code: "too_many_analyses")
    defer { withExtendedLifetime(place) {} }
    let report: ExperimentReport
    do {
      report = try await Background.run { try Self.report(planned, log, history, at: now) }
    } catch let error as MonitoringError {
      throw Problem(.conflict, error.code, error.what, mend: error.mend)
    }
    guard request.headers[.accept]?.contains("text/html") == true else {
      return try JSONText.response(report)
    }
    let page = try renderHTML(
      report, title: "Experiment \(config.experimentID)", generatedAt: now.iso8601,
      version: version)
    return Response(
      status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
      body: .init(byteBuffer: ByteBuffer(string: page)))
  }

  /// What the observations show up to now. Whoever sees it has looked: the look is kept.
  private static func report(
    _ config: ExperimentConfig, _ log: EventLog, _ history: History, at now: Instant
  ) throws -> ExperimentReport {
    let name = config.experimentID
    let state = try log.withEvents(of: name, .observations) { events in
      try ExperimentReader(
        source: events, config: config, variantColumn: EventColumnName.variant,
        timestamp: EventColumnName.timestamp
      ).read()
    }
    guard let state else { throw noObservations(name) }
    let earlier = try history.looks(of: name)
    let analysis = ExperimentAnalysis(config: config, state: state, earlierLooks: earlier)
    let report = analysis.report()
    // The same rows seen again are no further look.
    let fresh = analysis.look(in: report).filter { look in
      !earlier.contains {
        $0.metric == look.metric && $0.treatment == look.treatment && $0.z == look.z
          && $0.informationFraction == look.informationFraction
      }
    }
    try history.add(fresh, of: name, at: now.iso8601)
    return report
  }
}
