/* SPDX-License-Identifier: MIT */
/*
 * Calls of the Storage Read API: how they are addressed, the token they carry,
 * and which of those that failed are made again.
 */
#ifndef CC_PROVIDER_BIGQUERY_STORAGE_H
#define CC_PROVIDER_BIGQUERY_STORAGE_H

#include "bigquery.h"

/* A client of one thread. */
struct cc_bigquery_storage
{
    struct cc_bigquery *bigquery;
    struct cc_grpc *grpc;
    const atomic_bool *cancelled;
    unsigned token;   /* number of the one that was used last */
    unsigned refused; /* number of the one that was refused; 0: none */
    int tries;        /* that failed since the last success */
};

/* `cancelled` is borrowed until it is closed. */
int cc_bigquery_storage_open(struct cc_bigquery *bigquery,
                             const atomic_bool *cancelled,
                             struct cc_bigquery_storage *storage,
                             struct cc_error *error) CC_CHECKED;
void cc_bigquery_storage_close(struct cc_bigquery_storage *storage);

/* Everything is borrowed until the call has begun. */
struct cc_bigquery_storage_call
{
    const char *method;
    const char *parameter; /* the member of the request that routes it */
    const char *value;     /* of the member */
    const struct cc_buffer *message;
    int64_t timeout_ms; /* 0: none */
};

/* Begins a call with many answers, or, with `answer`, makes one that has one
 * (see cc_grpc_unary). */
int cc_bigquery_storage_call(struct cc_bigquery_storage *storage,
                             const struct cc_bigquery_storage_call *call,
                             const uint8_t **answer, size_t *size,
                             struct cc_error *error) CC_CHECKED;

/* Notes that the server has answered as it should. */
void cc_bigquery_storage_succeeded(struct cc_bigquery_storage *storage);

/* After a failure, which `error` tells: 0 to try again, having waited. */
int cc_bigquery_storage_recover(struct cc_bigquery_storage *storage,
                                struct cc_error *error) CC_CHECKED;

#endif
