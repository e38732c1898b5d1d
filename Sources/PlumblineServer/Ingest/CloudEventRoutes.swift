import DataSources
import Events
import Foundation
import Hummingbird
import Logging
import Monitoring
import NIOCore
import Telemetry

/// Takes in what payload loggers of model servers send: CloudEvents of requests and responses.
struct CloudEventRoutes<Context: RequestContext> {
  let state: ServiceState

  func add(to router: some RouterMethods<Context>) {
    router.group("v1/cloudevents")
      .add(middleware: ScopeMiddleware(scope: .ingest, state: state))
      .post(use: take)
  }

  /// What is answered.
  private struct Answer: Encodable {
    /// Events of exchanges that are whole now.
    var accepted = 0
    var duplicates = 0
    /// Requests and responses that wait for their other half.
    var waiting = 0
    var rejected: [RejectedEvent] = []
  }

  @Sendable private func take(_ request: Request, _ context: Context) async throws -> Response {
    let model = request.uri.queryParameters["model"].map(String.init)
    do {
      return try await takeBody(request, of: model)
    } catch let problem as Problem where problem.status == .contentTooLarge {
      await refuse(request, of: model, problem.detail, context.logger)
      throw problem
    }
  }

  /// Has the request of a response that is too large to be read know of it: it would else be taken for one
  /// that failed. Where the attributes are in the body, nobody knows whose it is.
  ///
  /// Whatever comes of it, who sent it is told that it is too large: anything else would be sent again.
  private func refuse(
    _ request: Request, of model: String?, _ reason: String, _ logger: Logger
  ) async {
    // Attributes that cannot be read name no request.
    guard
      let event = try? CloudEvent(attributes: Self.attributes(request), refusedAs: reason)
    else { return }
    var answer = Answer()
    do {
      try await take(event, 0, of: model, &answer)
    } catch EventError.unreadablePayload {
      // As it has to be.
    } catch {
      if let error = error as? EventError, case .notKept = error { state.noteWrite(error) }
      logger.warning(
        "that a response is too large could not be kept: its request counts as a failed call",
        metadata: ["error": "\((error as? EventError)?.what ?? "\(error)")"])
    }
  }

  private func takeBody(_ request: Request, of model: String?) async throws -> Response {
    try await BodyReader(state: state).withBody(request) { body in
      let isAlone: Bool
      let events: [Result<CloudEvent, EventError>]
      do {
        // Off the threads that answer others.
        let data = Data(body.readableBytesView)
        (events, isAlone) = try await Background.runBriefly {
          try Self.events(request, data)
        }
      } catch let error as EventError {
        state.metrics.refusedBodies.with(error.code).increment()
        throw error
      }
      var answer = Answer()
      for (index, event) in events.enumerated() {
        do {
          try await take(event.get(), index, of: model, &answer)
        } catch let error as EventError {
          if case .notKept = error { state.noteWrite(error) }
          guard !isAlone, error.isOfTheEvent else {
            state.metrics.refusedBodies.with(error.code).increment()
            throw error
          }
          answer.rejected.append(RejectedEvent(index: index, reason: error.what))
        }
      }
      // What waits for its other half is on the disk, too.
      if answer.accepted + answer.waiting > 0 { state.noteWrite(nil) }
      return try JSONText.response(answer, status: .accepted)
    }
  }

  private func take(
    _ event: CloudEvent, _ index: Int, of model: String?, _ answer: inout Answer
  ) async throws {
    let name = model ?? event.model
    let configured = state.models.first { $0.name == name }
    let names = PayloadNames(
      features: configured?.featureNames ?? [], classes: configured?.classNames ?? [])
    let taken = try await state.joiner.take(event, of: model, names: names, at: state.now())
    if let refusal = taken.refusal {
      state.metrics.rejected.with(taken.model, EventKind.predictions.rawValue)
        .increment(by: Double(taken.refusedRows))
      throw EventError.unreadablePayload(reason: refusal)
    }
    if taken.isDuplicate { answer.duplicates += 1 }
    guard let events = taken.events else {
      if !taken.isDuplicate { answer.waiting += 1 }
      return
    }
    state.count(events, of: taken.model, .predictions)
    answer.accepted += events.appended.accepted
    answer.duplicates += events.appended.duplicates
    answer.rejected += events.read.rejected.map { .init(index: index, reason: $0.reason) }
  }

  private static func attributes(_ request: Request) -> [String: String] {
    request.headers.reduce(into: [:]) { attributes, field in
      let name = field.name.canonicalName
      if name.hasPrefix("ce-") { attributes[String(name.dropFirst(3))] = field.value }
    }
  }

  /// The events of a body, and whether it is one that stands for the whole request.
  private static func events(
    _ request: Request, _ body: Data
  ) throws -> ([Result<CloudEvent, EventError>], isAlone: Bool) {
    let type = request.mediaType
    switch type {
    case "application/cloudevents+json": return (try CloudEvent.structured(body), true)
    case "application/cloudevents-batch+json": return (try CloudEvent.structured(body), false)
    case "application/json", nil:
      return ([.success(try CloudEvent(attributes: attributes(request), body: body))], true)
    default:
      throw Problem(
        .unsupportedMediaType, "unsupported_media_type",
        "CloudEvents come as application/cloudevents+json, application/cloudevents-batch+json, or "
          + "application/json with `ce-` headers, not `\(type ?? "")`",
        mend: "have the logger send JSON")
    }
  }
}
