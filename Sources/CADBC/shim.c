// Swift cannot turn the object pointer `dlsym` returns into a C function pointer without an unsafe
// bit cast; POSIX guarantees that C can.

#include "CADBC.h"

AdbcStatusCode plumbline_adbc_driver_init(void *entrypoint, int version, struct AdbcDriver *driver,
                                          struct AdbcError *error) {
  AdbcDriverInitFunc init = (AdbcDriverInitFunc)entrypoint;
  return init(version, driver, error);
}
