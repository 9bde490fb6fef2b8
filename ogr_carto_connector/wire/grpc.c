/* SPDX-License-Identifier: MIT */
#include "grpc.h"

#include "column/text.h"
#include "connector/ascii.h"

#include <stdio.h>
#include <string.h>

#define PREFIX_SIZE 5
#define MAX_MESSAGE ((size_t)256 << 20)
#define MAX_HEADERS 16

struct cc_grpc
{
    struct cc_http *http;
    const struct cc_connector *connector;
    const struct cc_host *host;
    const char *endpoint;
    struct cc_buffer request; /* framed; libcurl borrows it */
    struct cc_buffer received;
    size_t at; /* of received: what comes next */
    enum cc_grpc_code code;
    bool lost; /* it failed in a way that says to try again */
};

/* ---- life ---- */

int cc_grpc_new(const struct cc_connector *connector,
                const struct cc_host *host, const char *endpoint,
                struct cc_grpc **grpc, struct cc_error *error)
{
    struct cc_grpc *client = calloc(1, sizeof *client);
    if (!client)
        return cc_error_memory(error);
    client->connector = connector;
    client->host = host;
    client->endpoint = endpoint;
    if (cc_http_new(connector, host, &client->http, error) != 0)
    {
        free(client);
        return -1;
    }
    *grpc = client;
    return 0;
}

void cc_grpc_free(struct cc_grpc *grpc)
{
    if (!grpc)
        return;
    cc_http_free(grpc->http);
    cc_buffer_free(&grpc->request);
    cc_buffer_free(&grpc->received);
    free(grpc);
}

enum cc_grpc_code cc_grpc_code(const struct cc_grpc *grpc)
{
    return grpc->code;
}

bool cc_grpc_may_retry(const struct cc_grpc *grpc)
{
    return grpc->lost;
}

/* ---- what went wrong ---- */

static const char *code_name(enum cc_grpc_code code)
{
    static const char *const names[] = {
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    };
    return (size_t)code < sizeof names / sizeof *names ? names[code]
                                                       : "unknown status";
}

static enum cc_stage stage_of(enum cc_grpc_code code)
{
    switch (code)
    {
        case CC_GRPC_UNAUTHENTICATED:
            return CC_STAGE_LOGIN;
        case CC_GRPC_DEADLINE_EXCEEDED:
            return CC_STAGE_TIMEOUT;
        case CC_GRPC_INVALID_ARGUMENT:
        case CC_GRPC_NOT_FOUND:
        case CC_GRPC_PERMISSION_DENIED:
        case CC_GRPC_FAILED_PRECONDITION:
            return CC_STAGE_QUERY;
        default:
            return CC_STAGE_FETCH;
    }
}

/* http-grpc-status-mapping.md of grpc/grpc */
static enum cc_grpc_code code_of_http(long status)
{
    switch (status)
    {
        case 401:
            return CC_GRPC_UNAUTHENTICATED;
        case 403:
            return CC_GRPC_PERMISSION_DENIED;
        case 404:
            return CC_GRPC_UNIMPLEMENTED;
        case 429:
        case 502:
        case 503:
        case 504:
            return CC_GRPC_UNAVAILABLE;
        default:
            return CC_GRPC_UNKNOWN;
    }
}

/* grpc-message is percent-encoded UTF-8. */
static void decode_percent(const char *text, size_t size, struct cc_strbuf *out)
{
    for (size_t i = 0; i < size; i++)
    {
        int high = -1;
        int low = -1;
        if (text[i] == '%' && size - i > 2)
        {
            high = cc_hex_digit(text[i + 1]);
            low = cc_hex_digit(text[i + 2]);
        }
        bool encoded = high >= 0 && low >= 0 && high + low > 0;
        (void)cc_strbuf_append_char(out, encoded ? (char)(high * 16 + low)
                                                 : text[i]);
        i += encoded ? 2 : 0;
    }
}

/* What a stream that broke inside Google's front ends is reported as. */
static bool says_broken(enum cc_grpc_code code, const char *words)
{
    return code == CC_GRPC_INTERNAL &&
           (strstr(words, "RST_STREAM") || strstr(words, "unexpected EOS") ||
            strstr(words, "Received unexpected EOS"));
}

static int fail_status(struct cc_grpc *grpc, enum cc_grpc_code code,
                       struct cc_error *error)
{
    size_t size = 0;
    const char *text = cc_http_header(grpc->http, "grpc-message", &size);
    struct cc_strbuf words = CC_STRBUF_INIT;
    if (text)
        decode_percent(text, size, &words);
    grpc->code = code;
    grpc->lost = code == CC_GRPC_UNAVAILABLE ||
                 code == CC_GRPC_RESOURCE_EXHAUSTED ||
                 says_broken(code, cc_strbuf_text(&words));
    char number[CC_ERROR_CODE_SIZE];
    snprintf(number, sizeof number, "gRPC %d", (int)code);
    (void)cc_error_set(error, stage_of(code), number, "%s (%s)",
                       words.length > 0 ? cc_strbuf_text(&words)
                                        : "the server gives no reason",
                       code_name(code));
    if (strstr(cc_strbuf_text(&words), "Missing :te header"))
        (void)cc_error_append(error, "\nThis libcurl, or a proxy, drops the "
                                     "header \"te\": see curl issue 17122.");
    cc_strbuf_free(&words);
    return -1;
}

