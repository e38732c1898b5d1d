// The C ABI of ADBC 1.1 and of the Arrow C data and stream interfaces.
//
// Drivers are found at run time and spoken to through these structs alone, so their layout has to
// match the public specifications to the byte:
//   https://arrow.apache.org/adbc/current/format/specification.html
//   https://arrow.apache.org/docs/format/CDataInterface.html
// Only what Plumbline calls is given a precise function type; the slots in between are `adbc_slot`,
// which keeps the table's offsets right without repeating signatures nobody uses here.

#ifndef PLUMBLINE_CADBC_H
#define PLUMBLINE_CADBC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Arrow C data interface

struct ArrowSchema {
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};

struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
  int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
  const char *(*get_last_error)(struct ArrowArrayStream *);
  void (*release)(struct ArrowArrayStream *);
  void *private_data;
};

// MARK: ADBC

typedef uint8_t AdbcStatusCode;
#define ADBC_STATUS_OK 0
#define ADBC_STATUS_NOT_IMPLEMENTED 2

#define ADBC_VERSION_1_0_0 1000000
#define ADBC_VERSION_1_1_0 1001000

struct AdbcDriver;

struct AdbcError {
  char *message;
  int32_t vendor_code;
  char sqlstate[5];
  void (*release)(struct AdbcError *error);
  void *private_data;
  struct AdbcDriver *private_driver;
};

struct AdbcDatabase {
  void *private_data;
  struct AdbcDriver *private_driver;
};

struct AdbcConnection {
  void *private_data;
  struct AdbcDriver *private_driver;
};

struct AdbcStatement {
  void *private_data;
  struct AdbcDriver *private_driver;
};

typedef void (*adbc_slot)(void);

struct AdbcDriver {
  void *private_data;
  void *private_manager;
  AdbcStatusCode (*release)(struct AdbcDriver *, struct AdbcError *);

  AdbcStatusCode (*DatabaseInit)(struct AdbcDatabase *, struct AdbcError *);
  AdbcStatusCode (*DatabaseNew)(struct AdbcDatabase *, struct AdbcError *);
  AdbcStatusCode (*DatabaseSetOption)(struct AdbcDatabase *, const char *, const char *,
                                      struct AdbcError *);
  AdbcStatusCode (*DatabaseRelease)(struct AdbcDatabase *, struct AdbcError *);

  adbc_slot ConnectionCommit;
  adbc_slot ConnectionGetInfo;
  adbc_slot ConnectionGetObjects;
  adbc_slot ConnectionGetTableSchema;
  adbc_slot ConnectionGetTableTypes;
  AdbcStatusCode (*ConnectionInit)(struct AdbcConnection *, struct AdbcDatabase *,
                                   struct AdbcError *);
  AdbcStatusCode (*ConnectionNew)(struct AdbcConnection *, struct AdbcError *);
  adbc_slot ConnectionSetOption;
  adbc_slot ConnectionReadPartition;
  AdbcStatusCode (*ConnectionRelease)(struct AdbcConnection *, struct AdbcError *);
  adbc_slot ConnectionRollback;

  adbc_slot StatementBind;
  AdbcStatusCode (*StatementBindStream)(struct AdbcStatement *, struct ArrowArrayStream *,
                                        struct AdbcError *);
  AdbcStatusCode (*StatementExecuteQuery)(struct AdbcStatement *, struct ArrowArrayStream *,
                                          int64_t *, struct AdbcError *);
  adbc_slot StatementExecutePartitions;
  adbc_slot StatementGetParameterSchema;
  AdbcStatusCode (*StatementNew)(struct AdbcConnection *, struct AdbcStatement *,
                                 struct AdbcError *);
  adbc_slot StatementPrepare;
  AdbcStatusCode (*StatementRelease)(struct AdbcStatement *, struct AdbcError *);
  AdbcStatusCode (*StatementSetOption)(struct AdbcStatement *, const char *, const char *,
                                       struct AdbcError *);
  AdbcStatusCode (*StatementSetSqlQuery)(struct AdbcStatement *, const char *, struct AdbcError *);
  adbc_slot StatementSetSubstraitPlan;

  // Since 1.1.
  adbc_slot ErrorGetDetailCount;
  adbc_slot ErrorGetDetail;
  adbc_slot ErrorFromArrayStream;
  adbc_slot DatabaseGetOption;
  adbc_slot DatabaseGetOptionBytes;
  adbc_slot DatabaseGetOptionDouble;
  adbc_slot DatabaseGetOptionInt;
  adbc_slot DatabaseSetOptionBytes;
  adbc_slot DatabaseSetOptionDouble;
  adbc_slot DatabaseSetOptionInt;
  AdbcStatusCode (*ConnectionCancel)(struct AdbcConnection *, struct AdbcError *);
  adbc_slot ConnectionGetOption;
  adbc_slot ConnectionGetOptionBytes;
  adbc_slot ConnectionGetOptionDouble;
  adbc_slot ConnectionGetOptionInt;
  adbc_slot ConnectionGetStatistics;
  adbc_slot ConnectionGetStatisticNames;
  adbc_slot ConnectionSetOptionBytes;
  adbc_slot ConnectionSetOptionDouble;
  adbc_slot ConnectionSetOptionInt;
  adbc_slot StatementCancel;
  adbc_slot StatementExecuteSchema;
  adbc_slot StatementGetOption;
  adbc_slot StatementGetOptionBytes;
  adbc_slot StatementGetOptionDouble;
  adbc_slot StatementGetOptionInt;
  adbc_slot StatementSetOptionBytes;
  adbc_slot StatementSetOptionDouble;
  adbc_slot StatementSetOptionInt;
};

/// The one symbol a driver library exports: fills `driver` for the ABI version asked for.
typedef AdbcStatusCode (*AdbcDriverInitFunc)(int version, void *driver, struct AdbcError *error);

/// Calls a driver's entry point, found by `dlsym`, whose address C passes on as an object pointer.
AdbcStatusCode plumbline_adbc_driver_init(void *entrypoint, int version, struct AdbcDriver *driver,
                                          struct AdbcError *error);

#ifdef __cplusplus
}
#endif

#endif
