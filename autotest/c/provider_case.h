/* SPDX-License-Identifier: MIT */
/*
 * What tests of providers against real servers share: a connector from
 * "key=value key=value" in the environment, whole reads as text.
 */
#ifndef CC_PROVIDER_CASE_H
#define CC_PROVIDER_CASE_H

#include "connector_case.h"

#include "provider/provider.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

/* ---- the connector ---- */

#define TARGET_PAIRS 16

/* Parameters by key ("server", "host" for the same), as open options. */
struct target
{
    char text[1024];
    struct pair pairs[TARGET_PAIRS + 1];
};

static inline const char *target_option(const char *key)
{
    static const struct pair names[] = {{"host", "SERVER"},
                                        {"server", "SERVER"},
                                        {"port", "PORT"},
                                        {"dbname", "DATABASE"},
                                        {"database", "DATABASE"},
                                        {"user", "USERNAME"},
                                        {"username", "USERNAME"},
                                        {"password", "PASSWORD"},
                                        {"sslmode", "SSLMODE"},
                                        {"sslrootcert", "SSLROOTCERT"},
                                        {NULL, NULL}};
    return case_find(names, key);
}

static inline void target_set(struct target *target, const char *option,
                              const char *value)
{
    size_t i = 0;
    while (target->pairs[i].name && strcmp(target->pairs[i].name, option) != 0)
        i++;
    assert_true(i < TARGET_PAIRS);
    target->pairs[i] = (struct pair){option, value};
}

/* false: the environment names no server. */
static inline bool target_from_environment(struct target *target,
                                           const char *variable,
                                           const char *provider)
{
    const char *text = getenv(variable);
    if (!text || !*text)
        return false;
    memset(target, 0, sizeof *target);
    snprintf(target->text, sizeof target->text, "%s", text);
    target_set(target, "PROVIDER", provider);
    char *save = NULL;
    for (char *word = strtok_r(target->text, " ", &save); word;
         word = strtok_r(NULL, " ", &save))
    {
        char *equals = strchr(word, '=');
        assert_non_null(equals);
        *equals = '\0';
        const char *option = target_option(word);
        if (option)
            target_set(target, option, equals + 1);
    }
    return true;
}

static inline struct cc_connector *target_connector(struct target target)
{
    return case_valid((struct connector_case){.options = target.pairs});
}

/* ---- a session: connector, connection, error ---- */

struct session
{
    struct cc_connector *connector;
    const struct cc_provider *provider;
    struct cc_connection *connection;
    struct cc_error error;
};

static inline int session_try(struct session *session, struct target target)
{
    memset(session, 0, sizeof *session);
    session->connector = target_connector(target);
    cc_error_init(&session->error, session->connector->secrets);
    session->provider = cc_provider_find(session->connector->provider, NULL);
    assert_non_null(session->provider);
    return session->provider->open(session->connector, NULL,
                                   &session->connection, &session->error);
}

static inline void session_open(struct session *session, struct target target)
{
    if (session_try(session, target) != 0)
        fail_msg("%s: %s", cc_stage_name(session->error.stage),
                 session->error.message);
}

static inline void session_close(struct session *session)
{
    session->provider->close(session->connection);
    cc_connector_free(session->connector);
}

/* Opening has to fail; the message holds `words` and not the password. `code`
 * NULL: whatever the library says. */
static inline void check_refused(struct target to, enum cc_stage stage,
                                 const char *code, const char *words)
{
    struct session session;
    assert_int_equal(session_try(&session, to), -1);
    if (session.error.stage != stage)
        fail_msg("%s: %s", cc_stage_name(session.error.stage),
                 session.error.message);
    if (code)
        assert_string_equal(session.error.code, code);
    if (!strstr(session.error.message, words))
        fail_msg("no \"%s\" in \"%s\"", words, session.error.message);
    const char *password = case_find(to.pairs, "PASSWORD");
    if (password)
        assert_null(strstr(session.error.message, password));
    assert_null(strstr(session.error.message, "LOCATION"));
    session_close(&session);
}

