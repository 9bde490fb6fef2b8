/* SPDX-License-Identifier: MIT */
/*
 * Redshift's SQL, in forms that PostgreSQL understands alike, collations
 * excepted:
 * - A backslash escapes in every string, and there is no E'..': literals are
 *   written without one.
 * - Trailing blanks do not count in comparisons, not of varchar either: texts
 *   are compared with something behind them.
 * - lower() folds more than ASCII: translate() does not.
 * - Columns and databases may ignore case: collate() ends that.
 */
#include "redshift.h"

#include "wire/pg_types.h"

#include <string.h>

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"

static bool is_genuine(const struct cc_column *column)
{
    return column->native_id & CC_REDSHIFT_COLUMN;
}

static bool is_type(const struct cc_column *column, enum cc_pg_type oid)
{
    return (uint32_t)column->native_id == (uint32_t)oid;
}

static bool is_character(const struct cc_column *column)
{
    return is_type(column, CC_PG_VARCHAR) || is_type(column, CC_PG_BPCHAR) ||
           is_type(column, CC_PG_TEXT);
}

/* ---- literals ---- */

/* The parts of `text` between its backslashes, joined by chr(92). */
static int append_without_backslashes(struct cc_strbuf *out, const char *text)
{
    (void)cc_strbuf_append(out, "('");
    for (; *text; text++)
    {
        if (*text == '\\')
            (void)cc_strbuf_append(out, "' || chr(92) || '");
        else if (*text == '\'')
            (void)cc_strbuf_append(out, "''");
        else
            (void)cc_strbuf_append_char(out, *text);
    }
    return cc_strbuf_append(out, "')");
}

static int string_literal(struct cc_strbuf *out, const char *text)
{
    return strchr(text, '\\') ? append_without_backslashes(out, text)
                              : cc_sql_string_standard(out, text);
}

static int boolean_literal(struct cc_strbuf *out,
                           const struct cc_column *column, bool value)
{
    return is_genuine(column)
               ? cc_sql_boolean(out, column, value)
               : cc_dialect_postgres.boolean_literal(out, column, value);
}

static int datetime_literal(struct cc_strbuf *out,
                            const struct cc_column *column, const char *iso)
{
    return cc_dialect_postgres.datetime_literal(out, column, iso);
}

/* Everything is read as text. */
static int select_item(struct cc_strbuf *out, const struct cc_column *column,
                       const char *reference)
{
    return is_genuine(column)
               ? cc_strbuf_append(out, reference)
               : cc_dialect_postgres.select_item(out, column, reference);
}

/* ---- texts ---- */

/* Around what is compared by its bytes. */
static int begin_bytes(struct cc_strbuf *out, const struct cc_column *column)
{
    return cc_strbuf_append(out, is_genuine(column) ? "collate(" : "((");
}

static int end_bytes(struct cc_strbuf *out, const struct cc_column *column)
{
    return cc_strbuf_append(out, is_genuine(column) ? ", 'case_sensitive')"
                                                    : ") COLLATE \"C\")");
}

/* The text with `behind` behind it; the padding of char(n) is none of it. */
static int append_text(struct cc_strbuf *out, const struct cc_column *column,
                       const char *expression, const char *behind)
{
    return cc_strbuf_printf(
        out, is_type(column, CC_PG_BPCHAR) ? "rtrim(%s) || %s" : "%s || %s",
        expression, behind);
}

static int append_folded(struct cc_strbuf *out, const struct cc_column *column,
                         const char *expression, const char *behind)
{
    (void)begin_bytes(out, column);
    (void)cc_strbuf_append(out, "translate(");
    (void)append_text(out, column, expression, behind);
    (void)cc_strbuf_append(out, ", '" UPPER "', '" LOWER "')");
    return end_bytes(out, column);
}

static int fold_case(struct cc_strbuf *out, const struct cc_column *column,
                     const char *expression)
{
    if (is_character(column))
        return append_folded(out, column, expression, "'.'");
    return is_genuine(column)
               ? 1
               : cc_dialect_postgres.fold_case(out, column, expression);
}

/* The lowest character behind both texts leaves their order as it is. */
static int by_bytes(struct cc_strbuf *out, const struct cc_column *column,
                    const char *expression)
{
    if (is_character(column))
        return append_folded(out, column, expression, "chr(1)");
    return is_genuine(column)
               ? 1
               : cc_dialect_postgres.by_bytes(out, column, expression);
}

