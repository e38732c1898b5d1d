import GRDB
public import Monitoring

extension History {
  /// Keeps looks at an experiment.
  public func add(
    _ looks: [ExperimentLook], of experimentID: String, at createdAt: String
  ) throws(HistoryError) {
    do {
      try database.write { database in
        for look in looks {
          try database.execute(
            sql: """
              INSERT INTO experiment_look (experiment_id, created_at, metric, treatment,
                information_fraction, z, always_valid_p)
              VALUES (?, ?, ?, ?, ?, ?, ?)
              """,
            arguments: [
              experimentID, createdAt, look.metric, look.treatment, look.informationFraction,
              look.z, look.alwaysValidPValue,
            ])
        }
      }
    } catch {
      throw .unusable(path: path, reason: HistoryError.reason(error))
    }
  }

  /// The looks that were taken at an experiment, oldest first.
  public func looks(of experimentID: String) throws(HistoryError) -> [ExperimentLook] {
    do {
      return try database.read { database in
        try Row.fetchAll(
          database,
          sql: """
            SELECT metric, treatment, information_fraction, z, always_valid_p
            FROM experiment_look
            WHERE experiment_id = ? ORDER BY id
            """, arguments: [experimentID]
        ).map { row in
          ExperimentLook(
            metric: row[0], treatment: row[1], informationFraction: row[2], z: row[3],
            alwaysValidPValue: row[4])
        }
      }
    } catch {
      throw .unusable(path: path, reason: HistoryError.reason(error))
    }
  }
}
