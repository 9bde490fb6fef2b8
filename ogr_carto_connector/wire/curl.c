/* SPDX-License-Identifier: MIT */
#include "curl.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_CONNECT_SECONDS 30
#define NETWORK_HINT                                                           \
    "Check this machine's way to the internet (https_proxy), and "             \
    "\"endpoint\" and \"storage_endpoint\" where they are set."

/* ---- the library ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode started = CURLE_FAILED_INIT;

static void start_library(void)
{
    started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

CURL *cc_curl_new(struct cc_error *error)
{
    pthread_once(&once, start_library);
    CURL *curl = started == CURLE_OK ? curl_easy_init() : NULL;
    if (!curl)
        (void)cc_error_set(error, CC_STAGE_INTERNAL, NULL,
                           "libcurl does not start: %s",
                           curl_easy_strerror(started));
    return curl;
}

/* ---- TLS ---- */

static const char *mode_of(const struct cc_connector *connector)
{
    const char *mode = cc_connector_text(connector, CC_P_SSLMODE);
    return mode ? mode : "verify-full";
}

bool cc_curl_wants_tls(const struct cc_connector *connector)
{
    return strcmp(mode_of(connector), "disable") != 0;
}

static const char *authorities(const struct cc_connector *connector)
{
    const char *file = cc_connector_text(connector, CC_P_SSLROOTCERT);
    if (!file)
        file = getenv("CURL_CA_BUNDLE");
    if (!file || !*file)
        file = getenv("SSL_CERT_FILE");
    return file && *file ? file : NULL;
}

static CURLcode set_tls(CURL *curl, const struct cc_connector *connector)
{
    const char *mode = mode_of(connector);
    bool named = cc_connector_text(connector, CC_P_SSLROOTCERT) != NULL;
    bool full = strcmp(mode, "verify-full") == 0;
    bool signer = full || strcmp(mode, "verify-ca") == 0 || named;
    const char *cafile = authorities(connector);
    const char *cert = cc_connector_text(connector, CC_P_SSLCERT);
    const char *key = cc_connector_text(connector, CC_P_SSLKEY);
    CURLcode code =
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, signer ? 1L : 0L);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, full ? 2L : 0L);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_SSLVERSION,
                                (long)CURL_SSLVERSION_TLSv1_2);
    if (code == CURLE_OK && cafile)
        code = curl_easy_setopt(curl, CURLOPT_CAINFO, cafile);
    if (code == CURLE_OK && cert)
        code = curl_easy_setopt(curl, CURLOPT_SSLCERT, cert);
    if (code == CURLE_OK && key)
        code = curl_easy_setopt(curl, CURLOPT_SSLKEY, key);
    return code;
}

/* ---- handles ---- */

/* libcurl asks about once a second while nothing happens. */
static int give_up(void *context, curl_off_t a, curl_off_t b, curl_off_t c,
                   curl_off_t d)
{
    const struct cc_curl_options *options = context;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return options->cancelled && atomic_load(options->cancelled) ? 1 : 0;
}

static int64_t connect_timeout_ms(const struct cc_curl_options *options)
{
    if (options->connect_timeout_ms > 0)
        return options->connect_timeout_ms;
    int64_t seconds =
        cc_connector_integer(options->connector, CC_P_CONNECT_TIMEOUT);
    return (seconds > 0 ? seconds : DEFAULT_CONNECT_SECONDS) * 1000;
}

static CURLcode restrict_protocols(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
                            (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

int cc_curl_setup(CURL *curl, const struct cc_curl_options *options,
                  char *words, struct cc_error *error)
{
    words[0] = '\0';
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    /* a peer that is gone without a word is missed within two minutes */
    (void)curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TCP_KEEPIDLE, 60L);
    (void)curl_easy_setopt(curl, CURLOPT_TCP_KEEPINTVL, 15L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                           (long)connect_timeout_ms(options));
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, give_up);
    /* libcurl takes the context without const */
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA,
                           (void *)(uintptr_t)options);
    CURLcode code = restrict_protocols(curl);
    if (code == CURLE_OK)
        code = set_tls(curl, options->connector);
    if (code == CURLE_OK)
        return 0;
    return cc_error_set(error, CC_STAGE_TLS, NULL,
                        "libcurl does not take the TLS parameters: %s",
                        curl_easy_strerror(code));
}

/* ---- URLs ---- */

static CURLUcode set_parts(CURLU *url, const char *scheme, const char *host,
                           const char *port, const char *path)
{
    struct cc_strbuf name = CC_STRBUF_INIT;
    bool address = strchr(host, ':') && *host != '[';
    (void)cc_strbuf_printf(&name, address ? "[%s]" : "%s", host);
    CURLUcode code = curl_url_set(url, CURLUPART_SCHEME, scheme, 0);
    if (code == CURLUE_OK)
        code = cc_strbuf_failed(&name)
                   ? CURLUE_OUT_OF_MEMORY
                   : curl_url_set(url, CURLUPART_HOST, name.data, 0);
    if (code == CURLUE_OK && port)
        code = curl_url_set(url, CURLUPART_PORT, port, 0);
    if (code == CURLUE_OK && path)
        code = curl_url_set(url, CURLUPART_PATH, path, 0);
    cc_strbuf_free(&name);
    return code;
}

