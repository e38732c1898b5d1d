// The entry point of the DuckDB driver library that `Scripts/bootstrap` links.
//
// DuckDB's PyPI wheel holds the whole engine, ADBC included, in a Python extension module, which
// leaves Python's own symbols undefined. Linking that module and libpython into one small library
// lets any program load it with a plain dlopen. A stock libduckdb.so needs none of this.

#include <stddef.h>
#include <stdint.h>

struct AdbcError;
uint8_t duckdb_adbc_init(int version, void *driver, struct AdbcError *error);

uint8_t AdbcDriverInit(int version, void *driver, struct AdbcError *error) {
  return duckdb_adbc_init(version, driver, error);
}