/* An answer of something that is no gRPC server. */
static int fail_http(struct cc_grpc *grpc, struct cc_error *error)
{
    long status = cc_http_status(grpc->http);
    grpc->code = code_of_http(status);
    grpc->lost = grpc->code == CC_GRPC_UNAVAILABLE;
    return cc_error_set(error, stage_of(grpc->code), NULL,
                        "%s answers HTTP %ld without a gRPC status; is it "
                        "the Storage Read API, and does every proxy in "
                        "between pass HTTP/2?",
                        grpc->endpoint, status);
}

static int fail_version(struct cc_grpc *grpc, struct cc_error *error)
{
    grpc->code = CC_GRPC_UNKNOWN;
    return cc_error_set(error, CC_STAGE_TLS, NULL,
                        "%s does not offer HTTP/2, which gRPC needs: check "
                        "the address, and whether a proxy in between is to "
                        "blame",
                        grpc->endpoint);
}

/* The transport failed: as if the server were unavailable, but for what
 * trying again does not help. */
static int fail_transport(struct cc_grpc *grpc, const struct cc_error *error)
{
    enum cc_stage stage = error ? error->stage : CC_STAGE_FETCH;
    grpc->code = CC_GRPC_UNAVAILABLE;
    grpc->lost = stage == CC_STAGE_FETCH || stage == CC_STAGE_CONNECT;
    return -1;
}

/* ---- calling ---- */

static int frame(const struct cc_grpc_call *call, struct cc_buffer *out,
                 struct cc_error *error)
{
    if (call->request_size > UINT32_MAX)
        return cc_error_set(error, CC_STAGE_LIMIT, NULL,
                            "a request has more than 4 GiB");
    const uint32_t size = (uint32_t)call->request_size;
    const uint8_t prefix[PREFIX_SIZE] = {0, (uint8_t)(size >> 24),
                                         (uint8_t)(size >> 16),
                                         (uint8_t)(size >> 8), (uint8_t)size};
    if (cc_buffer_append(out, prefix, PREFIX_SIZE) != 0 ||
        cc_buffer_append(out, call->request, call->request_size) != 0)
        return cc_error_memory(error);
    return 0;
}

static int send_framed(struct cc_grpc *grpc, const struct cc_grpc_call *call,
                       struct cc_error *error)
{
    const char *headers[MAX_HEADERS] = {"content-type: application/grpc",
                                        "te: trailers",
                                        "user-agent: ogr_carto_connector"};
    struct cc_strbuf url = CC_STRBUF_INIT;
    char timeout[48];
    size_t count = 3;
    if (call->timeout_ms > 0)
    {
        snprintf(timeout, sizeof timeout, "grpc-timeout: %lldm",
                 (long long)(call->timeout_ms < 99999999 ? call->timeout_ms
                                                         : 99999999));
        headers[count++] = timeout;
    }
    for (size_t i = 0; call->headers && call->headers[i]; i++)
    {
        if (count < MAX_HEADERS - 1)
            headers[count++] = call->headers[i];
    }
    if (cc_strbuf_printf(&url, "%s%s", grpc->endpoint, call->method) != 0)
        return cc_error_memory(error);
    const struct cc_http_request request = {
        .url = cc_strbuf_text(&url),
        .headers = headers,
        .body = grpc->request.data,
        .body_size = grpc->request.size,
        .timeout_ms = call->timeout_ms,
        .max_size = SIZE_MAX,
        .http2 = strncmp(grpc->endpoint, "http:", 5) == 0,
        .plain = true,
        .cancelled = call->cancelled,
    };
    int status = cc_http_begin(grpc->http, &request, error);
    cc_strbuf_free(&url);
    return status;
}

static bool is_grpc(const struct cc_grpc *grpc)
{
    static const char type[] = "application/grpc";
    size_t size;
    const char *value = cc_http_header(grpc->http, "content-type", &size);
    return value && size >= sizeof type - 1 &&
           cc_ascii_equal(value, type, sizeof type - 1);
}

/* libcurl 7.88 fails to use a connection again that speaks HTTP/2 without
 * TLS. */
static int reconnect(struct cc_grpc *grpc, struct cc_error *error)
{
    if (strncmp(grpc->endpoint, "http:", 5) != 0)
        return 0;
    cc_http_free(grpc->http);
    grpc->http = NULL;
    return cc_http_new(grpc->connector, grpc->host, &grpc->http, error);
}

int cc_grpc_begin(struct cc_grpc *grpc, const struct cc_grpc_call *call,
                  struct cc_error *error)
{
    struct cc_error own = CC_ERROR_INIT;
    struct cc_error *said = error ? error : &own;
    cc_grpc_end(grpc);
    grpc->code = CC_GRPC_OK;
    grpc->lost = false;
    grpc->request.size = 0;
    CC_TRY(reconnect(grpc, said));
    CC_TRY(frame(call, &grpc->request, said));
    if (send_framed(grpc, call, said) != 0)
        return fail_transport(grpc, said);
    if (cc_http_status(grpc->http) != 200)
        return fail_http(grpc, said);
    if (!cc_http_is_http2(grpc->http))
        return fail_version(grpc, said);
    return is_grpc(grpc) ? 0 : fail_http(grpc, said);
}