int cc_curl_url(const char *scheme, const char *host, const char *port,
                const char *path, struct cc_strbuf *out, struct cc_error *error)
{
    CURLU *url = curl_url();
    char *text = NULL;
    if (!url)
        return cc_error_memory(error);
    CURLUcode code = set_parts(url, scheme, host, port, path);
    if (code == CURLUE_OK)
        code = curl_url_get(url, CURLUPART_URL, &text, 0);
    int status = 0;
    if (code == CURLUE_OUT_OF_MEMORY ||
        (code == CURLUE_OK && cc_strbuf_append(out, text) != 0))
        status = cc_error_memory(error);
    else if (code != CURLUE_OK)
        status = cc_error_set(error, CC_STAGE_RESOLVE, NULL,
                              "\"%s\" is not the name or address of a host. "
                              "Check \"server\".",
                              host);
    curl_free(text);
    curl_url_cleanup(url);
    return status;
}

/* ---- errors ---- */

static enum cc_stage stage_of(CURLcode code, enum cc_stage otherwise)
{
    switch (code)
    {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
            return CC_STAGE_RESOLVE;
        case CURLE_COULDNT_CONNECT:
            return CC_STAGE_CONNECT;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_CRL_BADFILE:
        case CURLE_SSL_ENGINE_NOTFOUND:
        case CURLE_SSL_ENGINE_SETFAILED:
            return CC_STAGE_TLS;
        case CURLE_OPERATION_TIMEDOUT:
            return CC_STAGE_TIMEOUT;
        case CURLE_OUT_OF_MEMORY:
            return CC_STAGE_INTERNAL;
        default:
            return otherwise;
    }
}

/* Whether the address is that of an "endpoint", not of a "server". */
static bool has_endpoint(const struct cc_connector *connector)
{
    return cc_connector_text(connector, CC_P_ENDPOINT) != NULL;
}

static const char *hint_of(enum cc_stage stage, bool endpoint)
{
    switch (stage)
    {
        case CC_STAGE_RESOLVE:
            return endpoint ? NETWORK_HINT : "Check \"server\".";
        case CC_STAGE_CONNECT:
            return endpoint ? NETWORK_HINT
                            : "Check \"server\" and \"port\", and that the "
                              "server accepts connections from this machine.";
        case CC_STAGE_TLS:
            return "See \"sslmode\" and \"sslrootcert\".";
        default:
            return NULL;
    }
}

/* Whether nothing was connected yet, TLS included. */
static bool was_connecting(CURL *curl)
{
    curl_off_t pretransfer = 0;
    return curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &pretransfer) ==
               CURLE_OK &&
           pretransfer == 0;
}

/* What a proxy answered to CONNECT, where that was no success. */
static bool was_refused_by_proxy(CURL *curl)
{
    long status = 0;
    return curl_easy_getinfo(curl, CURLINFO_HTTP_CONNECTCODE, &status) ==
               CURLE_OK &&
           status >= 300;
}

int cc_curl_cancelled(struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_CANCELLED, NULL,
                        "the read was cancelled");
}

int cc_curl_error(CURL *curl, CURLcode code, const char *words,
                  const struct cc_curl_options *options,
                  enum cc_stage otherwise, struct cc_error *error)
{
    if (options->cancelled && atomic_load(options->cancelled))
        return cc_curl_cancelled(error);
    if (was_refused_by_proxy(curl))
        return cc_error_set(error, CC_STAGE_CONNECT, NULL,
                            "the proxy refuses the connection: %s\nCheck "
                            "https_proxy and no_proxy in the environment.",
                            *words ? words : curl_easy_strerror(code));
    enum cc_stage stage = stage_of(code, otherwise);
    bool endpoint = has_endpoint(options->connector);
    const char *hint = hint_of(stage, endpoint);
    if (stage == CC_STAGE_TIMEOUT && was_connecting(curl))
        return cc_error_set(
            error, stage, NULL,
            "the server did not accept the connection within %lld s "
            "(connect_timeout). %s",
            (long long)((connect_timeout_ms(options) + 999) / 1000),
            endpoint ? NETWORK_HINT
                     : "Check \"server\", \"port\" and the firewalls in "
                       "between.");
    (void)cc_error_set(error, stage, NULL, "%s",
                       *words ? words : curl_easy_strerror(code));
    return hint ? cc_error_append(error, "\n%s", hint) : -1;
}
