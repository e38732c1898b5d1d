import Monitoring

/// The checks of a configuration.
struct CheckKeys: Sendable {
  struct Key: Hashable, Sendable {
    let model: String
    let check: String
  }

  let models: Set<String>
  private let all: Set<Key>
  /// Those whose figures are the model's; see ``CheckMetrics``.
  let havingMetrics: Set<Key>

  init(_ models: [ModelConfiguration]) {
    self.models = Set(models.map(\.name))
    var (all, having): (Set<Key>, Set<Key>) = ([], [])
    for model in models {
      for check in model.checks {
        let key = Key(model: model.name, check: check.name)
        all.insert(key)
        if model.hasMetrics(of: check) { having.insert(key) }
      }
    }
    (self.all, havingMetrics) = (all, having)
  }

  func contains(model: String, check: String) -> Bool {
    all.contains(Key(model: model, check: check))
  }
}

extension ModelConfiguration {
  /// Whether the figures of a check are shown as the model's: those of the first of drift, and of the first
  /// of performance over a window.
  func hasMetrics(of check: CheckConfiguration) -> Bool {
    let first = checks.first { other in
      other.kind == check.kind
        && (check.kind != .performance
          || other.window.description == check.window.description)
    }
    return first.map { $0.name == check.name } ?? true
  }
}
