import GRDB

/// The tables of the migration "alerts": metrics over time, alerts, silences, and what is to be told.
enum AlertTables {
  static func create(in database: Database) throws {
    try metrics(database)
    try alerts(database)
    try notifications(database)
  }

  private static func metrics(_ database: Database) throws {
    try database.create(table: "metric_series") { table in
      table.autoIncrementedPrimaryKey("id")
      table.column("metric", .text).notNull()
      // JSON with sorted keys.
      table.column("labels", .text).notNull()
      table.uniqueKey(["metric", "labels"])
    }
    try database.create(table: "metric_sample", options: .withoutRowID) { table in
      table.column("series_id", .integer).notNull().references("metric_series", onDelete: .cascade)
      // Microseconds since 1970.
      table.column("at", .integer).notNull()
      table.column("value", .double)
      table.column("reference", .double)
      table.column("lower", .double)
      table.column("upper", .double)
      table.primaryKey(["series_id", "at"])
    }
  }

  private static func alerts(_ database: Database) throws {
    try database.create(table: "alert") { table in
      table.primaryKey("fingerprint", .text)
      table.column("state", .text).notNull()
      table.column("starts_at", .integer)
      // What the engine goes on from; null once it is inactive again.
      table.column("kept", .blob)
      table.column("record", .blob).notNull()
      // What people were told last, and when they got it.
      table.column("told", .text)
      // A JSON list of channels.
      table.column("told_channels", .text)
      table.column("told_at", .integer)
      table.column("delivered_at", .integer)
      table.column("undelivered_at", .integer)
      table.column("acknowledged_by", .text)
      table.column("acknowledged_at", .integer)
    }
    try database.create(table: "alert_event") { table in
      table.autoIncrementedPrimaryKey("id")
      table.column("at", .integer).notNull()
      table.column("fingerprint", .text).notNull()
      table.column("kind", .text).notNull()
      table.column("detail", .text)
      table.column("record", .blob).notNull()
    }
    try database.create(
      index: "alert_event_of_alert", on: "alert_event", columns: ["fingerprint", "id"])
    try database.create(table: "silence") { table in
      table.autoIncrementedPrimaryKey("id")
      table.column("matchers", .text).notNull()
      table.column("starts_at", .integer).notNull()
      table.column("ends_at", .integer).notNull()
      table.column("created_by", .text).notNull()
      table.column("created_at", .integer).notNull()
      table.column("comment", .text).notNull()
    }
    try database.create(table: "threshold_change") { table in
      table.autoIncrementedPrimaryKey("id")
      table.column("rule", .text).notNull()
      table.column("at", .integer).notNull()
      table.column("before", .double).notNull()
      table.column("after", .double).notNull()
      table.column("explanation", .text).notNull()
      // proposed, applied or reverted.
      table.column("state", .text).notNull()
    }
  }

  private static func notifications(_ database: Database) throws {
    try database.create(table: "alert_group") { table in
      table.primaryKey("key", .text)
      table.column("sent_at", .integer).notNull()
    }
    try database.create(table: "notification") { table in
      table.autoIncrementedPrimaryKey("id")
      table.column("channel", .text).notNull()
      // Messages of one key are told in their order.
      table.column("order_key", .text).notNull()
      table.column("message", .blob).notNull()
      table.column("created_at", .integer).notNull()
      table.column("next_attempt_at", .integer).notNull()
      table.column("attempts", .integer).notNull()
      // waiting, delivered, digested or given up.
      table.column("state", .text).notNull()
    }
    try database.create(
      index: "notification_waiting", on: "notification", columns: ["channel", "state", "id"])
    try database.create(table: "delivery_attempt") { table in
      table.autoIncrementedPrimaryKey("id")
      table.column("notification_id", .integer).notNull()
        .references("notification", onDelete: .cascade)
      table.column("channel", .text).notNull()
      table.column("at", .integer).notNull()
      table.column("outcome", .text).notNull()
      table.column("detail", .text).notNull()
      table.column("seconds", .double).notNull()
    }
    try database.create(
      index: "delivery_attempt_of_channel", on: "delivery_attempt", columns: ["channel", "at"])
  }
}
