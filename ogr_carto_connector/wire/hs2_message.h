/* SPDX-License-Identifier: MIT */
/*
 * The answers of HiveServer2 that are used here, decoded (Apache Hive's
 * service-rpc/if/TCLIService.thrift). All functions read one struct and leave
 * what went wrong in the reader. Fields that are not known are passed over.
 */
#ifndef CC_WIRE_HS2_MESSAGE_H
#define CC_WIRE_HS2_MESSAGE_H

#include "connector/strbuf.h"
#include "thrift.h"

/* TTypeId */
enum cc_hs2_type
{
    CC_HS2_BOOLEAN = 0,
    CC_HS2_TINYINT = 1,
    CC_HS2_SMALLINT = 2,
    CC_HS2_INT = 3,
    CC_HS2_BIGINT = 4,
    CC_HS2_FLOAT = 5,
    CC_HS2_DOUBLE = 6,
    CC_HS2_STRING = 7,
    CC_HS2_TIMESTAMP = 8,
    CC_HS2_BINARY = 9,
    CC_HS2_ARRAY = 10,
    CC_HS2_MAP = 11,
    CC_HS2_STRUCT = 12,
    CC_HS2_UNION = 13,
    CC_HS2_USER_DEFINED = 14,
    CC_HS2_DECIMAL = 15,
    CC_HS2_NULL = 16,
    CC_HS2_DATE = 17,
    CC_HS2_VARCHAR = 18,
    CC_HS2_CHAR = 19,
    CC_HS2_INTERVAL_YEAR_MONTH = 20,
    CC_HS2_INTERVAL_DAY_TIME = 21,
    CC_HS2_TIMESTAMPLOCALTZ = 22
};

/* TStatusCode */
enum cc_hs2_status_code
{
    CC_HS2_SUCCESS = 0,
    CC_HS2_SUCCESS_WITH_INFO = 1,
    CC_HS2_STILL_EXECUTING = 2,
    CC_HS2_ERROR = 3,
    CC_HS2_INVALID_HANDLE = 4
};

/* TOperationState */
enum cc_hs2_state
{
    CC_HS2_INITIALIZED = 0,
    CC_HS2_RUNNING = 1,
    CC_HS2_FINISHED = 2,
    CC_HS2_CANCELED = 3,
    CC_HS2_CLOSED = 4,
    CC_HS2_FAILED = 5,
    CC_HS2_UNKNOWN = 6,
    CC_HS2_PENDING = 7,
    CC_HS2_TIMEDOUT = 8
};

/* TStatus, and what an operation's state says of its error. Zero it; free the
 * message. */
struct cc_hs2_status
{
    int32_t code; /* enum cc_hs2_status_code */
    char sqlstate[CC_ERROR_CODE_SIZE];
    struct cc_strbuf message;
};

void cc_hs2_read_status(struct cc_thrift_reader *reader,
                        struct cc_hs2_status *status);

/* A union or struct whose first member is the text that is wanted
 * (TGetInfoValue): appended to `out`. */
void cc_hs2_read_text_member(struct cc_thrift_reader *reader,
                             struct cc_strbuf *out);

/* TSessionHandle and TOperationHandle, as they came: they are only handed
 * back. */
struct cc_hs2_handle
{
    uint8_t bytes[256];
    size_t size; /* 0: none */
};

void cc_hs2_read_handle(struct cc_thrift_reader *reader,
                        struct cc_hs2_handle *handle);

/* TGetOperationStatusResp, without its status. */
struct cc_hs2_progress
{
    int32_t state;               /* enum cc_hs2_state */
    struct cc_hs2_status failed; /* the operation's error */
    double percentage;           /* done, 0 to 1; negative: not known */
    struct cc_strbuf summary;    /* the server's words on progress */
};

void cc_hs2_read_progress(struct cc_thrift_reader *reader,
                          struct cc_hs2_status *status,
                          struct cc_hs2_progress *progress);
void cc_hs2_progress_free(struct cc_hs2_progress *progress);

/* TTableSchema */
struct cc_hs2_field
{
    char *name;
    char *comment; /* or NULL */
    int32_t type;  /* enum cc_hs2_type */
    int32_t precision;
    int32_t scale;
    int32_t width; /* characters; 0: none declared */
};

struct cc_hs2_fields
{
    struct cc_hs2_field *fields;
    size_t count;
};

void cc_hs2_read_fields(struct cc_thrift_reader *reader,
                        struct cc_hs2_fields *fields);
void cc_hs2_fields_free(struct cc_hs2_fields *fields);

/* The members of the unions TColumn and TColumnValue. */
enum cc_hs2_value_kind
{
    CC_HS2_VALUE_NONE = 0,
    CC_HS2_VALUE_BOOL = 1,
    CC_HS2_VALUE_BYTE = 2,
    CC_HS2_VALUE_I16 = 3,
    CC_HS2_VALUE_I32 = 4,
    CC_HS2_VALUE_I64 = 5,
    CC_HS2_VALUE_DOUBLE = 6,
    CC_HS2_VALUE_STRING = 7,
    CC_HS2_VALUE_BINARY = 8
};

/* TColumn: `count` values one after the other as Thrift encodes them, NULLs
 * included, and a bit for each, 1 for NULL, the lowest first; bits that are
 * not there are 0. */
struct cc_hs2_column
{
    enum cc_hs2_value_kind kind;
    size_t count;
    struct cc_thrift_span values;
    struct cc_thrift_span nulls;
};

/* TRowSet. Zero it; reuse it; free it. Either form: columns, or, of servers
 * before protocol V6, rows. */
struct cc_hs2_rows
{
    size_t count;
    bool more; /* hasMoreRows, which Hive never sets */
    bool by_row;
    struct cc_hs2_column *columns;
    size_t column_count;
    size_t capacity;
    struct cc_thrift_span rows; /* by_row: `count` TRow structs */
};

/* TFetchResultsResp, its status included. */
void cc_hs2_read_rows(struct cc_thrift_reader *reader,
                      struct cc_hs2_status *status, struct cc_hs2_rows *rows);
void cc_hs2_rows_free(struct cc_hs2_rows *rows);

/* Whether value `row` of the column is NULL; `data` is the reader's. */
static inline bool cc_hs2_is_null(const struct cc_hs2_column *column,
                                  const uint8_t *data, size_t row)
{
    return row / 8 < column->nulls.size &&
           (data[column->nulls.at + row / 8] >> (row & 7) & 1) != 0;
}

/* TColumnValue. */
struct cc_hs2_value
{
    enum cc_hs2_value_kind kind;
    bool null;
    int64_t integer; /* BOOL to I64 */
    double real;
    struct cc_thrift_span bytes; /* STRING */
};

/* One TRow: its first `count` values; *found tells how many it has. */
void cc_hs2_read_row(struct cc_thrift_reader *reader,
                     struct cc_hs2_value *values, size_t count, size_t *found);

/* For small results of either form. Column `column` of all rows, as the spans
 * of their texts, an empty one for NULL; false when it is no text. */
bool cc_hs2_texts(const struct cc_hs2_rows *rows, const uint8_t *data,
                  size_t size, size_t column, struct cc_thrift_span *texts);

/* The first value of the first row, a number; false when there is none. */
bool cc_hs2_first_value(const struct cc_hs2_rows *rows, const uint8_t *data,
                        size_t size, struct cc_hs2_value *value);

#endif
