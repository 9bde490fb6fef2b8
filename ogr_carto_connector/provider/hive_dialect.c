/* SPDX-License-Identifier: MIT */
#include "hive.h"

#include <string.h>

#define UPPER "'ABCDEFGHIJKLMNOPQRSTUVWXYZ'"
#define LOWER "'abcdefghijklmnopqrstuvwxyz'"

/* ---- what may be sent ---- */

/* Hive has no read-only transactions, so a query is looked at: words that
 * begin a statement that reads, and those that write inside one of them. */
int cc_hive_check_query(const char *query, struct cc_error *error)
{
    static const char *const reading[] = {
        "SELECT", "WITH",     "VALUES", "TABLE", "FROM",
        "SHOW",   "DESCRIBE", "DESC",   "(",     "EXPLAIN"};
    static const char *const writing[] = {"INSERT", "UPDATE", "DELETE",
                                          "MERGE"};
    char word[16];
    bool reads = false;
    cc_sql_first_word(&cc_dialect_hive, query, word, sizeof word);
    for (size_t i = 0; i < sizeof reading / sizeof *reading; i++)
        reads = reads || strcmp(word, reading[i]) == 0;
    if (!reads)
        return cc_error_set(
            error, CC_STAGE_QUERY, NULL,
            "the query has to be one that reads, a SELECT, WITH, FROM, VALUES, "
            "TABLE, SHOW, DESCRIBE or EXPLAIN; it begins with %s",
            *word ? word : "something else");
    if (strcmp(word, "SELECT") == 0 || strcmp(word, "SHOW") == 0 ||
        strncmp(word, "DESC", 4) == 0)
        return 0;
    for (size_t i = 0; i < sizeof writing / sizeof *writing; i++)
    {
        if (cc_sql_mentions(&cc_dialect_hive, query, writing[i]))
            return cc_error_set(error, CC_STAGE_QUERY, NULL,
                                "data is only read: a query that begins with "
                                "%s must not contain %s",
                                word, writing[i]);
    }
    return 0;
}

/* WITH has to stand at the beginning of a statement. */
static bool can_wrap(const char *query, size_t length)
{
    char word[8];
    (void)length;
    cc_sql_first_word(&cc_dialect_hive, query, word, sizeof word);
    return strcmp(word, "WITH") != 0;
}

/* ---- literals ---- */

static int string_literal(struct cc_strbuf *out, const char *text)
{
    (void)cc_strbuf_append_char(out, '\'');
    for (; *text; text++)
    {
        if (*text == '\'' || *text == '\\')
            (void)cc_strbuf_append_char(out, '\\');
        (void)cc_strbuf_append_char(out, *text);
    }
    return cc_strbuf_append_char(out, '\'');
}

static int datetime_literal(struct cc_strbuf *out,
                            const struct cc_column *column, const char *iso)
{
    if (column->type != CC_OUT_DATE && column->type != CC_OUT_TIMESTAMP)
        return 1;
    return cc_strbuf_printf(out, "%s '%s'",
                            column->type == CC_OUT_DATE ? "DATE" : "TIMESTAMP",
                            iso);
}

/* ---- text ---- */

/* What is text on the wire and to the server as well. */
static bool is_text(const struct cc_column *column)
{
    return column->kind == CC_KIND_TEXT &&
           (column->native_id == CC_HS2_STRING ||
            column->native_id == CC_HS2_VARCHAR ||
            column->native_id == CC_HS2_CHAR);
}

/* lower() would fold more than ASCII. Trailing blanks of char(n) do not
 * matter. */
static int fold_case(struct cc_strbuf *out, const struct cc_column *column,
                     const char *expression)
{
    if (!is_text(column))
        return 1;
    bool padded = column->native_id == CC_HS2_CHAR;
    return cc_strbuf_printf(
        out, padded ? "translate(rtrim(%s), %s, %s)" : "translate(%s, %s, %s)",
        expression, UPPER, LOWER);
}

