/* SPDX-License-Identifier: MIT */
/*
 * gRPC calls over HTTP/2 ("gRPC over HTTP2", PROTOCOL-HTTP2.md of grpc/grpc):
 * a single request, one answer or a stream of them, uncompressed. "https"
 * negotiates HTTP/2 by TLS; "http" speaks it at once.
 *
 * A client makes one call at a time, in one thread at a time; who may cancel
 * sets the flag of the call.
 */
#ifndef CC_WIRE_GRPC_H
#define CC_WIRE_GRPC_H

#include "http.h"

/* Status codes (statuscodes.md of grpc/grpc) that are told apart. */
enum cc_grpc_code
{
    CC_GRPC_OK = 0,
    CC_GRPC_CANCELLED = 1,
    CC_GRPC_UNKNOWN = 2,
    CC_GRPC_INVALID_ARGUMENT = 3,
    CC_GRPC_DEADLINE_EXCEEDED = 4,
    CC_GRPC_NOT_FOUND = 5,
    CC_GRPC_PERMISSION_DENIED = 7,
    CC_GRPC_RESOURCE_EXHAUSTED = 8,
    CC_GRPC_FAILED_PRECONDITION = 9,
    CC_GRPC_UNIMPLEMENTED = 12,
    CC_GRPC_INTERNAL = 13,
    CC_GRPC_UNAVAILABLE = 14, /* also: the connection broke */
    CC_GRPC_UNAUTHENTICATED = 16
};

struct cc_grpc;

/* `endpoint` is "https://host:port". It, the connector and the host are
 * borrowed and outlive the client. */
int cc_grpc_new(const struct cc_connector *connector,
                const struct cc_host *host, const char *endpoint,
                struct cc_grpc **grpc, struct cc_error *error) CC_CHECKED;
void cc_grpc_free(struct cc_grpc *grpc);

/* Everything is borrowed until the call has begun. */
struct cc_grpc_call
{
    const char *method;         /* "/package.Service/Method" */
    const char *const *headers; /* "name: value", NULL-terminated */
    const void *request;        /* the message */
    size_t request_size;
    int64_t timeout_ms;           /* of the whole call; 0: none */
    const atomic_bool *cancelled; /* or NULL; borrowed until the call ends */
};

int cc_grpc_begin(struct cc_grpc *grpc, const struct cc_grpc_call *call,
                  struct cc_error *error) CC_CHECKED;

enum cc_grpc_read
{
    CC_GRPC_ERROR = -1,
    CC_GRPC_END = 0, /* the server has said that the call succeeded */
    CC_GRPC_MESSAGE = 1,
    CC_GRPC_AGAIN = 2 /* `patience_ms` passed without a message */
};

/* The next message, valid until the next read. < 0: waits as long as it
 * takes. At most 256 MiB. */
enum cc_grpc_read cc_grpc_read(struct cc_grpc *grpc, const uint8_t **message,
                               size_t *size, int patience_ms,
                               struct cc_error *error);

/* Ends the call in whatever state. */
void cc_grpc_end(struct cc_grpc *grpc);

/* A whole call with one answer, valid until the next call. */
int cc_grpc_unary(struct cc_grpc *grpc, const struct cc_grpc_call *call,
                  const uint8_t **message, size_t *size,
                  struct cc_error *error) CC_CHECKED;

/* Of the last call, after it failed. */
enum cc_grpc_code cc_grpc_code(const struct cc_grpc *grpc);

/* Whether a call that failed may succeed when it is made again: what Google
 * says of its services. */
bool cc_grpc_may_retry(const struct cc_grpc *grpc);

#endif
