import Events
import Hummingbird
import Logging
import Monitoring
import NIOCore
import Reporting
import Store
import Telemetry

/// Why a model got worse, and what was put into service.
struct DiagnosisRoutes<Context: RequestContext> {
  let state: ServiceState
  let history: History
  let version: String
  private let desk: DiagnosisDesk

  init(state: ServiceState, history: History, version: String) {
    self.state = state
    self.history = history
    self.version = version
    desk = DiagnosisDesk { [gauge = state.metrics.overdueDiagnoses] in gauge.set(Double($0)) }
  }

  func add(to router: some RouterMethods<Context>) {
    let read = ScopeMiddleware<Context>(scope: .read, state: state)
    router.group("v1/models/{model}/diagnosis").add(middleware: read).get(use: diagnose)
    router.group("v1/models/{model}/deployments").add(middleware: read).get(use: deployments)
    router.group("v1/models/{model}/deployments")
      .add(middleware: ScopeMiddleware(scope: .ingest, state: state)).post(use: deploy)
  }

  /// The model of an address: one of the configuration, or one with events.
  private func model(_ context: Context) throws -> ModelConfiguration {
    let name = context.parameters.get("model") ?? ""
    guard EventLog.isModelName(name) else { throw EventError.invalidModel(name: name) }
    if let model = state.models.first(where: { $0.name == name }) { return model }
    let isKnown = [EventKind.predictions, .labels].contains {
      !state.log.types(of: name, $0).isEmpty
    }
    guard isKnown else {
      throw Problem(
        .notFound, "no_such_model", "there is no model `\(name)`: no configuration, no events",
        mend: "see GET /v1/models, or add it to `models`")
    }
    return ModelConfiguration(name: name)
  }

  // MARK: Diagnosis

  private enum Format: String, CaseIterable {
    case json, html, markdown