/* A pattern that has wildcards at its ends only: what is between them. */
struct pattern
{
    struct cc_strbuf text;
    bool open_front;
    bool open_end;
};

/* 0; 1 where it is another kind of pattern; -1: out of memory. */
static int parse_pattern(const char *text, char escape, struct pattern *pattern)
{
    while (*text == '%' && escape != '%')
    {
        pattern->open_front = true;
        text++;
    }
    for (; *text; text++)
    {
        if (escape && *text == escape)
        {
            if (!*++text)
                return 1;
        }
        else if (*text == '_')
            return 1;
        else if (*text == '%')
        {
            pattern->open_end = true;
            continue;
        }
        if (pattern->open_end)
            return 1;
        (void)cc_strbuf_append_char(&pattern->text, *text);
    }
    return cc_strbuf_failed(&pattern->text) ? -1 : 0;
}

/* `form` with the column for L and the literal for R, both folded where case is
 * to be ignored. */
static int operands(struct cc_strbuf *out, const struct cc_column *column,
                    const char *reference, const char *text, bool ignore_case,
                    const char *form)
{
    struct cc_strbuf left = CC_STRBUF_INIT;
    struct cc_strbuf right = CC_STRBUF_INIT;
    struct cc_strbuf literal = CC_STRBUF_INIT;
    (void)string_literal(&literal, text);
    (void)(ignore_case ? fold_case(&left, column, reference)
                       : cc_strbuf_append(&left, reference));
    (void)(ignore_case
               ? cc_strbuf_printf(&right, "translate(%s, %s, %s)",
                                  cc_strbuf_text(&literal), UPPER, LOWER)
               : cc_strbuf_append(&right, cc_strbuf_text(&literal)));
    for (; *form; form++)
    {
        if (*form == 'L')
            (void)cc_strbuf_append(out, cc_strbuf_text(&left));
        else if (*form == 'R')
            (void)cc_strbuf_append(out, cc_strbuf_text(&right));
        else
            (void)cc_strbuf_append_char(out, *form);
    }
    bool failed = cc_strbuf_failed(&left) || cc_strbuf_failed(&right) ||
                  cc_strbuf_failed(&literal);
    cc_strbuf_free(&left);
    cc_strbuf_free(&right);
    cc_strbuf_free(&literal);
    return failed || cc_strbuf_failed(out) ? -1 : 0;
}

/* Hive's LIKE has had a backslash for escape always, and an end of line that
 * "%" does not match; functions say the same without either. */
static int like(struct cc_strbuf *out, const struct cc_column *column,
                const char *reference, const char *text, char escape,
                bool ignore_case)
{
    struct pattern pattern = {CC_STRBUF_INIT, false, false};
    if (!is_text(column) || column->native_id == CC_HS2_CHAR)
        return 1;
    int status = parse_pattern(text, escape, &pattern);
    const char *form = "L = R";
    if (pattern.open_front && pattern.open_end)
        form = "instr(L, R) > 0";
    else if (pattern.open_front)
        form = "instr(reverse(L), reverse(R)) = 1";
    else if (pattern.open_end)
        form = "instr(L, R) = 1";
    if (status == 0 && pattern.text.length == 0 &&
        (pattern.open_front || pattern.open_end))
        status = cc_strbuf_printf(out, "%s IS NOT NULL", reference);
    else if (status == 0)
        status = operands(out, column, reference, cc_strbuf_text(&pattern.text),
                          ignore_case, form);
    cc_strbuf_free(&pattern.text);
    return status;
}

const struct cc_dialect cc_dialect_hive = {
    .name = "Hive",
    .quote_open = '`',
    .quote_close = '`',
    .lexical = CC_LEX_BACKSLASH | CC_LEX_DOUBLE_STRING | CC_LEX_BACKTICK,
    .can_wrap = can_wrap,
    .string_literal = string_literal,
    .fold_case = fold_case,
    .by_bytes = fold_case,
    .boolean_literal = cc_sql_boolean,
    .like = like,
    .datetime_literal = datetime_literal,
};
