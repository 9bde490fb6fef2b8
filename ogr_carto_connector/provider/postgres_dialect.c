/* SPDX-License-Identifier: MIT */
#include "postgres.h"

#include "wire/pg_binary.h"

#include <string.h>

/* Right under either setting of standard_conforming_strings. */
static int string_literal(struct cc_strbuf *out, const char *text)
{
    if (!strchr(text, '\\'))
        return cc_sql_string_standard(out, text);
    (void)cc_strbuf_append(out, "E'");
    for (; *text; text++)
    {
        if (*text == '\'' || *text == '\\')
            (void)cc_strbuf_append_char(out, *text);
        (void)cc_strbuf_append_char(out, *text);
    }
    return cc_strbuf_append_char(out, '\'');
}

/* Arrays, composites, hstore: JSON here, though not on the server. */
static bool becomes_json(const struct cc_column *column)
{
    return column->kind == CC_KIND_JSON && column->native_id != CC_PG_JSON &&
           column->native_id != CC_PG_JSONB;
}

bool cc_postgres_casts(const struct cc_column *column)
{
    if (cc_column_wants_text(column))
        return true;
    return column->kind != CC_KIND_GEOMETRY &&
           !cc_pg_reads_binary((uint32_t)column->native_id);
}

/* The cast of inet to text, unlike its output function, adds "/32". */
static const char *cast_format(const struct cc_column *column)
{
    if (becomes_json(column))
        return "to_json(%s)::text";
    return column->native_id == CC_PG_INET ? "to_json(%s) #>> '{}'"
                                           : "%s::text";
}

static int append_cast(struct cc_strbuf *out, const struct cc_column *column,
                       const char *reference)
{
    const char *format = cast_format(column);
    const char *place = strstr(format, "%s");
    (void)cc_strbuf_append_n(out, format, (size_t)(place - format));
    (void)cc_strbuf_append(out, reference);
    return cc_strbuf_append(out, place + 2);
}

static int select_item(struct cc_strbuf *out, const struct cc_column *column,
                       const char *reference)
{
    return cc_postgres_casts(column) ? append_cast(out, column, reference)
                                     : cc_strbuf_append(out, reference);
}

/* The cast keeps char(n), whose trailing blanks do not count, apart from text.
 * Folding and comparing need no locale in the "C" collation, and a
 * nondeterministic one would not do. */
static int fold_case(struct cc_strbuf *out, const struct cc_column *column,
                     const char *expression)
{
    if (becomes_json(column))
        return 1;
    return cc_strbuf_printf(out, "lower(%s::%s COLLATE \"C\")", expression,
                            column->native_id == CC_PG_BPCHAR ? "bpchar"
                                                              : "text");
}

/* textsend gives the bytes the client would get, UTF-8 whatever the encoding
 * of the database. */
static int by_bytes(struct cc_strbuf *out, const struct cc_column *column,
                    const char *expression)
{
    if (becomes_json(column))
        return 1;
    (void)cc_strbuf_append(out, "textsend(");
    (void)fold_case(out, column, expression);
    return cc_strbuf_append_char(out, ')');
}

static int boolean_literal(struct cc_strbuf *out,
                           const struct cc_column *column, bool value)
{
    if (column->native_id == CC_PG_BIT)
        return cc_strbuf_append(out, value ? "B'1'" : "B'0'");
    return cc_sql_boolean(out, column, value);
}

/* The server refuses a pattern that ends in its escape character. */
static bool ends_in_escape(const char *pattern, char escape)
{
    while (*pattern)
    {
        if (*pattern++ != escape || !escape)
            continue;
        if (*pattern == '\0')
            return true;
        pattern++;
    }
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int like(struct cc_strbuf *out, const struct cc_column *column,
                const char *reference, const char *pattern, char escape,
                bool ignore_case)
{
    bool padded = column->native_id == CC_PG_BPCHAR;
    if (becomes_json(column) || ends_in_escape(pattern, escape))
        return 1;
    /* lower() drops the padding; folding the pattern folds its escape */
    if (ignore_case && (padded || is_letter(escape)))
        return 1;
    const char *cast = padded ? "bpchar" : "text";
    (void)cc_strbuf_printf(out,
                           ignore_case ? "lower(%s::%s COLLATE \"C\") LIKE "
                                       : "%s::%s COLLATE \"C\" LIKE ",
                           reference, cast);
    if (ignore_case)
        (void)cc_strbuf_append(out, "lower(");
    (void)string_literal(out, pattern);
    if (ignore_case)
        (void)cc_strbuf_append(out, " COLLATE \"C\")");
    const char text[2] = {escape, '\0'};
    (void)cc_strbuf_append(out, " ESCAPE ");
    return string_literal(out, text);
}

static int datetime_literal(struct cc_strbuf *out,
                            const struct cc_column *column, const char *iso)
{
    const char *type = column->type == CC_OUT_DATE        ? "DATE"
                       : column->type == CC_OUT_TIME      ? "TIME"
                       : column->type == CC_OUT_TIMESTAMP ? "TIMESTAMP"
                                                          : "TIMESTAMPTZ";
    return cc_strbuf_printf(out, "%s '%s'", type, iso);
}

/* Boxes are compared as they are stored, rounded outwards. */
static int box(struct cc_strbuf *out, const struct cc_column *column,
               const char *reference, const struct cc_box *box)
{
    if (column->kind != CC_KIND_GEOMETRY || column->geodetic ||
        column->srid <= 0 || column->srid == CC_SRID_CUSTOM)
        return 1;
    const double sides[] = {box->min_x, box->min_y, box->max_x, box->max_y};
    (void)cc_strbuf_printf(out, "%s && ST_MakeEnvelope(", reference);
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
    {
        (void)cc_sql_real(out, sides[i]);
        (void)cc_strbuf_append(out, ", ");
    }
    return cc_strbuf_printf(out, "%d)", (int)column->srid);
}

const struct cc_dialect cc_dialect_postgres = {
    .name = "PostgreSQL",
    .quote_open = '"',
    .quote_close = '"',
    .lexical = CC_LEX_ESCAPE_STRING | CC_LEX_DOLLAR | CC_LEX_NESTED,
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
