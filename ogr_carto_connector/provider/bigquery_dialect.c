/* SPDX-License-Identifier: MIT */
#include "bigquery.h"

#include "sql/lexer.h"

#include <stdio.h>
#include <string.h>

/* Degrees by which coordinates may differ from those of a bounding box that
 * was computed on the sphere. */
#define BOX_MARGIN 1e-9

/* ORDER BY of a query inside another need not be kept: such a query is sent as
 * it is. */
static bool can_wrap(const char *query, size_t length)
{
    struct cc_lexer lexer;
    const char *end = query + length;
    int depth = 0;
    cc_lexer_init(&lexer, &cc_dialect_bigquery, query);
    for (;;)
    {
        const struct cc_token token = cc_lexer_next(&lexer);
        if (token.kind == CC_TOKEN_END || token.start >= end)
            return true;
        if (token.kind == CC_TOKEN_SYMBOL)
            depth += *token.start == '(' ? 1 : *token.start == ')' ? -1 : 0;
        if (token.kind == CC_TOKEN_WORD && depth == 0 &&
            cc_token_is(&token, "ORDER"))
            return false;
    }
}

/* "f0_": what a column of a result is called that has no name. */
static bool is_made_up(const char *name)
{
    size_t digits = *name == 'f' ? strspn(name + 1, "0123456789") : 0;
    return digits > 0 && strcmp(name + 1 + digits, "_") == 0;
}

/* GoogleSQL string literals know C's escapes. */
static int string_literal(struct cc_strbuf *out, const char *text)
{
    (void)cc_strbuf_append_char(out, '\'');
    for (; *text; text++)
    {
        if (*text == '\n')
            (void)cc_strbuf_append(out, "\\n");
        else if (*text == '\r')
            (void)cc_strbuf_append(out, "\\r");
        else
        {
            if (*text == '\'' || *text == '\\')
                (void)cc_strbuf_append_char(out, '\\');
            (void)cc_strbuf_append_char(out, *text);
        }
    }
    return cc_strbuf_append_char(out, '\'');
}

static int select_item(struct cc_strbuf *out, const struct cc_column *column,
                       const char *reference)
{
    return cc_strbuf_printf(out,
                            column->native_id == CC_BQ_GEOGRAPHY &&
                                    column->native_modifier == 0
                                ? "ST_ASBINARY(%s)"
                                : "%s",
                            reference);
}

static bool is_text(const struct cc_column *column)
{
    return column->kind == CC_KIND_TEXT && column->native_id == CC_BQ_STRING;
}

static int fold_case(struct cc_strbuf *out, const struct cc_column *column,
                     const char *expression)
{
    if (!is_text(column))
        return 1;
    return cc_sql_fold_ascii(out, expression);
}

static int datetime_literal(struct cc_strbuf *out,
                            const struct cc_column *column, const char *iso)
{
    const char *type = column->type == CC_OUT_DATE          ? "DATE"
                       : column->type == CC_OUT_TIME        ? "TIME"
                       : column->type == CC_OUT_TIMESTAMP   ? "DATETIME"
                       : column->type == CC_OUT_TIMESTAMPTZ ? "TIMESTAMP"
                                                            : NULL;
    return type ? cc_strbuf_printf(out, "%s '%s'", type, iso) : 1;
}

/* BigQuery's LIKE has the backslash for escape always, and is exact. */
static int like(struct cc_strbuf *out, const struct cc_column *column,
                const char *reference, const char *pattern, char escape,
                bool ignore_case)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    struct cc_strbuf literal = CC_STRBUF_INIT;
    if (!is_text(column))
        return 1;
    for (const char *c = pattern; *c; c++)
    {
        bool escaped = escape && *c == escape && c[1];
        c += escaped ? 1 : 0;
        if (*c == '\\' || (escaped && (*c == '%' || *c == '_')))
            (void)cc_strbuf_append_char(&text, '\\');
        (void)cc_strbuf_append_char(&text, *c);
    }
    (void)string_literal(&literal, cc_strbuf_text(&text));
    int status = 0;
    if (ignore_case)
    {
        status = fold_case(out, column, reference);
        (void)cc_strbuf_append(out, " LIKE ");
        status |= fold_case(out, column, cc_strbuf_text(&literal));
    }
    else
        (void)cc_strbuf_printf(out, "%s LIKE %s", reference,
                               cc_strbuf_text(&literal));
    bool failed = status != 0 || cc_strbuf_failed(&text) ||
                  cc_strbuf_failed(&literal) || cc_strbuf_failed(out);
    cc_strbuf_free(&text);
    cc_strbuf_free(&literal);
    return failed ? -1 : 0;
}

static void append_bound(struct cc_strbuf *out, const char *reference,
                         const char *member, const char *comparison,
                         double value)
{
    (void)cc_strbuf_printf(out, "ST_BOUNDINGBOX(%s).%s %s ", reference, member,
                           comparison);
    (void)cc_sql_real(out, value);
}

/*
 * The box of a geography holds all of its vertices, so it meets whatever
 * their planar box of the same side of the antimeridian meets; one that
 * crosses it, and so ends beyond 180 degrees, has a planar box around the
 * world.
 */
static int box(struct cc_strbuf *out, const struct cc_column *column,
               const char *reference, const struct cc_box *box)
{
    if (column->native_id != CC_BQ_GEOGRAPHY || column->native_modifier != 0)
        return 1;
    append_bound(out, reference, "ymin", "<=", box->max_y + BOX_MARGIN);
    (void)cc_strbuf_append(out, " AND ");
    append_bound(out, reference, "ymax", ">=", box->min_y - BOX_MARGIN);
    if (box->min_x <= -180 || box->max_x >= 180)
        return cc_strbuf_failed(out) ? -1 : 0;
    (void)cc_strbuf_append(out, " AND (");
    append_bound(out, reference, "xmax", ">", 180);
    (void)cc_strbuf_append(out, " OR ");
    append_bound(out, reference, "xmin", "<=", box->max_x + BOX_MARGIN);
    (void)cc_strbuf_append(out, " AND ");
    append_bound(out, reference, "xmax", ">=", box->min_x - BOX_MARGIN);
    return cc_strbuf_append_char(out, ')');
}

const struct cc_dialect cc_dialect_bigquery = {
    .name = "BigQuery",
    .quote_open = '`',
    .quote_close = '`',
    .lexical = CC_LEX_BACKSLASH | CC_LEX_DOUBLE_STRING | CC_LEX_BACKTICK |
               CC_LEX_HASH | CC_LEX_TRIPLE,
    .can_wrap = can_wrap,
    .is_made_up = is_made_up,
    .string_literal = string_literal,
    .select_item = select_item,
    .fold_case = fold_case,
    .by_bytes = fold_case,
    .boolean_literal = cc_sql_boolean,
    .like = like,
    .datetime_literal = datetime_literal,
    .box = box,
};
