/* SPDX-License-Identifier: MIT */
/*
 * An HTTP client over libcurl: HTTP/1.1 and HTTP/2, TLS by the connector's
 * parameters (see curl.h), proxies from the environment, compressed answers,
 * cookies, connections kept alive. An answer is taken whole (cc_http_send) or
 * piece by piece (cc_http_begin, cc_http_read, cc_http_end).
 *
 * A client makes one exchange at a time, in one thread at a time; only
 * cc_http_cancel may be called from another one. An answer of any status is an
 * answer: the caller judges it. Redirections are not followed.
 *
 * Errors: CC_STAGE_RESOLVE, CONNECT, TLS, TIMEOUT, CANCELLED; what goes wrong
 * later, an answer that ends early included, is CC_STAGE_FETCH.
 */
#ifndef CC_WIRE_HTTP_H
#define CC_WIRE_HTTP_H

#include "column/buffer.h"
#include "connector/connector.h"
#include "connector/host.h"

#include <stdatomic.h>

struct cc_http;

/* The connector and the host are borrowed and outlive the client. */
int cc_http_new(const struct cc_connector *connector,
                const struct cc_host *host, struct cc_http **http,
                struct cc_error *error) CC_CHECKED;

/* Any state. NULL is allowed. */
void cc_http_free(struct cc_http *http);

/* Everything is borrowed until the exchange ends. */
struct cc_http_request
{
    const char *url;
    const char *method;         /* NULL: POST where there is a body, else GET */
    const char *const *headers; /* "Name: value", NULL-terminated; or NULL */
    const void *body;           /* NULL: none */
    size_t body_size;
    const char *username; /* Basic authentication; NULL: none */
    const char *password;
    int64_t connect_timeout_ms; /* 0: the connector's connect_timeout */
    int64_t timeout_ms;         /* for the whole exchange; 0: none */
    size_t max_size; /* bytes of the body, uncompressed; 0: 1 GiB. More is an
                        error */
    bool http2;      /* HTTP/2 even without TLS, at once */
    bool plain;      /* do not ask for compression, nor undo any */
    const atomic_bool *cancelled; /* set by any thread: gives the exchange up
                                     within 100 ms; NULL: cc_http_cancel only */
};

/* The whole exchange; the answer's body is appended to `body`. */
int cc_http_send(struct cc_http *http, const struct cc_http_request *request,
                 struct cc_buffer *body, struct cc_error *error) CC_CHECKED;

/* Sends the request and reads the head of the answer. */
int cc_http_begin(struct cc_http *http, const struct cc_http_request *request,
                  struct cc_error *error) CC_CHECKED;

enum cc_http_read
{
    CC_HTTP_ERROR = -1,
    CC_HTTP_END = 0,  /* the answer is complete */
    CC_HTTP_DATA = 1, /* at least one byte was appended */
    CC_HTTP_AGAIN = 2 /* `patience_ms` passed without any */
};

/* Appends what has arrived of the body since; waits for more where there is
 * nothing, at most `patience_ms` (< 0: as long as it takes). */
enum cc_http_read cc_http_read(struct cc_http *http, struct cc_buffer *body,
                               int patience_ms, struct cc_error *error);

/* Ends the exchange in whatever state. */
void cc_http_end(struct cc_http *http);

/* Of the last answer; 0 when there was none. */
long cc_http_status(const struct cc_http *http);

/* Whether the last answer came by HTTP/2. */
bool cc_http_is_http2(const struct cc_http *http);

/* The value of a header or trailer of the last answer, the last one of that
 * name (any case); NULL when there is none. *size is its length: it is not
 * terminated. Valid until the next exchange. */
const char *cc_http_header(const struct cc_http *http, const char *name,
                           size_t *size);

/* Forgets all cookies; whether there were any. */
bool cc_http_forget_cookies(struct cc_http *http);

/* The exchange under way, and every one until cc_http_resume, fails with
 * CC_STAGE_CANCELLED. Any thread; returns at once. */
void cc_http_cancel(struct cc_http *http);
void cc_http_resume(struct cc_http *http);

#endif
