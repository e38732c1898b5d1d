import Columns
import Events
import Hummingbird
import Monitoring

/// What is known of models.
struct ModelRoutes<Context: RequestContext> {
  let state: ServiceState

  private struct Models: Encodable {
    let models: [Model]
  }

  private struct Model: Encodable {
    let name: String
    /// Types of columns by kind of event.
    let columns: [String: [String: String]]
  }

  func add(to router: some RouterMethods<Context>) {
    router.group("v1/models").add(middleware: ScopeMiddleware(scope: .read, state: state))
      .get { _, _ in
        let models = state.log.models.compactMap { name -> Model? in
          let columns = [EventKind.predictions, .labels].reduce(into: [:]) { columns, kind in
            columns[kind.rawValue] = state.log.types(of: name, kind).mapValues(\.rawValue)
          }
          // Experiments have observations alone.
          return columns.values.allSatisfy(\.isEmpty) ? nil : Model(name: name, columns: columns)
        }
        return try JSONText.response(Models(models: models))
      }
  }
}
