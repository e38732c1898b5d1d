import Alerting
import DataSources
import Events
import Foundation
import Hummingbird
import Monitoring
import NIOCore
import Reporting
import Store

/// What checks found: runs and their reports, and checks that are asked for.
struct RunRoutes<Context: RequestContext> {
  let state: ServiceState
  let history: History
  let version: String
  /// Each keeps a core busy, or several.
  var places = Places(4)

  private struct Runs: Encodable {
    let runs: [RunSummary]
    /// The `before` of the next page; nil where this is the last.
    let next: Int64?
  }

  func add(to router: some RouterMethods<Context>) {
    let read = ScopeMiddleware<Context>(scope: .read, state: state)
    router.group("v1/models/{model}/runs").add(middleware: read).get(use: list)
    router.group("v1/runs/{id}").add(middleware: read).get(use: show)
    router.group("v1/run").add(middleware: ScopeMiddleware(scope: .admin, state: state))
      .post(use: check)
  }

  @Sendable private func list(_ request: Request, _ context: Context) async throws -> Response {
    let model = context.parameters.get("model") ?? ""
    guard EventLog.isModelName(model) else { throw EventError.invalidModel(name: model) }
    let limit = Int(try request.number("limit", in: 1...1_000) ?? 50)
    let runs = try history.list(
      limit: limit + 1, model: model,
      check: request.uri.queryParameters["check"].map(String.init),
      before: request.number("before", in: 1...(.max)))
    let page = Array(runs.prefix(limit))
    return try JSONText.response(
      Runs(runs: page, next: runs.count > limit ? page.last?.id : nil))
  }

  @Sendable private func show(_ request: Request, _ context: Context) async throws -> Response {
    guard let id = context.parameters.get("id", as: Int64.self) else { throw Problem.notFound }
    let run = try self.run(id)
    let accept = request.headers[.accept] ?? ""
    if accept.contains("text/html"), run.report.kind != .failure {
      let page = try renderHTML(run.report, generatedAt: run.createdAt, version: version)
      return Response(
        status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
        body: .init(byteBuffer: ByteBuffer(string: page)))
    }
    return try JSONText.response(run.report)
  }

  private func run(_ id: Int64) throws -> Run {
    do {
      return try history.run(id)
    } catch {
      guard error.code == "no_such_run" else { throw error }
      throw Problem(.notFound, error.code, "there is no run \(id)", mend: "see the model's runs")
    }
  }

  /// A monitoring request of the requirement's schema, answered when it is done.
  @Sendable private func check(_ request: Request, _ context: Context) async throws -> Response {
    try request.requireJSON()
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: 1 << 20)
    } catch is NIOTooManyBytesError {
      throw HTTPError(.contentTooLarge)
    }
    do {
      let asked = try RunRequest(json: Data(body.readableBytesView))
      let run = MonitoringRun(asked, sources: state.sources, diagnosis: state.diagnosis)
      let place = try places.take(for: "runs", code: "too_many_runs")
      defer { withExtendedLifetime(place) {} }
      return try JSONText.response(await Background.run { try run.response() })
    } catch let error as any ExplainedError {
      throw Problem(.unprocessableContent, error.code, error.what, mend: error.mend)
    }
  }
}
