/* SPDX-License-Identifier: MIT */
#include "dialect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends `text` between quotes, `close` doubled inside. */
static int append_quoted(struct cc_strbuf *out, char open, char close,
                         const char *text)
{
    (void)cc_strbuf_append_char(out, open);
    for (const char *c = text; *c; c++)
    {
        if (*c == close)
            (void)cc_strbuf_append_char(out, close);
        (void)cc_strbuf_append_char(out, *c);
    }
    return cc_strbuf_append_char(out, close);
}

int cc_sql_identifier(const struct cc_dialect *dialect, struct cc_strbuf *out,
                      const char *name)
{
    return append_quoted(out, dialect->quote_open, dialect->quote_close, name);
}

int cc_sql_string_standard(struct cc_strbuf *out, const char *text)
{
    return append_quoted(out, '\'', '\'', text);
}

int cc_sql_boolean(struct cc_strbuf *out, const struct cc_column *column,
                   bool value)
{
    (void)column;
    return cc_strbuf_append(out, value ? "TRUE" : "FALSE");
}

int cc_sql_fold_ascii(struct cc_strbuf *out, const char *expression)
{
    return cc_strbuf_printf(out,
                            "TRANSLATE(%s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', "
                            "'abcdefghijklmnopqrstuvwxyz')",
                            expression);
}

/* A locale's decimal point, whatever it is, is the only thing in such a text
 * that is no digit, sign or exponent. */
static int append_with_point(struct cc_strbuf *out, const char *text)
{
    bool pointed = false;
    for (; *text; text++)
    {
        if (strchr("0123456789+-e", *text))
            (void)cc_strbuf_append_char(out, *text);
        else if (!pointed)
        {
            (void)cc_strbuf_append_char(out, '.');
            pointed = true;
        }
    }
    return cc_strbuf_failed(out) ? -1 : 0;
}

int cc_sql_real(struct cc_strbuf *out, double value)
{
    char text[64];
    for (int digits = 15; digits <= 17; digits++)
    {
        snprintf(text, sizeof text, "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (back >= value && back <= value)
            break;
    }
    return append_with_point(out, text);
}