/* The trailers, or those in the head of an answer without a message. */
static enum cc_grpc_read finish(struct cc_grpc *grpc, struct cc_error *error)
{
    size_t size = 0;
    const char *status = cc_http_header(grpc->http, "grpc-status", &size);
    if (grpc->received.size != grpc->at || !status)
    {
        grpc->code = CC_GRPC_UNAVAILABLE;
        grpc->lost = true;
        (void)cc_error_set(error, CC_STAGE_FETCH, NULL,
                           "the server ended its answer without a status%s",
                           status ? ", within a message" : "");
        return CC_GRPC_ERROR;
    }
    long code = strtol(status, NULL, 10);
    if (code == 0)
        return CC_GRPC_END;
    (void)fail_status(grpc,
                      code > 0 && code <= CC_GRPC_UNAUTHENTICATED
                          ? (enum cc_grpc_code)code
                          : CC_GRPC_UNKNOWN,
                      error);
    return CC_GRPC_ERROR;
}

/* The next message of what was received: CC_GRPC_AGAIN where it is not whole. */
static enum cc_grpc_read take_message(struct cc_grpc *grpc,
                                      const uint8_t **message, size_t *size,
                                      struct cc_error *error)
{
    size_t left = grpc->received.size - grpc->at;
    const uint8_t *at = grpc->received.data + grpc->at;
    if (left < PREFIX_SIZE)
        return CC_GRPC_AGAIN;
    *size = (size_t)at[1] << 24 | (size_t)at[2] << 16 | (size_t)at[3] << 8 |
            (size_t)at[4];
    if (at[0] != 0 || *size > MAX_MESSAGE)
    {
        (void)cc_error_set(error, CC_STAGE_FETCH, NULL,
                           at[0] != 0 ? "the server compressed a message, "
                                        "which it was not asked to"
                                      : "the server announces a message of "
                                        "more than 256 MiB");
        return CC_GRPC_ERROR;
    }
    if (left - PREFIX_SIZE < *size)
        return CC_GRPC_AGAIN;
    *message = at + PREFIX_SIZE;
    grpc->at += PREFIX_SIZE + *size;
    return CC_GRPC_MESSAGE;
}

/* Drops what was taken. */
static void compact(struct cc_grpc *grpc)
{
    size_t left = grpc->received.size - grpc->at;
    if (grpc->at == 0)
        return;
    if (left > 0)
        memmove(grpc->received.data, grpc->received.data + grpc->at, left);
    grpc->received.size = left;
    grpc->at = 0;
}

enum cc_grpc_read cc_grpc_read(struct cc_grpc *grpc, const uint8_t **message,
                               size_t *size, int patience_ms,
                               struct cc_error *error)
{
    struct cc_error own = CC_ERROR_INIT;
    struct cc_error *said = error ? error : &own;
    enum cc_grpc_read read = take_message(grpc, message, size, said);
    while (read == CC_GRPC_AGAIN)
    {
        compact(grpc);
        switch (cc_http_read(grpc->http, &grpc->received, patience_ms, said))
        {
            case CC_HTTP_ERROR:
                (void)fail_transport(grpc, said);
                return CC_GRPC_ERROR;
            case CC_HTTP_END:
                return finish(grpc, said);
            case CC_HTTP_AGAIN:
                return CC_GRPC_AGAIN;
            case CC_HTTP_DATA:
                read = take_message(grpc, message, size, said);
                break;
        }
    }
    return read;
}

void cc_grpc_end(struct cc_grpc *grpc)
{
    if (grpc->http)
        cc_http_end(grpc->http);
    grpc->received.size = 0;
    grpc->at = 0;
}

int cc_grpc_unary(struct cc_grpc *grpc, const struct cc_grpc_call *call,
                  const uint8_t **message, size_t *size, struct cc_error *error)
{
    const uint8_t *more;
    size_t more_size;
    CC_TRY(cc_grpc_begin(grpc, call, error));
    enum cc_grpc_read read = cc_grpc_read(grpc, message, size, -1, error);
    if (read == CC_GRPC_END)
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "the server's answer is empty");
    if (read != CC_GRPC_MESSAGE)
        return -1;
    struct cc_buffer kept = CC_BUFFER_INIT;
    if (cc_buffer_append(&kept, *message, *size) != 0)
        return cc_error_memory(error);
    read = cc_grpc_read(grpc, &more, &more_size, -1, error);
    cc_buffer_free(&grpc->received);
    grpc->received = kept;
    grpc->at = kept.size;
    *message = kept.data;
    if (read == CC_GRPC_END)
        return 0;
    return read == CC_GRPC_ERROR
               ? -1
               : cc_error_set(error, CC_STAGE_FETCH, NULL,
                              "the server gives more than one answer");
}
