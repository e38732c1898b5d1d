import GRDB

/// The steps from an empty file to today's tables. Only ever add to the end.
enum Migrations {
  static var all: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("runs") { database in
      try database.create(table: "run") { table in
        table.autoIncrementedPrimaryKey("id")
        table.column("command", .text).notNull()
        table.column("created_at", .text).notNull()
        table.column("status", .text).notNull()
        table.column("reference", .text).notNull()
        table.column("current", .text).notNull()
        table.column("drift_share", .double)
        table.column("drifted_columns", .integer).notNull()
        table.column("checked_columns", .integer).notNull()
        table.column("report", .blob).notNull()
      }
    }
    migrator.registerMigration("experiment looks") { database in
      try database.create(table: "experiment_look") { table in
        table.autoIncrementedPrimaryKey("id")
        table.column("experiment_id", .text).notNull().indexed()
        table.column("created_at", .text).notNull()
        table.column("metric", .text).notNull()
        table.column("treatment", .text).notNull()
        table.column("information_fraction", .double).notNull()
        table.column("z", .double).notNull()
      }
    }
    migrator.registerMigration("always-valid looks") { database in
      // SQLite cannot take NOT NULL from a column: the table is made anew.
      try database.create(table: "look") { table in
        table.autoIncrementedPrimaryKey("id")
        table.column("experiment_id", .text).notNull().indexed()
        table.column("created_at", .text).notNull()
        table.column("metric", .text).notNull()
        table.column("treatment", .text).notNull()
        table.column("information_fraction", .double)
        table.column("z", .double).notNull()
        table.column("always_valid_p", .double)
      }
      try database.execute(
        sql: """
          INSERT INTO look SELECT *, NULL FROM experiment_look;
          DROP TABLE experiment_look;
          ALTER TABLE look RENAME TO experiment_look;
          """)
    }
    migrator.registerMigration("runs of every kind") { database in
      try database.create(table: "kept_run") { table in
        table.autoIncrementedPrimaryKey("id")
        table.column("kind", .text).notNull()
        table.column("command", .text).notNull()
        table.column("created_at", .text).notNull()
        table.column("model", .text)
        table.column("check_name", .text)
        table.column("due_at", .text)
        table.column("status", .text).notNull()
        table.column("headline", .text).notNull()
        table.column("reference", .text)
        table.column("current", .text)
        table.column("drift_share", .double)
        table.column("drifted_columns", .integer)
        table.column("checked_columns", .integer)
        table.column("report", .blob).notNull()
      }
      try database.execute(
        sql: """
          INSERT INTO kept_run
          SELECT id, 'drift', command, created_at, NULL, NULL, NULL, status,
            drifted_columns || ' of ' || checked_columns || ' columns drifted', reference, current,
            drift_share, drifted_columns, checked_columns, report FROM run;
          DROP TABLE run;
          ALTER TABLE kept_run RENAME TO run;
          CREATE INDEX run_of_check ON run (model, check_name, id);
          """)
      // The time up to which a check of the service has been made.
      try database.create(table: "check_progress") { table in
        table.column("model", .text).notNull()
        table.column("check_name", .text).notNull()
        table.column("due_at", .text).notNull()
        table.primaryKey(["model", "check_name"])
      }
    }
    migrator.registerMigration("alerts") { try AlertTables.create(in: $0) }
    migrator.registerMigration("pauses of channels") { database in
      // When a provider asked not to be called, and until when.
      try database.create(table: "channel_pause") { table in
        table.primaryKey("channel", .text)
        table.column("since", .integer).notNull()
        table.column("until", .integer).notNull()
      }
    }
    migrator.registerMigration("deployments") { database in
      try database.create(table: "deployment") { table in
        table.autoIncrementedPrimaryKey("id")
        table.column("model", .text).notNull()
        table.column("at", .integer).notNull()
        table.column("version", .text)
        table.column("config", .text)
        // JSON: versions of packages by name.
        table.column("dependencies", .text).notNull()
        table.uniqueKey(["model", "at"])
      }
    }
    return migrator
  }
}
