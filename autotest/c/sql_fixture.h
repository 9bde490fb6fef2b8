/* SPDX-License-Identifier: MIT */
/* Dialects and schemas for tests of the SQL that is written. */
#ifndef CC_SQL_FIXTURE_H
#define CC_SQL_FIXTURE_H

#include "cmocka_all.h"

#include "sql/dialect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a dialect that can say everything ---- */

static inline int full_fold(struct cc_strbuf *out,
                            const struct cc_column *column,
                            const char *expression)
{
    (void)column;
    return cc_strbuf_printf(out, "fold(%s)", expression);
}

static inline int full_bytes(struct cc_strbuf *out,
                             const struct cc_column *column,
                             const char *expression)
{
    (void)column;
    return cc_strbuf_printf(out, "bytes(%s)", expression);
}

/* Patterns with a backslash are beyond it. */
static inline int full_like(struct cc_strbuf *out,
                            const struct cc_column *column,
                            const char *reference, const char *pattern,
                            char escape, bool ignore_case)
{
    (void)column;
    if (strchr(pattern, '\\'))
        return 1;
    return cc_strbuf_printf(out, "%s %s '%s' escape %d", reference,
                            ignore_case ? "ILIKE" : "LIKE", pattern, escape);
}

static inline int full_datetime(struct cc_strbuf *out,
                                const struct cc_column *column, const char *iso)
{
    (void)column;
    return cc_strbuf_printf(out, "T'%s'", iso);
}

static inline int full_item(struct cc_strbuf *out,
                            const struct cc_column *column,
                            const char *reference)
{
    return cc_strbuf_printf(
        out, column->kind == CC_KIND_JSON ? "text(%s)" : "%s", reference);
}

static inline int full_box(struct cc_strbuf *out,
                           const struct cc_column *column,
                           const char *reference, const struct cc_box *box)
{
    if (column->geodetic)
        return 1;
    (void)cc_strbuf_printf(out, "%s meets ", reference);
    return cc_sql_real(out, box->min_x);
}

static const struct cc_dialect full_dialect = {
    .name = "full",
    .quote_open = '"',
    .quote_close = '"',
    .lexical = CC_LEX_DOLLAR | CC_LEX_NESTED | CC_LEX_ESCAPE_STRING,
    .derived_column_list = true,
    .string_literal = cc_sql_string_standard,
    .select_item = full_item,
    .fold_case = full_fold,
    .by_bytes = full_bytes,
    .like = full_like,
    .datetime_literal = full_datetime,
    .box = full_box,
};

/* A dialect that can name columns in WITH only. */
static const struct cc_dialect with_dialect = {
    .name = "with",
    .quote_open = '`',
    .quote_close = '`',
    .lexical = CC_LEX_BACKSLASH | CC_LEX_DOUBLE_STRING | CC_LEX_BACKTICK |
               CC_LEX_HASH | CC_LEX_DASHES_SPACE,
    .with_column_list = true,
    .string_literal = cc_sql_string_standard,
};

/* A dialect that can do nothing of all this. */
static const struct cc_dialect poor_dialect = {
    .name = "poor",
    .quote_open = '[',
    .quote_close = ']',
    .lexical = CC_LEX_BRACKET,
};

/* ---- schemas ---- */

static inline struct cc_column *schema_column(struct cc_schema *schema,
                                              const char *name,
                                              enum cc_kind kind,
                                              enum cc_type type)
{
    struct cc_column *column = cc_schema_add(schema, name, "native");
    assert_non_null(column);
    column->kind = kind;
    column->type = type;
    column->is_geometry = type == CC_OUT_GEOMETRY;
    snprintf(column->output_name, sizeof column->output_name, "%s", name);
    return column;
}

/* ---- SQL as it is written ---- */

static inline void assert_written(struct cc_strbuf *out, int status,
                                  const char *expected)
{
    assert_int_equal(status, 0);
    assert_string_equal(cc_strbuf_text(out), expected);
    cc_strbuf_free(out);
}

/* What the dialect cannot say; nothing is written. */
static inline void assert_refused(struct cc_strbuf *out, int status)
{
    assert_int_equal(status, 1);
    assert_int_equal(out->length, 0);
    cc_strbuf_free(out);
}

/* ---- queries that may stand in FROM ---- */

static inline bool wraps(const struct cc_dialect *dialect, const char *query)
{
    const struct cc_source source = {.query = query};
    const struct cc_select select = {.source = &source};
    return cc_select_wraps(dialect, &select);
}

static inline void assert_wraps(const struct cc_dialect *dialect,
                                const char *const *queries, size_t count,
                                bool expected)
{
    for (size_t i = 0; i < count; i++)
    {
        if (wraps(dialect, queries[i]) != expected)
            fail_msg("%s: %s", expected ? "does not wrap" : "wraps",
                     queries[i]);
    }
}

#endif
