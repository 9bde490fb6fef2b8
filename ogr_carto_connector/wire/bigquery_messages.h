/* SPDX-License-Identifier: MIT */
/*
 * The messages of BigQuery's Storage Read API (google.cloud.bigquery.storage.v1
 * CreateReadSession and ReadRows), as protocol buffers. Thread-safe.
 */
#ifndef CC_WIRE_BIGQUERY_MESSAGES_H
#define CC_WIRE_BIGQUERY_MESSAGES_H

#include "column/buffer.h"
#include "connector/error.h"

enum cc_bigquery_compression
{
    CC_BIGQUERY_PLAIN = 0,
    CC_BIGQUERY_LZ4 = 1,
    CC_BIGQUERY_ZSTD = 2
};

/* What to read. Everything is borrowed. */
struct cc_bigquery_session_request
{
    const char *parent;        /* "projects/p": who pays */
    const char *table;         /* "projects/p/datasets/d/tables/t" */
    const char *const *fields; /* to read; none: all */
    size_t field_count;
    const char *restriction; /* of WHERE; NULL: none */
    int32_t max_streams;
    enum cc_bigquery_compression compression;
};

/* Where to read it. */
struct cc_bigquery_session
{
    char **streams; /* none: there are no rows */
    size_t stream_count;
    struct cc_buffer schema; /* an Arrow IPC message */
    int64_t bytes_scanned;   /* about */
};

/* One answer to ReadRows. */
struct cc_bigquery_rows
{
    struct cc_buffer schema; /* Arrow IPC messages; of the first answer only */
    struct cc_buffer batch;  /* Arrow IPC messages */
    int64_t row_count;
    int throttle_percent;
};

/* Append a request to `out`. */
int cc_bigquery_pack_session(const struct cc_bigquery_session_request *request,
                             struct cc_buffer *out,
                             struct cc_error *error) CC_CHECKED;
int cc_bigquery_pack_rows(const char *stream, int64_t offset,
                          struct cc_buffer *out,
                          struct cc_error *error) CC_CHECKED;

/* Read an answer, to be freed; CC_STAGE_FETCH when it is none. */
int cc_bigquery_unpack_session(const uint8_t *data, size_t size,
                               struct cc_bigquery_session *session,
                               struct cc_error *error) CC_CHECKED;
int cc_bigquery_unpack_rows(const uint8_t *data, size_t size,
                            struct cc_bigquery_rows *rows,
                            struct cc_error *error) CC_CHECKED;

void cc_bigquery_session_free(struct cc_bigquery_session *session);
void cc_bigquery_rows_free(struct cc_bigquery_rows *rows);

#endif