/* ---- values as text ---- */

static inline bool array_is_null(const struct ArrowArray *array, int64_t row)
{
    const uint8_t *validity = array->buffers[0];
    return validity && !(validity[row / 8] >> (row % 8) & 1);
}

static inline void append_hex(struct cc_strbuf *out, const uint8_t *data,
                              int32_t size)
{
    for (int32_t i = 0; i < size; i++)
        (void)cc_strbuf_printf(out, "%02x", data[i]);
}

static inline void append_var(struct cc_strbuf *out,
                              const struct ArrowArray *array, int64_t row,
                              bool hex)
{
    const int32_t *offsets = array->buffers[1];
    const uint8_t *data = array->buffers[2];
    int32_t size = offsets[row + 1] - offsets[row];
    if (hex)
        append_hex(out, data + offsets[row], size);
    else
        (void)cc_strbuf_append_n(out, data + offsets[row], (size_t)size);
}

/* Days since 1970 as a date. */
static inline void append_days(struct cc_strbuf *out, int64_t days)
{
    time_t seconds = (time_t)(days * 86400);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    (void)cc_strbuf_printf(out, "%04d-%02d-%02d", tm.tm_year + 1900,
                           tm.tm_mon + 1, tm.tm_mday);
}

static inline void append_micros(struct cc_strbuf *out, int64_t micros)
{
    int64_t seconds = micros / 1000000;
    (void)cc_strbuf_printf(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64,
                           seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (micros % 1000000)
        (void)cc_strbuf_printf(out, ".%06" PRId64, micros % 1000000);
}

static inline void append_timestamp(struct cc_strbuf *out, int64_t value)
{
    const int64_t day = INT64_C(86400000000);
    int64_t days = value / day - (value % day < 0);
    append_days(out, days);
    (void)cc_strbuf_append_char(out, ' ');
    append_micros(out, value - days * day);
}

static inline void append_value(struct cc_strbuf *out, enum cc_type type,
                                const struct ArrowArray *array, int64_t row)
{
    const void *values = array->buffers[1];
    switch (type)
    {
        case CC_OUT_BOOLEAN:
            (void)cc_strbuf_append_char(
                out, ((const uint8_t *)values)[row / 8] >> (row % 8) & 1 ? 't'
                                                                         : 'f');
            break;
        case CC_OUT_INT16:
            (void)cc_strbuf_printf(out, "%d", ((const int16_t *)values)[row]);
            break;
        case CC_OUT_INT32:
            (void)cc_strbuf_printf(out, "%" PRId32,
                                   ((const int32_t *)values)[row]);
            break;
        case CC_OUT_INT64:
            (void)cc_strbuf_printf(out, "%" PRId64,
                                   ((const int64_t *)values)[row]);
            break;
        case CC_OUT_FLOAT32:
            (void)cc_strbuf_printf(out, "%.9g",
                                   (double)((const float *)values)[row]);
            break;
        case CC_OUT_FLOAT64:
            (void)cc_strbuf_printf(out, "%.17g", ((const double *)values)[row]);
            break;
        case CC_OUT_STRING:
            append_var(out, array, row, false);
            break;
        case CC_OUT_BINARY:
        case CC_OUT_GEOMETRY:
            append_var(out, array, row, true);
            break;
        case CC_OUT_DATE:
            append_days(out, ((const int32_t *)values)[row]);
            break;
        case CC_OUT_TIME:
            append_micros(out, ((const int64_t *)values)[row]);
            break;
        case CC_OUT_TIMESTAMP:
            append_timestamp(out, ((const int64_t *)values)[row]);
            break;
        case CC_OUT_TIMESTAMPTZ:
            append_timestamp(out, ((const int64_t *)values)[row]);
            (void)cc_strbuf_append_char(out, 'Z');
            break;
    }
}

/* Rows as lines, values between bars. */
static inline void append_batch(struct cc_strbuf *out,
                                const struct cc_batch_builder *builder,
                                const struct ArrowArray *batch)
{
    for (int64_t row = 0; row < batch->length; row++)
    {
        for (int64_t i = 0; i < batch->n_children; i++)
        {
            const struct ArrowArray *child = batch->children[i];
            if (i > 0)
                (void)cc_strbuf_append_char(out, '|');
            if (array_is_null(child, row))
                (void)cc_strbuf_append(out, "NULL");
            else
                append_value(out, builder->columns[i].type, child, row);
        }
        (void)cc_strbuf_append_char(out, '\n');
    }
}

/* ---- reads ---- */

static inline double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline const struct cc_column *
find_column(const struct cc_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++)
    {
        if (strcmp(schema->columns[i].name, name) == 0)
            return &schema->columns[i];
    }
    fail_msg("no column %s", name);
    return NULL;
}