/* ---- LIKE ---- */

static char folded(char c, bool ignore_case)
{
    const char *upper = ignore_case && c ? strchr(UPPER, c) : NULL;
    if (!upper)
        return c;
    return LOWER[upper - UPPER];
}

/* A character that is not in the pattern; 0 when it has them all. */
static char free_escape(const char *pattern)
{
    static const char candidates[] = "~^!|#@`;";
    size_t i = 0;
    while (candidates[i] && strchr(pattern, candidates[i]))
        i++;
    return candidates[i];
}

/* Appends the pattern, escaped by `mark` in place of `escape`; 1 when it ends
 * within an escape. */
static int append_pattern(struct cc_strbuf *out, const char *pattern,
                          char escape, char mark, bool ignore_case)
{
    for (const char *c = pattern; *c; c++)
    {
        bool escaped = escape && *c == escape;
        c += escaped;
        if (!*c)
            return 1;
        if (escaped && (*c == '%' || *c == '_'))
            (void)cc_strbuf_append_char(out, mark);
        (void)cc_strbuf_append_char(out, folded(*c, ignore_case));
    }
    return cc_strbuf_append_char(out, '.');
}

static int append_like(struct cc_strbuf *out, const struct cc_column *column,
                       const char *reference, const char *pattern, char mark,
                       bool ignore_case)
{
    if (ignore_case)
        (void)append_folded(out, column, reference, "'.'");
    else
    {
        (void)begin_bytes(out, column);
        (void)append_text(out, column, reference, "'.'");
        (void)end_bytes(out, column);
    }
    (void)cc_strbuf_append(out, " LIKE ");
    (void)string_literal(out, pattern);
    return cc_strbuf_printf(out, " ESCAPE '%c'", mark);
}

static int like(struct cc_strbuf *out, const struct cc_column *column,
                const char *reference, const char *pattern, char escape,
                bool ignore_case)
{
    if (!is_character(column))
        return is_genuine(column)
                   ? 1
                   : cc_dialect_postgres.like(out, column, reference, pattern,
                                              escape, ignore_case);
    char mark = free_escape(pattern);
    struct cc_strbuf own = CC_STRBUF_INIT;
    int status =
        mark ? append_pattern(&own, pattern, escape, mark, ignore_case) : 1;
    if (status == 0)
        status = append_like(out, column, reference, cc_strbuf_text(&own), mark,
                             ignore_case);
    cc_strbuf_free(&own);
    return status;
}

/* ---- boxes ---- */

/* ST_Intersects refuses collections and other SRIDs, and there are no operators
 * on boxes. A value of another SRID than the layer's is left to the reader; one
 * without has the layer's. */
static int box(struct cc_strbuf *out, const struct cc_column *column,
               const char *reference, const struct cc_box *box)
{
    if (column->kind != CC_KIND_GEOMETRY || column->geodetic ||
        column->srid <= 0 || column->srid == CC_SRID_CUSTOM)
        return 1;
    const struct
    {
        const char *side;
        const char *comparison;
        double bound;
    } terms[] = {{"XMax", ">=", box->min_x},
                 {"XMin", "<=", box->max_x},
                 {"YMax", ">=", box->min_y},
                 {"YMin", "<=", box->max_y}};
    (void)cc_strbuf_printf(out, "(ST_SRID(%s) NOT IN (0, %d) OR (", reference,
                           (int)column->srid);
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
    {
        (void)cc_strbuf_printf(out, "%sST_%s(%s) %s ", i > 0 ? " AND " : "",
                               terms[i].side, reference, terms[i].comparison);
        (void)cc_sql_real(out, terms[i].bound);
    }
    return cc_strbuf_append(out, "))");
}

const struct cc_dialect cc_dialect_redshift = {
    .name = "Redshift",
    .quote_open = '"',
    .quote_close = '"',
    .lexical = CC_LEX_BACKSLASH | CC_LEX_DOLLAR | CC_LEX_NESTED,
    .derived_column_list = true,
    .string_literal = string_literal,
    .select_item = select_item,
    .fold_case = fold_case,
    .by_bytes = by_bytes,
    .boolean_literal = boolean_literal,
    .like = like,
    .datetime_literal = datetime_literal,
    .box = box,
};
