#include "CCurl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Far more than any server has to say in headers or replies.
enum { headers_limit = 65536 };

static pthread_once_t start_once = PTHREAD_ONCE_INIT;
static CURLcode start_code;

static void start(void) { start_code = curl_global_init(CURL_GLOBAL_DEFAULT); }

typedef struct {
  char *bytes;
  size_t length;
  size_t limit;
  int is_truncated;
} buffer;

// Keeps what fits; 0 where that was not all or memory ran out.
static int buffer_append(buffer *to, const char *bytes, size_t length) {
  size_t room = to->limit - to->length;
  size_t kept = length < room ? length : room;
  if (kept > 0) {
    char *grown = realloc(to->bytes, to->length + kept);
    if (grown == NULL) return 0;
    to->bytes = grown;
    memcpy(to->bytes + to->length, bytes, kept);
    to->length += kept;
  }
  if (kept < length) to->is_truncated = 1;
  return kept == length;
}

static size_t write_body(char *bytes, size_t size, size_t count, void *to) {
  // Anything but the full length ends the transfer.
  return buffer_append(to, bytes, size * count) ? size * count : 0;
}

static size_t write_header(char *bytes, size_t size, size_t count, void *to) {
  size_t length = size * count;
  buffer *headers = to;
  // Another answer begins, after an interim one such as 100 Continue.
  if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) headers->length = 0;
  buffer_append(headers, bytes, length);
  return length;
}

typedef struct {
  const char *bytes;
  size_t left;
} reader;

static size_t read_payload(char *to, size_t size, size_t count, void *from) {
  reader *source = from;
  size_t length = size * count < source->left ? size * count : source->left;
  memcpy(to, source->bytes, length);
  source->bytes += length;
  source->left -= length;
  return length;
}

// What both kinds of call have in common.
static void prepare(
  CURL *curl, plumbline_curl_response *response, buffer *headers, buffer *body, long milliseconds,
  const char *certificate_file) {
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, response->message);
  // Time-outs without signals, which belong to the process and not to one of its threads.
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, milliseconds);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
  // The time-out above is over once the message is through: without these two, a mail server that does
  // not answer to QUIT keeps the thread for two minutes.
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (milliseconds + 999) / 1000);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  // In place of the system's bundle; the system's folder of certificates (CURLOPT_CAPATH) stays.
  if (certificate_file != NULL) curl_easy_setopt(curl, CURLOPT_CAINFO, certificate_file);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, write_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
}

// A socket that the other side closed raises SIGPIPE in whoever writes to it, and with CURLOPT_NOSIGNAL
// curl leaves it at that: here the thread holds the signal back and drops it.
static CURLcode perform(CURL *curl) {
#ifdef __linux__
  sigset_t pipe, pending, before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigemptyset(&pending);
  sigpending(&pending);
  int was_pending = sigismember(&pending, SIGPIPE) == 1;
  int is_held = pthread_sigmask(SIG_BLOCK, &pipe, &before) == 0;
  CURLcode code = curl_easy_perform(curl);
  if (is_held) {
    struct timespec none = {0, 0};
    if (!was_pending) sigtimedwait(&pipe, NULL, &none);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
  }
  return code;
#else
  return curl_easy_perform(curl);
#endif
}

// Closes the handle too: what a server says on leaving still goes into the buffers.
static void finish(
  CURL *curl, CURLcode code, plumbline_curl_response *response, buffer *headers, buffer *body) {
  response->code = (int)code;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response->status);
  curl_easy_cleanup(curl);
  response->headers = headers->bytes;
  response->headers_length = headers->length;
  response->body = body->bytes;
  response->body_length = body->length;
  response->is_truncated = body->is_truncated;
  // The rest of a long answer was not wanted: that is no error.
  if (code == CURLE_WRITE_ERROR && body->is_truncated) response->code = CURLE_OK;
}

// Adds to a list, which stays as it was where memory runs out.
static int list_add(struct curl_slist **list, const char *text) {
  struct curl_slist *longer = curl_slist_append(*list, text);
  if (longer == NULL) return 0;
  *list = longer;
  return 1;
}

static CURL *open_handle(plumbline_curl_response *response) {
  pthread_once(&start_once, start);
  CURL *curl = start_code == CURLE_OK ? curl_easy_init() : NULL;
  if (curl == NULL) response->code = CURLE_FAILED_INIT;
  return curl;
}

plumbline_curl_response plumbline_http_send(const plumbline_http_request *request) {
  plumbline_curl_response response = {0};
  CURL *curl = open_handle(&response);
  if (curl == NULL) return response;
  buffer headers = {.limit = headers_limit};
  buffer body = {.limit = request->response_limit};
  prepare(
    curl, &response, &headers, &body, request->timeout_milliseconds, request->certificate_file);
  if (request->is_local) {
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_URL, request->url);
  if (strcmp(request->method, "HEAD") == 0) {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (request->body_length > 0 || strcmp(request->method, "POST") == 0) {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body_length > 0 ? request->body : "");
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
  struct curl_slist *lines = NULL;
  // Without it curl waits a second for leave to send a large body.
  int has_memory = list_add(&lines, "Expect:");
  for (size_t i = 0; i < request->header_count && has_memory; i++) {
    has_memory = list_add(&lines, request->headers[i]);
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
  finish(curl, has_memory ? perform(curl) : CURLE_OUT_OF_MEMORY, &response, &headers, &body);
  curl_slist_free_all(lines);
  return response;
}

plumbline_curl_response plumbline_mail_send(const plumbline_mail_request *request) {
  plumbline_curl_response response = {0};
  CURL *curl = open_handle(&response);
  if (curl == NULL) return response;
  buffer headers = {.limit = headers_limit};
  buffer body = {.limit = headers_limit};
  prepare(
    curl, &response, &headers, &body, request->timeout_milliseconds, request->certificate_file);
  char url[320];
  const char *scheme = request->tls == plumbline_tls_always ? "smtps" : "smtp";
  // An IPv6 address stands in brackets.
  const char *format = strchr(request->host, ':') != NULL ? "%s://[%s]:%d" : "%s://%s:%d";
  int length = snprintf(url, sizeof url, format, scheme, request->host, request->port);
  if (length < 0 || (size_t)length >= sizeof url) {
    response.code = CURLE_URL_MALFORMAT;
    curl_easy_cleanup(curl);
    return response;
  }
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_URL, url);
  if (request->tls == plumbline_tls_start) {
    // Required, not tried: a message never goes in the clear because STARTTLS was missing.
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
  }
  if (request->user != NULL) curl_easy_setopt(curl, CURLOPT_USERNAME, request->user);
  if (request->password != NULL) curl_easy_setopt(curl, CURLOPT_PASSWORD, request->password);
  struct curl_slist *recipients = NULL;
  int has_memory = 1;
  reader source = {.bytes = request->payload, .left = request->payload_length};
  if (request->recipient_count == 0) {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "NOOP");
  } else {
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, request->sender);
    for (size_t i = 0; i < request->recipient_count && has_memory; i++) {
      has_memory = list_add(&recipients, request->recipients[i]);
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_payload);
    curl_easy_setopt(curl, CURLOPT_READDATA, &source);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->payload_length);
  }
  finish(curl, has_memory ? perform(curl) : CURLE_OUT_OF_MEMORY, &response, &headers, &body);
  curl_slist_free_all(recipients);
  return response;
}

void plumbline_curl_free(plumbline_curl_response *response) {
  free(response->headers);
  free(response->body);
  response->headers = NULL;
  response->body = NULL;
}
