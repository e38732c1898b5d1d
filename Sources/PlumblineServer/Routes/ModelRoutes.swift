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
    /// The configuration's; nil for models that are not in it.
    let version: String?
    /// Names of the checks that are made of it.
    let checks: [String]
    /// Types of columns by kind of event.
    let columns: [String: [String: String]]
    /// Types of features, by the names they were sent by.
    let features: [String: String]
  }

  func add(to router: some RouterMethods<Context>) {
    router.group("v1/models").add(middleware: ScopeMiddleware(scope: .read, state: state))
      .get { _, _ in
        let configured = Dictionary(
          state.models.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let names = Set(state.log.models).union(configured.keys).sorted()
        let models = names.compactMap { name -> Model? in
          let columns = [EventKind.predictions, .labels].reduce(into: [:]) { columns, kind in
            columns[kind.rawValue] = state.log.types(of: name, kind).mapValues(\.rawValue)
          }
          // Experiments have observations alone.
          let model = configured[name]
          guard model != nil || !columns.values.allSatisfy(\.isEmpty) else { return nil }
          return Model(
            name: name, version: model?.version, checks: model?.checks.map(\.name) ?? [],
            columns: columns,
            features: Self.features(columns[EventKind.predictions.rawValue] ?? [:]))
        }
        return try JSONText.response(Models(models: models))
      }
  }
  private static func features(_ columns: [String: String]) -> [String: String] {
    let features = columns.filter { !EventColumnName.isOwn($0.key) }
    return Dictionary(
      features.map { (EventColumnName.featureName(of: $0.key), $0.value) },
      uniquingKeysWith: { first, _ in first })
  }
}
