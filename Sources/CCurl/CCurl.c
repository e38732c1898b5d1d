#include "CCurl.h"
int plumbline_curl_dummy(void) { return 0; }
