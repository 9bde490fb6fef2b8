/* SPDX-License-Identifier: MIT */
#include "snowflake.h"

#include <string.h>

/* A backslash escapes inside quotes. */
static int string_literal(struct cc_strbuf *out, const char *text)
{
    (void)cc_strbuf_append_char(out, '\'');
    for (; *text; text++)
    {
        if (*text == '\'' || *text == '\\')
            (void)cc_strbuf_append_char(out, *text);
        (void)cc_strbuf_append_char(out, *text);
    }
    return cc_strbuf_append_char(out, '\'');
}

static bool is_plain_text(const struct cc_column *column)
{
    return column->native_id == CC_SNOWFLAKE_TEXT;
}

static int fold_case(struct cc_strbuf *out, const struct cc_column *column,
                     const char *expression)
{
    if (!is_plain_text(column))
        return 1;
    return cc_sql_fold_ascii(out, expression);
}

static int like(struct cc_strbuf *out, const struct cc_column *column,
                const char *reference, const char *pattern, char escape,
                bool ignore_case)
{
    struct cc_strbuf literal = CC_STRBUF_INIT;
    const char text[2] = {escape, '\0'};
    bool letter =
        (escape >= 'a' && escape <= 'z') || (escape >= 'A' && escape <= 'Z');
    if (!is_plain_text(column) || (ignore_case && letter))
        return 1;
    (void)string_literal(&literal, pattern);
    (void)(ignore_case ? fold_case(out, column, reference)
                       : cc_strbuf_append(out, reference));
    (void)cc_strbuf_append(out, " LIKE ");
    (void)(ignore_case ? fold_case(out, column, cc_strbuf_text(&literal))
                       : cc_strbuf_append(out, cc_strbuf_text(&literal)));
    if (escape)
    {
        (void)cc_strbuf_append(out, " ESCAPE ");
        (void)string_literal(out, text);
    }
    bool failed = cc_strbuf_failed(&literal);
    cc_strbuf_free(&literal);
    return failed || cc_strbuf_failed(out) ? -1 : 0;
}

static int datetime_literal(struct cc_strbuf *out,
                            const struct cc_column *column, const char *iso)
{
    const char *type = column->type == CC_OUT_DATE        ? "DATE"
                       : column->type == CC_OUT_TIME      ? "TIME"
                       : column->type == CC_OUT_TIMESTAMP ? "TIMESTAMP_NTZ"
                                                          : "TIMESTAMP_TZ";
    return cc_strbuf_printf(out, "'%s'::%s", iso, type);
}

static void append_comparison(struct cc_strbuf *out, const char *function,
                              const char *reference, const char *operator,
                              double value)
{
    (void)cc_strbuf_printf(out, "%s(%s) %s ", function, reference, operator);
    (void)cc_sql_real(out, value);
}

/* The edges of a polygon of GEOGRAPHY are geodesics, those of a box are not:
 * ST_INTERSECTS with it would lose what lies between the two. */
static int box(struct cc_strbuf *out, const struct cc_column *column,
               const char *reference, const struct cc_box *box)
{
    if (column->kind != CC_KIND_GEOMETRY || !column->geodetic)
        return 1;
    (void)cc_strbuf_append_char(out, '(');
    append_comparison(out, "ST_XMAX", reference, ">=", box->min_x);
    (void)cc_strbuf_append(out, " AND ");
    append_comparison(out, "ST_XMIN", reference, "<=", box->max_x);
    (void)cc_strbuf_append(out, " AND ");
    append_comparison(out, "ST_YMAX", reference, ">=", box->min_y);
    (void)cc_strbuf_append(out, " AND ");
    append_comparison(out, "ST_YMIN", reference, "<=", box->max_y);
    return cc_strbuf_append_char(out, ')');
}

const struct cc_dialect cc_dialect_snowflake = {
    .name = "Snowflake",
    .quote_open = '"',
    .quote_close = '"',
    .lexical = CC_LEX_BACKSLASH | CC_LEX_DOLLAR | CC_LEX_SLASHES,
    .derived_column_list = true,
    .with_column_list = true,
    .can_wrap = cc_snowflake_can_wrap,
    .string_literal = string_literal,
    .fold_case = fold_case,
    .by_bytes = fold_case,
    .boolean_literal = cc_sql_boolean,
    .like = like,
    .datetime_literal = datetime_literal,
    .box = box,
};
