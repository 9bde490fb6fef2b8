/* SPDX-License-Identifier: MIT */
#include "mysql_internal.h"

#include "column/datetime.h"
#include "sql/lexer.h"

#include <string.h>

/*
 * Text folded as OGR compares it: the case of ASCII letters and nothing else.
 * MySQL's collations fold more, accents and trailing blanks included. In
 * tis620 every byte is a character and only ASCII letters have a case, so the
 * bytes of the UTF-8 are folded as if they were of that character set.
 */
#define FOLD                                                                   \
    "CAST(LOWER(CONVERT(CAST(CONVERT(%s USING utf8mb4) AS BINARY) USING "      \
    "tis620)) AS BINARY)"

/* Under any sql_mode: a backslash may escape or not, so there is none. */
static int string_literal(struct cc_strbuf *out, const char *text)
{
    if (!strchr(text, '\\'))
        return cc_sql_string_standard(out, text);
    (void)cc_strbuf_append(out, "_utf8mb4 0x");
    for (; *text; text++)
        (void)cc_strbuf_printf(out, "%02X", (unsigned)(unsigned char)*text);
    return cc_strbuf_failed(out) ? -1 : 0;
}

/* The text that is delivered is not the server's: for it these are bytes. */
static bool is_bytes(const struct cc_column *column)
{
    return column->native_id == CC_MYSQL_TYPE_VECTOR ||
           column->native_id == MYSQL_TYPE_BIT;
}

static int fold_case(struct cc_strbuf *out, const struct cc_column *column,
                     const char *expression)
{
    if (is_bytes(column))
        return 1;
    return cc_strbuf_printf(out, FOLD, expression);
}

/* A TINYINT(1) is true with any value but 0, which no literal equals. */
static int boolean_literal(struct cc_strbuf *out,
                           const struct cc_column *column, bool value)
{
    if (column->native_id != MYSQL_TYPE_BIT)
        return 1;
    return cc_strbuf_append(out, value ? "1" : "0");
}

/* A character that is not in the pattern, for a mark of our own: whether a
 * backslash escapes depends on sql_mode. 0 when there is none. */
static char free_mark(const char *pattern)
{
    static const char marks[] = "|!^~#@$&";
    for (const char *mark = marks; *mark; mark++)
    {
        if (!strchr(pattern, *mark))
            return *mark;
    }
    return 0;
}

/* The pattern with `mark` for `escape`; NULL when it ends in its escape. */
static char *remark(const char *pattern, char escape, char mark, bool fold)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    for (const char *c = pattern; *c; c++)
    {
        bool escapes = escape && *c == escape;
        if (escapes)
            (void)cc_strbuf_append_char(&out, mark);
        if (escapes && *++c == '\0')
        {
            cc_strbuf_free(&out);
            return NULL;
        }
        bool upper = fold && *c >= 'A' && *c <= 'Z';
        (void)cc_strbuf_append_char(&out, upper ? (char)(*c - 'A' + 'a') : *c);
    }
    (void)cc_strbuf_append(&out, "");
    return cc_strbuf_take(&out);
}

static int like(struct cc_strbuf *out, const struct cc_column *column,
                const char *reference, const char *pattern, char escape,
                bool ignore_case)
{
    char mark = free_mark(pattern);
    if (is_bytes(column) || mark == 0)
        return 1;
    char *marked = remark(pattern, escape, mark, ignore_case);
    if (!marked)
        return 1;
    (void)cc_strbuf_printf(out,
                           ignore_case ? "CONVERT(" FOLD " USING utf8mb4)"
                                       : "CONVERT(%s USING utf8mb4)",
                           reference);
    (void)cc_strbuf_append(out, " COLLATE utf8mb4_bin LIKE CONVERT(");
    (void)string_literal(out, marked);
    int status = cc_strbuf_printf(out, " USING utf8mb4) ESCAPE '%c'", mark);
    free(marked);
    return status;
}

/* The session's time zone is UTC, and literals have none. */
static int timestamptz_literal(struct cc_strbuf *out, const char *iso)
{
    int64_t microseconds;
    char text[CC_DATETIME_TEXT_SIZE];
    if (cc_timestamp_parse(iso, strlen(iso), true, &microseconds) !=
        CC_DATETIME_OK)
        return 1;
    cc_timestamp_format(microseconds, false, text);
    return cc_strbuf_printf(out, "TIMESTAMP '%s'", text);
}

