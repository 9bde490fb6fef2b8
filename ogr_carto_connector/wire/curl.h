/* SPDX-License-Identifier: MIT */
/*
 * What the transports over libcurl share: handles set up from a connector's
 * parameters, URLs, and errors in the reader's terms. Private to wire/.
 *
 * Proxies are libcurl's own: http_proxy, https_proxy, all_proxy, no_proxy.
 */
#ifndef CC_WIRE_CURL_H
#define CC_WIRE_CURL_H

#include "connector/connector.h"
#include "connector/host.h"

#include <curl/curl.h>

#include <stdatomic.h>
#include <stdint.h>

/*
 * How to connect. Everything is borrowed and outlives the handle.
 *
 * sslmode of the connector: "require" encrypts, and verifies the certificate's
 * signer where "sslrootcert" is given; "verify-ca" verifies the signer,
 * "verify-full" the host name as well. Certificates are verified against
 * sslrootcert, else the file that CURL_CA_BUNDLE or SSL_CERT_FILE names, else
 * the system's.
 */
struct cc_curl_options
{
    const struct cc_connector *connector;
    const struct cc_host *host;   /* for debug messages; may be NULL */
    const atomic_bool *cancelled; /* set by any thread: give up. May be NULL */
    int64_t connect_timeout_ms;   /* 0: the connector's connect_timeout */
};

/* Puts the options on a new or reset handle; `words`, CURL_ERROR_SIZE bytes,
 * takes libcurl's messages. */
int cc_curl_setup(CURL *curl, const struct cc_curl_options *options,
                  char *words, struct cc_error *error) CC_CHECKED;

/* A handle, to be freed with curl_easy_cleanup. NULL with the error set. */
CURL *cc_curl_new(struct cc_error *error);

/* scheme://host:port/path, appended; every part is checked and escaped where
 * it has to be. `path` may be NULL. */
int cc_curl_url(const char *scheme, const char *host, const char *port,
                const char *path, struct cc_strbuf *out,
                struct cc_error *error) CC_CHECKED;

/* Whether the connector's sslmode asks for TLS. */
bool cc_curl_wants_tls(const struct cc_connector *connector);

/* Sets the error from what libcurl says, and returns -1. `otherwise` is the
 * stage of what is no matter of the connection. */
int cc_curl_error(CURL *curl, CURLcode code, const char *words,
                  const struct cc_curl_options *options,
                  enum cc_stage otherwise, struct cc_error *error);

/* Sets CC_STAGE_CANCELLED, and returns -1. */
int cc_curl_cancelled(struct cc_error *error);

#endif
