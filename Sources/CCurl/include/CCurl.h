// One HTTP exchange and one mail over libcurl, as plain blocking functions.
//
// Swift cannot call curl_easy_setopt, which takes its value as a variadic argument of any type. Nothing
// here raises a signal or shares state between calls, so any thread may call at any time.

#ifndef PLUMBLINE_CCURL_H
#define PLUMBLINE_CCURL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Texts end with NUL and are borrowed for the time of the call; those that may be NULL say so.
typedef struct {
  const char *method;
  /// http or https; nothing else is spoken.
  const char *url;
  /// `Name: value`, one each.
  const char *const *headers;
  size_t header_count;
  const void *body;
  size_t body_length;
  /// For all of it, from looking up the name to the last byte.
  long timeout_milliseconds;
  /// A file of certificates that are trusted besides the system's; NULL for none.
  const char *certificate_file;
  /// Bytes of the answer's body that are kept; reading stops there.
  size_t response_limit;
  /// Whether who is asked is this machine's own: no proxy is asked, and the certificate, which is of the
  /// name others know it by, is not looked at.
  int is_local;
} plumbline_http_request;

typedef enum { plumbline_tls_none = 0, plumbline_tls_start = 1, plumbline_tls_always = 2 } plumbline_tls;

typedef struct {
  const char *host;
  int port;
  plumbline_tls tls;
  /// NULL for none.
  const char *user;
  const char *password;
  const char *certificate_file;
  /// Bare addresses.
  const char *sender;
  const char *const *recipients;
  size_t recipient_count;
  const void *payload;
  size_t payload_length;
  long timeout_milliseconds;
} plumbline_mail_request;

typedef struct {
  /// Of curl; 0 where all went well.
  int code;
  /// The answer's status code, or that of the mail server's last reply; 0 where there was none.
  long status;
  /// The answer's header lines, or the mail server's replies; may be NULL.
  char *headers;
  size_t headers_length;
  /// May be NULL.
  char *body;
  size_t body_length;
  /// Whether the body went on beyond the limit.
  int is_truncated;
  /// What curl says of the error; empty where it says nothing.
  char message[256];
} plumbline_curl_response;

/// Sends a request and reads the answer. Redirects are not followed.
/// The response is to be freed with plumbline_curl_free, whatever its code.
plumbline_curl_response plumbline_http_send(const plumbline_http_request *request);

/// Hands a message to a mail server. Recipients it refuses do not keep it from the others; only if it
/// refuses all is that an error. Without recipients nothing is handed over: the server is greeted, TLS and
/// the login are gone through, and it is left with NOOP and QUIT.
plumbline_curl_response plumbline_mail_send(const plumbline_mail_request *request);

void plumbline_curl_free(plumbline_curl_response *response);

#ifdef __cplusplus
}
#endif

#endif
