/* SPDX-License-Identifier: MIT */
/*
 * T-SQL.
 */
#include "sqlserver_internal.h"

#include "sql/lexer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Compares code units; every server since 2008 has it. */
#define BINARY " COLLATE Latin1_General_100_BIN2"
/* Characters of a Unicode string that is not (max). */
#define MAX_NVARCHAR 4000

/* ---- what may stand in FROM (...) ---- */

/* Words that, outside parentheses, make of a SELECT something that is no
 * derived table. */
static bool ends_wrapping(const struct cc_token *token)
{
    static const char *const words[] = {
        "ORDER",  "OPTION", "FOR",    "INTO",  "COMPUTE", "INSERT",
        "UPDATE", "DELETE", "MERGE",  "EXEC",  "EXECUTE", "DECLARE",
        "SET",    "IF",     "WHILE",  "BEGIN", "PRINT",   "RAISERROR",
        "RETURN", "DROP",   "CREATE", "ALTER", "TRUNCATE"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    {
        if (cc_token_is(token, words[i]))
            return true;
    }
    return token->kind == CC_TOKEN_SYMBOL && *token->start == ';';
}

/* A second SELECT without one of these before it is a second statement. */
static bool joins_selects(const struct cc_token *token)
{
    return token->kind == CC_TOKEN_END || cc_token_is(token, "UNION") ||
           cc_token_is(token, "ALL") || cc_token_is(token, "EXCEPT") ||
           cc_token_is(token, "INTERSECT");
}

static bool can_wrap(const char *query, size_t length)
{
    struct cc_lexer lexer;
    struct cc_token before = {CC_TOKEN_END, query, 0};
    int depth = 0;
    cc_lexer_init(&lexer, &cc_sqlserver_dialect, query);
    for (;;)
    {
        struct cc_token token = cc_lexer_next(&lexer);
        if (token.kind == CC_TOKEN_END || token.start >= query + length)
            return depth == 0;
        if (token.kind == CC_TOKEN_SYMBOL && *token.start == '(')
            depth++;
        else if (token.kind == CC_TOKEN_SYMBOL && *token.start == ')')
            depth--;
        else if (depth == 0)
        {
            bool first = before.kind == CC_TOKEN_END;
            if (ends_wrapping(&token) ||
                (first && !cc_token_is(&token, "SELECT")) ||
                (cc_token_is(&token, "SELECT") && !joins_selects(&before)))
                return false;
        }
        before = token;
    }
}

/* ---- literals ---- */

/* A backslash before a line break continues the line: the two are kept apart
 * by ending the string between them. */
static int string_literal(struct cc_strbuf *out, const char *text)
{
    bool parts = strstr(text, "\\\n") || strstr(text, "\\\r\n");
    (void)cc_strbuf_append(out, parts ? "(N'" : "N'");
    for (const char *c = text; *c; c++)
    {
        (void)cc_strbuf_append_char(out, *c);
        if (*c == '\'')
            (void)cc_strbuf_append_char(out, '\'');
        if (*c == '\\' && (c[1] == '\n' || (c[1] == '\r' && c[2] == '\n')))
            (void)cc_strbuf_append(out, "' + N'");
    }
    return cc_strbuf_append(out, parts ? "')" : "'");
}

static const char *datetime_type(const struct cc_column *column)
{
    switch (column->type)
    {
        case CC_OUT_DATE:
            return "date";
        case CC_OUT_TIME:
            return "time(7)";
        case CC_OUT_TIMESTAMPTZ:
            return "datetimeoffset(7)";
        case CC_OUT_TIMESTAMP:
            return column->native_id == CC_TDS_DATETIME ? "datetime"
                                                        : "datetime2(7)";
        default:
            return NULL;
    }
}

/* datetime begins in 1753 and counts 1/300 s, delivered as milliseconds that
 * end in 0, 3 or 7: only such a literal has the order of what is delivered. */
static bool is_exact_datetime(const char *iso)
{
    const char *point = strchr(iso, '.');
    if (strncmp(iso, "1753", 4) < 0)
        return false;
    if (!point)
        return true;
    size_t digits = strlen(point + 1);
    while (digits > 0 && point[digits] == '0')
        digits--;
    return digits < 3 || (digits == 3 && strchr("37", point[3]));
}

static int datetime_literal(struct cc_strbuf *out,
                            const struct cc_column *column, const char *iso)
{
    const char *type = datetime_type(column);
    if (!type ||
        (column->native_id == CC_TDS_DATETIME && !is_exact_datetime(iso)))
        return 1;
    (void)cc_strbuf_append(out, "CAST('");
    for (const char *c = iso; *c; c++)
        (void)cc_strbuf_append_char(out, *c == ' ' ? 'T' : *c);
    return cc_strbuf_printf(out, "' AS %s)", type);
}

/* ---- text ---- */

static bool is_fixed_text(const struct cc_column *column)
{
    return column->native_id == CC_TDS_CHAR ||
           column->native_id == CC_TDS_NCHAR;
}

static bool is_text(const struct cc_column *column)
{
    static const int types[] = {CC_TDS_CHAR,     CC_TDS_NCHAR, CC_TDS_VARCHAR,
                                CC_TDS_NVARCHAR, CC_TDS_TEXT,  CC_TDS_NTEXT};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    {
        if (column->native_id == types[i])
            return true;
    }
    return false;
}

/* Whether the text and a dot after it fit in a string that is not (max). */
static bool is_short(const struct cc_column *column)
{
    return column->width > 0 && column->width < MAX_NVARCHAR;
}

/* As Unicode, for another collation's code page may not hold it, and compared
 * by code units. */
static int append_unicode(struct cc_strbuf *out, const struct cc_column *column,
                          const char *expression)
{
    bool fixed = is_fixed_text(column);
    (void)cc_strbuf_append(out, fixed ? "RTRIM(" : "");
    if (is_short(column))
        (void)cc_strbuf_printf(out, "CONVERT(nvarchar(%d), %s)", MAX_NVARCHAR,
                               expression);
    else
        (void)cc_strbuf_printf(out, "CONVERT(nvarchar(max), %s)", expression);
    return cc_strbuf_append(out, fixed ? ")" BINARY : BINARY);
}

/* The dot keeps trailing blanks from being ignored, as = does. */
static int fold_case(struct cc_strbuf *out, const struct cc_column *column,
                     const char *expression)
{
    if (!(column->native_modifier & CC_TDS_HAS_TRANSLATE) || !is_text(column) ||
        !is_short(column) || strlen(expression) > MAX_NVARCHAR)
        return 1;
    (void)cc_strbuf_append(out, "(TRANSLATE(");
    (void)append_unicode(out, column, expression);
    return cc_strbuf_append(out, ", N'ABCDEFGHIJKLMNOPQRSTUVWXYZ', "
                                 "N'abcdefghijklmnopqrstuvwxyz') + N'.')");
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One character of a pattern that stands for itself. */
static void append_pattern_character(struct cc_strbuf *out, char c,
                                     bool ignore_case)
{
    if (c == '%' || c == '_' || c == '[')
        (void)cc_strbuf_printf(out, "[%c]", c);
    else if (ignore_case && is_letter(c))
        (void)cc_strbuf_printf(out, "[%c%c]", c, c ^ 0x20);
    else
        (void)cc_strbuf_append_char(out, c);
}

/* The pattern in T-SQL's terms; 1 where "_" would be one code unit and not one
 * character. */
static int append_pattern(struct cc_strbuf *out, const char *pattern,
                          char escape, bool ignore_case)
{
    for (const char *c = pattern; *c; c++)
    {
        bool escaped = escape && *c == escape && c[1];
        if (escaped)
            c++;
        if (!escaped && *c == '_')
            return 1;
        if (!escaped && *c == '%')
            (void)cc_strbuf_append_char(out, '%');
        else
            append_pattern_character(out, *c, ignore_case);
    }
    return cc_strbuf_failed(out) ? -1 : 0;
}

/* Whether the pattern fixes how the text ends. */
static bool fixes_end(const char *pattern)
{
    size_t length = strlen(pattern);
    return length == 0 || pattern[length - 1] != '%';
}

/* The dot keeps trailing blanks from being ignored, as some servers do. */
static int like(struct cc_strbuf *out, const struct cc_column *column,
                const char *reference, const char *pattern, char escape,
                bool ignore_case)
{
    size_t length = strlen(pattern);
    if (!is_text(column) ||
        (is_fixed_text(column) && length > 0 && pattern[length - 1] == ' '))
        return 1;
    struct cc_strbuf translated = CC_STRBUF_INIT;
    int status = append_pattern(&translated, pattern, escape, ignore_case);
    bool dotted = status == 0 && fixes_end(cc_strbuf_text(&translated));
    if (dotted)
        (void)cc_strbuf_append_char(&translated, '.');
    if (status == 0 && translated.length > MAX_NVARCHAR)
        status = 1;
    if (status == 0)
    {
        (void)append_unicode(out, column, reference);
        (void)cc_strbuf_append(out, dotted ? " + N'.' LIKE " : " LIKE ");
        status = string_literal(out, cc_strbuf_text(&translated));
    }
    cc_strbuf_free(&translated);
    return status;
}

/* ---- select lists ---- */

/* 17 digits, and 16, which servers before 2016 have at the most. */
#define FLOAT_STYLE 3
#define OLD_FLOAT_STYLE 2

/* The styles of CONVERT that lose nothing of a value, where the default one
 * does: six digits of a float, two decimals of money, minutes of a datetime,
 * bytes as characters. */
static const struct
{
    const char *type; /* of the value */
    const char *as;   /* converted to; NULL: the same */
    int style;
} variant_styles[] = {
    {"float", NULL, FLOAT_STYLE},
    {"real", NULL, FLOAT_STYLE},
    {"money", "decimal(19, 4)", 0},
    {"smallmoney", "decimal(10, 4)", 0},
    {"date", NULL, 121},
    {"time", NULL, 121},
    {"datetime", NULL, 121},
    {"smalldatetime", NULL, 121},
    {"datetime2", NULL, 121},
    {"datetimeoffset", NULL, 121},
    {"binary", "varbinary(8000)", 1},
    {"varbinary", "varbinary(8000)", 1},
};

/* The text of a sql_variant by the type of each value. */
static int variant_item(struct cc_strbuf *out, const struct cc_column *column,
                        const char *reference)
{
    bool old = !(column->native_modifier & CC_TDS_HAS_TRANSLATE);
    (void)cc_strbuf_printf(out,
                           "CASE CONVERT(nvarchar(128), "
                           "SQL_VARIANT_PROPERTY(%s, 'BaseType'))",
                           reference);
    for (size_t i = 0; i < sizeof variant_styles / sizeof *variant_styles; i++)
    {
        const char *type = variant_styles[i].type;
        const char *as = variant_styles[i].as;
        int style = variant_styles[i].style;
        (void)cc_strbuf_printf(
            out, " WHEN N'%s' THEN CONVERT(nvarchar(max), CONVERT(%s, %s), %d)",
            type, as ? as : type, reference,
            old && style == FLOAT_STYLE ? OLD_FLOAT_STYLE : style);
    }
    return cc_strbuf_printf(out, " ELSE CONVERT(nvarchar(max), %s) END",
                            reference);
}

static int select_item(struct cc_strbuf *out, const struct cc_column *column,
                       const char *reference)
{
    if (column->native_modifier & CC_TDS_TO_STRING)
        return cc_strbuf_printf(out, "%s.ToString()", reference);
    if (column->native_id == CC_TDS_VARIANT)
        return variant_item(out, column, reference);
    return cc_strbuf_append(out, reference);
}

/* ---- boxes ---- */

/* Spatial methods snap coordinates to a grid of their own. */
#define GRID 1e-6

static struct cc_box widened(const struct cc_box *box)
{
    double size = fmax(fmax(fabs(box->min_x), fabs(box->max_x)),
                       fmax(fabs(box->min_y), fabs(box->max_y)));
    double margin = size * GRID;
    if (margin <= 0)
        margin = GRID;
    return (struct cc_box){box->min_x - margin, box->min_y - margin,
                           box->max_x + margin, box->max_y + margin};
}

static int append_polygon(struct cc_strbuf *out, const struct cc_box *box)
{
    const double corners[][2] = {{box->min_x, box->min_y},
                                 {box->max_x, box->min_y},
                                 {box->max_x, box->max_y},
                                 {box->min_x, box->max_y},
                                 {box->min_x, box->min_y}};
    (void)cc_strbuf_append(out, "POLYGON((");
    for (size_t i = 0; i < sizeof corners / sizeof *corners; i++)
    {
        (void)cc_strbuf_append(out, i > 0 ? ", " : "");
        (void)cc_sql_real(out, corners[i][0]);
        (void)cc_strbuf_append_char(out, ' ');
        (void)cc_sql_real(out, corners[i][1]);
    }
    return cc_strbuf_append(out, "))");
}

/* Filter() is an error for an invalid geometry and NULL for one of another
 * SRID; both kinds are left to the reader. */
static int planar_box(struct cc_strbuf *out, const struct cc_column *column,
                      const char *reference, const struct cc_box *box)
{
    struct cc_box wide = widened(box);
    if (!isfinite(wide.max_x - wide.min_x) ||
        !isfinite(wide.max_y - wide.min_y))
        return 1;
    (void)cc_strbuf_printf(out,
                           "CASE WHEN %s.STIsValid() = 0 OR %s.STSrid <> %d "
                           "THEN 1 ELSE %s.Filter(geometry::STGeomFromText(N'",
                           reference, reference, (int)column->srid, reference);
    (void)append_polygon(out, &wide);
    return cc_strbuf_printf(out, "', %d)) END = 1", (int)column->srid);
}

/* Leaves out the points outside; `x` and `y` are NULL for everything else. */
static int point_box(struct cc_strbuf *out, const struct cc_column *column,
                     const char *reference, const struct cc_box *box,
                     const char *x, const char *y)
{
    const struct
    {
        const char *property;
        const char *comparison;
        double bound;
    } outside[] = {{x, " < ", box->min_x},
                   {x, " > ", box->max_x},
                   {y, " < ", box->min_y},
                   {y, " > ", box->max_y}};
    (void)cc_strbuf_printf(out, "CASE WHEN %s.STSrid = %d AND (", reference,
                           (int)column->srid);
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
    {
        (void)cc_strbuf_printf(out, "%s%s.%s%s", i > 0 ? " OR " : "", reference,
                               outside[i].property, outside[i].comparison);
        (void)cc_sql_real(out, outside[i].bound);
    }
    (void)cc_strbuf_printf(out, ") OR %s IS NULL", reference);
    return cc_strbuf_append(out, " THEN 0 ELSE 1 END = 1");
}

/* Edges are no straight lines in longitude and latitude, but points have no
 * edges. */
static int box_condition(struct cc_strbuf *out, const struct cc_column *column,
                         const char *reference, const struct cc_box *box)
{
    if (column->kind != CC_KIND_GEOMETRY || column->srid <= 0)
        return 1;
    if (column->geodetic)
        return point_box(out, column, reference, box, "Long", "Lat");
    if (column->native_modifier & CC_TDS_POINTS_ONLY)
        return point_box(out, column, reference, box, "STX", "STY");
    return planar_box(out, column, reference, box);
}

const struct cc_dialect cc_sqlserver_dialect = {
    .name = "T-SQL",
    .quote_open = '[',
    .quote_close = ']',
    .lexical = CC_LEX_BRACKET | CC_LEX_NESTED,
    .derived_column_list = true,
    .with_column_list = true,
    .can_wrap = can_wrap,
    .string_literal = string_literal,
    .select_item = select_item,
    .fold_case = fold_case,
    .datetime_literal = datetime_literal,
    .like = like,
    .box = box_condition,
};