static int datetime_literal(struct cc_strbuf *out,
                            const struct cc_column *column, const char *iso)
{
    if (column->type == CC_OUT_TIMESTAMPTZ)
        return timestamptz_literal(out, iso);
    const char *type = column->type == CC_OUT_DATE   ? "DATE"
                       : column->type == CC_OUT_TIME ? "TIME"
                                                     : "TIMESTAMP";
    return cc_strbuf_printf(out, "%s '%s'", type, iso);
}

/* The diagonal: its box is the box, also when it is a line or a point. */
static int diagonal(struct cc_strbuf *out, const struct cc_box *box,
                    int32_t srid)
{
    (void)cc_strbuf_append(out, "ST_GeomFromText('LINESTRING(");
    (void)cc_sql_real(out, box->min_x);
    (void)cc_strbuf_append_char(out, ' ');
    (void)cc_sql_real(out, box->min_y);
    (void)cc_strbuf_append_char(out, ',');
    (void)cc_sql_real(out, box->max_x);
    (void)cc_strbuf_append_char(out, ' ');
    (void)cc_sql_real(out, box->max_y);
    return cc_strbuf_printf(out, ")', %d)", (int)srid);
}

/*
 * Boxes are compared in the plane. MySQL 8 computes those of a geographic SRS
 * on the ellipsoid, which may leave out what the plane has, unless the value
 * is told to be of no SRS (a comment to other servers); a spatial index serves
 * only values as they are. Where the server does not see to it that all values
 * have the column's SRID, the others pass.
 */
static int box(struct cc_strbuf *out, const struct cc_column *column,
               const char *reference, const struct cc_box *box)
{
    bool planar = column->native_modifier & CC_MYSQL_SRID_PLANAR;
    bool enforced = column->native_modifier & CC_MYSQL_SRID_ENFORCED;
    (void)cc_strbuf_printf(out,
                           planar ? "%sMBRIntersects(%s, "
                                  : "%sMBRIntersects(/*!80000 ST_SRID( */%s"
                                    "/*!80000 , 0) */, ",
                           enforced ? "" : "(", reference);
    (void)diagonal(out, box, planar ? column->srid : 0);
    (void)cc_strbuf_append(out, ")");
    if (!enforced)
        (void)cc_strbuf_printf(out, " OR ST_SRID(%s) NOT IN (0, %d))",
                               reference, (int)column->srid);
    return cc_strbuf_failed(out) ? -1 : 0;
}

/* What ends a query and cannot stand in a subquery, or loses its meaning
 * there: the servers forget the order of a derived table. */
static bool is_tail(const struct cc_token *token)
{
    static const char *const words[] = {"ORDER", "INTO", "FOR", "LOCK",
                                        "PROCEDURE"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    {
        if (cc_token_is(token, words[i]))
            return true;
    }
    return false;
}

static bool can_wrap(const char *query, size_t length)
{
    struct cc_lexer lexer;
    cc_lexer_init(&lexer, &cc_dialect_mysql, query);
    for (int depth = 0;;)
    {
        struct cc_token token = cc_lexer_next(&lexer);
        if (token.kind == CC_TOKEN_END || token.start >= query + length)
            return true;
        if (token.kind == CC_TOKEN_SYMBOL && *token.start == '(')
            depth++;
        else if (token.kind == CC_TOKEN_SYMBOL && *token.start == ')')
            depth--;
        else if (depth == 0 && token.kind == CC_TOKEN_WORD && is_tail(&token))
            return false;
    }
}

#define LEXICAL                                                                \
    (CC_LEX_BACKSLASH | CC_LEX_DOUBLE_STRING | CC_LEX_BACKTICK | CC_LEX_HASH | \
     CC_LEX_DASHES_SPACE)

#define DIALECT(with_columns)                                                  \
    {                                                                          \
        .name = "mysql", .quote_open = '`', .quote_close = '`',                \
        .lexical = LEXICAL, .with_column_list = with_columns,                  \
        .can_wrap = can_wrap, .string_literal = string_literal,                \
        .fold_case = fold_case, .by_bytes = fold_case,                         \
        .boolean_literal = boolean_literal, .like = like,                      \
        .datetime_literal = datetime_literal, .box = box                       \
    }

const struct cc_dialect cc_dialect_mysql = DIALECT(true);
const struct cc_dialect cc_dialect_mysql_old = DIALECT(false);
