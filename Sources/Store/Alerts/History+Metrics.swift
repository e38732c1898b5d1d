import Foundation
import GRDB
public import Monitoring
import Statistics

extension History {
  /// Keeps samples; one of a time its series has already is left as it was.
  public func add(_ samples: [MetricSample]) throws(HistoryError) {
    try write { try Self.add(samples, $0) }
  }

  static func add(_ samples: [MetricSample], _ database: Database) throws {
    guard !samples.isEmpty else { return }
    let find = try database.cachedStatement(
      sql: "SELECT id FROM metric_series WHERE metric = ? AND labels = ?")
    let insert = try database.cachedStatement(
      sql: """
        INSERT OR IGNORE INTO metric_sample (series_id, at, value, reference, lower, upper)
        VALUES (?, ?, ?, ?, ?, ?)
        """)
    var known: [String: [[String: String]: Int64]] = [:]
    for sample in samples {
      var id = known[sample.metric]?[sample.labels]
      if id == nil {
        let labels = try LabelCoding.text(sample.labels)
        id = try Int64.fetchOne(find, arguments: [sample.metric, labels])
        if id == nil {
          try database.execute(
            sql: "INSERT INTO metric_series (metric, labels) VALUES (?, ?)",
            arguments: [sample.metric, labels])
          id = database.lastInsertedRowID
        }
        known[sample.metric, default: [:]][sample.labels] = id
      }
      let value = sample.value.flatMap { $0.isNaN ? nil : $0 }
      try insert.execute(
        arguments: [
          id, sample.at.microseconds, value, sample.reference,
          sample.interval?.lower, sample.interval?.upper,
        ])
    }
  }

  /// Samples in the order of their times.
  ///
  /// - Parameters:
  ///   - metric: of this metric only; nil for all.
  ///   - from: the first time that is wanted; nil for all.
  ///   - until: the first time that is wanted no more; nil for all.
  ///   - model: of this model, and what names no model; nil for all.
  public func samples(
    of metric: String? = nil, from: Instant? = nil, until: Instant? = nil, model: String? = nil
  ) throws(HistoryError) -> [MetricSample] {
    try samples(
      """
      SELECT metric, labels, at, value, reference, lower, upper
      FROM metric_sample JOIN metric_series ON metric_series.id = series_id
      WHERE (?1 IS NULL OR metric = ?1) AND at >= ?2 AND at < ?3
        AND (?4 IS NULL OR coalesce(json_extract(labels, '$.model_name'), ?4) = ?4)
      ORDER BY at, series_id
      """, [metric, from?.microseconds ?? .min, until?.microseconds ?? .max, model])
  }

  /// What has to be known of every series to go on with it: its newest sample with data, the first
  /// without since then, and its newest, in the order of their times.
  ///
  /// - Parameter limit: what is later was written by a clock that was ahead, and is left out.
  public func newestSamples(
    until limit: Instant = Instant(microseconds: .max)
  ) throws(HistoryError) -> [MetricSample] {
    try samples(
      """
      WITH known AS (
        SELECT id, metric, labels,
          (SELECT max(at) FROM metric_sample WHERE series_id = metric_series.id AND at <= ?2)
            AS newest,
          (SELECT at FROM metric_sample WHERE series_id = metric_series.id AND value IS NOT NULL
            AND at <= ?2
            ORDER BY at DESC LIMIT 1) AS data
        FROM metric_series)
      SELECT metric, labels, at, value, reference, lower, upper
      FROM known JOIN metric_sample ON series_id = known.id
      WHERE at IN (newest, data,
        (SELECT min(at) FROM metric_sample
          WHERE series_id = known.id AND at > coalesce(data, ?1) AND at <= ?2))
      ORDER BY at, known.id
      """, [Int64.min, limit.microseconds])
  }

  private func samples(
    _ sql: String, _ arguments: StatementArguments
  ) throws(HistoryError) -> [MetricSample] {
    try read { database in
      var labels: [String: [String: String]] = [:]
      let rows = try Row.fetchCursor(database, sql: sql, arguments: arguments)
        .compactMap { row -> MetricSample? in
          // A row that cannot be read is not worth all others.
          guard let text = try? row.decode(String.self, atIndex: 1),
            let known = labels[text] ?? (try? LabelCoding.labels(text))
          else { return nil }
          labels[text] = known
          return try? MetricSample(
            metric: row.decode(atIndex: 0), labels: known,
            at: Instant(microseconds: row.decode(atIndex: 2)),
            value: row.decode(Double?.self, atIndex: 3),
            reference: row.decode(Double?.self, atIndex: 4),
            interval: interval(
              row.decode(Double?.self, atIndex: 5), row.decode(Double?.self, atIndex: 6)))
        }
      return try Array(rows)
    }
  }

  private func interval(_ lower: Double?, _ upper: Double?) -> Interval? {
    guard let lower, let upper else { return nil }
    return Interval(lower: lower, upper: upper)
  }

  /// Drops what is older than a time: samples, events of alerts, and messages that are done with.
  public func dropAlertHistory(before limit: Instant) throws(HistoryError) {
    try write { database in
      let limit = limit.microseconds
      for sql in [
        "DELETE FROM metric_sample WHERE at < ?", "DELETE FROM alert_event WHERE at < ?",
        // What waits is never too old: behind one that is tried again others of its key wait untried. Its channel
        // delivers it or gives it up, and the manager what waits for a channel that is gone.
        "DELETE FROM notification WHERE created_at < ? AND state <> 'waiting'",
        "DELETE FROM silence WHERE ends_at < ?", "DELETE FROM alert_group WHERE sent_at < ?",
        """
        DELETE FROM alert WHERE kept IS NULL AND coalesce(starts_at, 0) < ?
          AND coalesce(told, '') NOT IN ('firing', 'acknowledged')
        """,
      ] {
        try database.execute(sql: sql, arguments: [limit])
      }
      try database.execute(
        sql: """
          DELETE FROM metric_series
          WHERE NOT EXISTS (SELECT 1 FROM metric_sample WHERE series_id = metric_series.id)
          """)
    }
  }
}

/// Labels as text that is the same for the same labels.
enum LabelCoding {
  ///
  /// Labels Unicode holds for the same text are the same.
  static func text(_ labels: [String: String]) throws -> String {
    let labels = labels.reduce(into: [String: String]()) {
      $0[normalized($1.key)] = normalized($1.value)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(labels), as: UTF8.self)
  }

  private static func normalized(_ text: String) -> String {
    text.utf8.allSatisfy { $0 < 0x80 } ? text : text.precomposedStringWithCanonicalMapping
  }

  static func labels(_ text: String) throws -> [String: String] {
    try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
  }
}