/* Everything about one read; its parts may be changed before it starts. */
struct read_case
{
    struct cc_source source;
    struct cc_schema schema;
    struct cc_select select;
    struct cc_batch_options options;
    struct cc_cursor *cursor;
    struct cc_strbuf text;
    int64_t rows;
};

static inline int read_describe(struct session *session, struct read_case *read)
{
    cc_schema_init(&read->schema);
    read->select.source = &read->source;
    read->select.schema = &read->schema;
    int status = session->provider->describe(session->connection, &read->source,
                                             &read->schema, &session->error);
    if (status == 0)
        status = cc_schema_resolve(&read->schema, session->connector,
                                   &session->error);
    return status;
}

static inline int read_start(struct session *session, struct read_case *read)
{
    return session->provider->query(session->connection, &read->select, -1,
                                    NULL, &read->options, &read->cursor,
                                    &session->error);
}

/* One batch into the text. */
static inline enum cc_fetch read_batch(struct session *session,
                                       struct read_case *read)
{
    struct ArrowArray batch;
    enum cc_fetch fetched =
        session->provider->fetch(read->cursor, &batch, &session->error);
    if (fetched != CC_FETCH_BATCH)
        return fetched;
    assert_true(batch.length > 0);
    append_batch(&read->text, read->cursor->builder, &batch);
    read->rows += batch.length;
    batch.release(&batch);
    return fetched;
}

static inline enum cc_fetch read_to_end(struct session *session,
                                        struct read_case *read)
{
    enum cc_fetch fetched;
    while ((fetched = read_batch(session, read)) == CC_FETCH_BATCH)
    {
    }
    return fetched;
}

static inline void read_free(struct session *session, struct read_case *read)
{
    if (read->cursor)
        session->provider->close_cursor(read->cursor);
    cc_schema_free(&read->schema);
    cc_strbuf_free(&read->text);
}

static inline void assert_ok(const struct session *session, int status)
{
    if (status != 0)
        fail_msg("%s (%s): %s", cc_stage_name(session->error.stage),
                 session->error.code, session->error.message);
}

/* The whole result of a query, which has to succeed. */
static inline void assert_query(struct session *session, const char *query,
                                const char *expected)
{
    struct read_case read = {.source = {.query = query}};
    assert_ok(session, read_describe(session, &read));
    assert_ok(session, read_start(session, &read));
    assert_ok(session, read_to_end(session, &read));
    assert_string_equal(cc_strbuf_text(&read.text), expected);
    read_free(session, &read);
    assert_true(session->provider->usable(session->connection));
}

/* A query that has to fail at any step; parts of the message. */
static inline void assert_query_fails(struct session *session,
                                      const char *query, enum cc_stage stage,
                                      const char *code, const char *words)
{
    struct read_case read = {.source = {.query = query}};
    int status = read_describe(session, &read);
    if (status == 0)
        status = read_start(session, &read);
    if (status == 0)
        status = read_to_end(session, &read) == CC_FETCH_ERROR ? -1 : 0;
    assert_int_equal(status, -1);
    read_free(session, &read);
    assert_int_equal(session->error.stage, stage);
    assert_string_equal(session->error.code, code);
    if (!strstr(session->error.message, words))
        fail_msg("\"%s\" is not in \"%s\"", words, session->error.message);
}

#endif
