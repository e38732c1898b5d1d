#ifndef PLUMBLINE_CCURL_H
#define PLUMBLINE_CCURL_H
int plumbline_curl_dummy(void);
#endif
