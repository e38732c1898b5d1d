import Foundation
import GRDB
public import Monitoring

extension History {
  /// Deployments that are kept of a model; beyond, the oldest go.
  public static var deploymentsKept: Int { 1_000 }

  /// Keeps what was put into service; one of the same time stands for the one before, so that telling it
  /// twice counts once.
  public func add(_ deployment: Deployment, of model: String) throws(HistoryError) {
    try write { database in
      try database.execute(
        sql: """
          INSERT INTO deployment (model, at, version, config, dependencies) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (model, at) DO UPDATE SET version = excluded.version,
            config = excluded.config, dependencies = excluded.dependencies
          """,
        arguments: [
          model, deployment.at.microseconds, deployment.version, deployment.config,
          try LabelCoding.text(deployment.dependencies),
        ])
      try database.execute(
        sql: """
          DELETE FROM deployment WHERE model = ?1 AND id NOT IN
            (SELECT id FROM deployment WHERE model = ?1 ORDER BY at DESC LIMIT ?2)
          """, arguments: [model, Self.deploymentsKept])
    }
  }

  /// What was put into service of a model, newest first.
  ///
  /// - Parameter until: the first time that is wanted no more; nil for all.
  public func deployments(
    of model: String, until: Instant? = nil
  ) throws(HistoryError) -> [Deployment] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT at, version, config, dependencies FROM deployment
          WHERE model = ? AND at < ? ORDER BY at DESC
          """, arguments: [model, until?.microseconds ?? .max]
      ).map { row in
        Deployment(
          at: Instant(microseconds: row[0]), version: row[1], config: row[2],
          // What cannot be read is not known, as where it was not said.
          dependencies: (try? LabelCoding.labels(row[3])) ?? [:])
      }
    }
  }
}