    init(_ request: Request) throws {
      if let text = request.uri.queryParameters["format"] {
        guard let format = Format(rawValue: String(text)) else {
          throw Problem(
            .badRequest, "invalid_query", "`format` is none there is",
            mend: "use \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = format
        return
      }
      let accept = request.headers[.accept] ?? ""
      self =
        accept.contains("text/html") ? .html : accept.contains("text/markdown") ? .markdown : .json
    }
  }

  @Sendable private func diagnose(_ request: Request, _ context: Context) async throws -> Response {
    let model = try model(context)
    let (format, now) = (try Format(request), state.now())
    let configuration = state.diagnosis
    let diagnosis = ModelDiagnosis(
      log: state.log, history: history, sources: state.sources, model: model,
      configuration: configuration, question: try DiagnosisQuestion(request, of: model, at: now))
    let place: DiagnosisDesk.Place
    do {
      place = try desk.take(model.name)
    } catch {
      throw Self.busy(error, model.name, configuration.timeoutSeconds)
    }
    let report: DiagnosisReport
    do {
      // The thread has its model to its end, also where nobody waits for it any more; it leaves before the
      // answer goes out, since the same may be asked for again as soon as that is there.
      report = try await Background.run(within: configuration.timeoutSeconds) {
        defer { place.leave() }
        return try diagnosis.report()
      }
    } catch let error as Background.GivenUp {
      if error == .slow {
        place.giveUp()
        context.logger.warning(
          "a diagnosis takes longer than it may and is given up",
          metadata: ["model": "\(model.name)", "seconds": "\(configuration.timeoutSeconds)"])
      }
      throw Self.givenUp(error, configuration.timeoutSeconds)
    }
    return try response(report, format, of: model.name, at: now)
  }

  private func response(
    _ report: DiagnosisReport, _ format: Format, of model: String, at now: Instant
  ) throws -> Response {
    let (type, text): (String, String)
    switch format {
    case .json: return try JSONText.response(report)
    case .html:
      type = "text/html; charset=utf-8"
      text = try renderHTML(
        report, title: "Root cause analysis of \(model)", generatedAt: now.iso8601, version: version
      )
    case .markdown:
      type = "text/markdown; charset=utf-8"
      text = try render(report, as: .markdown)
    }
    return Response(
      status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
  }

  private static func busy(
    _ refusal: DiagnosisDesk.Refusal, _ model: String, _ seconds: Int
  ) -> Problem {
    switch refusal {
    case .underWay(isOverdue: false):
      return Problem(
        .tooManyRequests, "diagnosis_under_way", "a diagnosis of `\(model)` is being made",
        mend: "ask again after a while", retryAfter: 10)
    case .underWay(isOverdue: true):
      return Problem(
        .tooManyRequests, "diagnosis_under_way",
        "a diagnosis of `\(model)` took longer than \(seconds) s and has not ended yet",
        mend: "see whether its source answers, and a query of diagnosis.checks ends", retryAfter: 60
      )
    case .full(let overdue):
      let those =
        overdue.isEmpty
        ? "" : "; took too long and has not ended yet: \(overdue.joined(separator: ", "))"
      return Problem(
        .serviceUnavailable, "too_many_diagnoses",
        "as many diagnoses are being made as may be" + those, mend: "ask again after a while",
        retryAfter: 10)
    }
  }

  private static func givenUp(_ error: Background.GivenUp, _ seconds: Int) -> Problem {
    switch error {
    case .slow:
      Problem(
        .serviceUnavailable, "diagnosis_too_slow", "the diagnosis took longer than \(seconds) s",
        mend: "ask for a shorter window, lower diagnosis.rows, or raise diagnosis.timeout",
        retryAfter: 60)
    case .stopping:
      Problem(
        .serviceUnavailable, "stopping", "the service stops", mend: "ask again after a while",
        retryAfter: 10)
    }
  }

  // MARK: Deployments

  private struct Deployments: Encodable {
    let deployments: [Deployment]
  }

  private struct Wish: Decodable {
    var at: Instant?
    var version: String?
    var config: String?
    var dependencies: [String: String]?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case at, version, config, dependencies
    }
  }

  @Sendable private func deployments(
    _ request: Request, _ context: Context
  ) async throws -> Response {
    let model = try model(context)
    let all = try history.deployments(of: model.name) + model.diagnosis.deployments
    return try JSONText.response(Deployments(deployments: all.sorted { $0.at > $1.at }))
  }

  @Sendable private func deploy(_ request: Request, _ context: Context) async throws -> Response {
    let model = try model(context)
    let wish = try await request.json(Wish.self, Wish.CodingKeys.self, mend: Self.unclearMend)
    let deployment = Deployment(
      at: wish.at ?? state.now(), version: wish.version, config: wish.config,
      dependencies: wish.dependencies ?? [:])
    try Self.check(deployment, at: state.now())
    try history.add(deployment, of: model.name)
    return try JSONText.response(deployment, status: .created)
  }

  private static func check(_ deployment: Deployment, at now: Instant) throws {
    let texts =
      [deployment.version, deployment.config].compactMap(\.self)
      + deployment.dependencies.flatMap { [$0.key, $0.value] }
    guard !texts.isEmpty else {
      throw unclear("it names neither a version, nor a config, nor dependencies")
    }
    guard deployment.dependencies.count <= 1_000,
      texts.allSatisfy({ (1...200).contains($0.unicodeScalars.count) })
    else {
      throw unclear("a text has 1 to 200 characters, and there are at most 1 000 dependencies")
    }
    let day: Int64 = 86_400_000_000
    let range = (now.microseconds - 3_653 * day)...(now.microseconds + day)
    guard range.contains(deployment.at.microseconds) else {
      throw unclear("`at` is more than ten years back or a day ahead")
    }
  }

  private static func unclear(_ reason: String) -> Problem {
    Problem(.badRequest, "invalid_request", reason, mend: unclearMend)
  }

  private static var unclearMend: String {
    "send {\"at\": \"2026-11-24T10:00:00Z\", \"version\": \"v2\"}, or config, dependencies"
  }
}
