/* SPDX-License-Identifier: MIT */
#include "json_rows.h"

#include "connector/ascii.h"

#include <string.h>

/* Of objects and arrays in a cell. */
#define MAX_DEPTH 1000

/* ---- skipping ---- */

static size_t skip_blank(const char *text, size_t size, size_t at)
{
    while (at < size && (text[at] == ' ' || text[at] == '\n' ||
                         text[at] == '\r' || text[at] == '\t'))
        at++;
    return at;
}

/* Behind the string whose opening quote is before `at`; 0: it does not end. */
static size_t skip_string(const char *text, size_t size, size_t at)
{
    while (at < size && text[at] != '"')
        at += text[at] == '\\' ? 2 : 1;
    return at < size ? at + 1 : 0;
}

static bool ends_word(char c)
{
    return strchr(",]} \t\r\n", c) != NULL;
}

/* Behind a number, true, false or null. */
static size_t skip_word(const char *text, size_t size, size_t at)
{
    while (at < size && !ends_word(text[at]) && text[at] != '"')
        at++;
    return at;
}

/* Behind what begins at `at`: a string, a bracket, a word; 0: nothing does.
 * *depth counts the brackets that are open. */
static size_t skip_token(const char *text, size_t size, size_t at, int *depth)
{
    char c = text[at];
    if (c == '"')
        return skip_string(text, size, at + 1);
    if (c == '[' || c == '{')
        ++*depth;
    else if (c == ']' || c == '}')
        --*depth;
    else if (*depth == 0 || (c != ',' && c != ':'))
    {
        size_t end = skip_word(text, size, at);
        return end > at ? end : 0;
    }
    return at + 1;
}

/* Behind the value at `at`; 0: it does not end. */
static size_t skip_value(const char *text, size_t size, size_t at)
{
    int depth = 0;
    do
    {
        at = skip_blank(text, size, at);
        at = at < size ? skip_token(text, size, at, &depth) : 0;
    } while (at != 0 && depth > 0 && depth < MAX_DEPTH);
    return depth == 0 ? at : 0;
}

/* ---- finding ---- */

/* The value of a key of the object at `at`; its name has no escapes. false:
 * damaged. *value 0: there is none. */
static bool find_member(const char *text, size_t size, size_t at,
                        const char *key, size_t *value)
{
    size_t length = strlen(key);
    *value = 0;
    at = skip_blank(text, size, at);
    if (at >= size || text[at] != '{')
        return at < size;
    for (at = skip_blank(text, size, at + 1); at < size && text[at] == '"';)
    {
        size_t name = at + 1;
        size_t end = skip_string(text, size, name);
        at = end ? skip_blank(text, size, end) : size;
        if (at >= size || text[at] != ':')
            return false;
        at = skip_blank(text, size, at + 1);
        if (end - 1 - name == length && memcmp(text + name, key, length) == 0)
        {
            *value = at;
            return at < size;
        }
        at = skip_value(text, size, at);
        if (at == 0)
            return false;
        at = skip_blank(text, size, at);
        if (at < size && text[at] == ',')
            at = skip_blank(text, size, at + 1);
    }
    return at < size && text[at] == '}';
}

bool cc_json_find(const char *text, size_t size, const char *outer,
                  const char *key, struct cc_json_span *span)
{
    size_t object;
    size_t value = 0;
    *span = (struct cc_json_span){0, 0};
    if (!find_member(text, size, 0, outer, &object))
        return false;
    if (object == 0)
        return true;
    if (!find_member(text, size, object, key, &value))
        return false;
    if (value == 0)
        return true;
    size_t end = skip_value(text, size, value);
    if (end == 0)
        return false;
    *span = (struct cc_json_span){value, end - value};
    return true;
}

/* ---- escapes ---- */

/* The four hexadecimal digits; -1: none. */
static int32_t hex4(const char *text, const char *end)
{
    int32_t value = 0;
    if (end - text < 4)
        return -1;
    for (int i = 0; i < 4; i++)
    {
        int one = cc_hex_digit(text[i]);
        if (one < 0)
            return -1;
        value = value << 4 | one;
    }
    return value;
}

static char *put_utf8(char *out, uint32_t c)
{
    if (c < 0x80)
        *out++ = (char)c;
    else if (c < 0x800)
    {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    else
    {
        if (c < 0x10000)
            *out++ = (char)(0xE0 | c >> 12);
        else
        {
            *out++ = (char)(0xF0 | c >> 18);
            *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        }
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

/* \uXXXX, or two of them for one character; half a pair becomes U+FFFD.
 * Returns what is behind it, NULL for no digits. */
static const char *unescape_unicode(const char *in, const char *end, char **out)
{
    int32_t high = hex4(in, end);
    if (high < 0)
        return NULL;
    in += 4;
    uint32_t c = (uint32_t)high;
    if (c >= 0xD800 && c < 0xDC00 && end - in >= 6 && in[0] == '\\' &&
        in[1] == 'u')
    {
        int32_t low = hex4(in + 2, end);
        if (low >= 0xDC00 && low < 0xE000)
        {
            c = 0x10000 + ((c - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
            in += 6;
        }
    }
    if (c >= 0xD800 && c < 0xE000)
        c = 0xFFFD;
    *out = put_utf8(*out, c);
    return in;
}

/* Undoes the escapes of a string in place; false: it has an unknown one. */
static bool unescape(char *text, size_t *size)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char *in = text;
    const char *end = text + *size;
    char *out = text;
    while (in < end)
    {
        if (*in != '\\')
        {
            *out++ = *in++;
            continue;
        }
        if (end - in < 2)
            return false;
        char c = in[1];
        in += 2;
        const char *known = c ? strchr(from, c) : NULL;
        if (known)
            *out++ = to[known - from];
        else if (c != 'u' || !(in = unescape_unicode(in, end, &out)))
            return false;
    }
    *size = (size_t)(out - text);
    return true;
}

/* ---- rows ---- */

static enum cc_json_read damaged(const struct cc_json_rows *rows,
                                 const char *what, struct cc_error *error)
{
    (void)cc_error_set(error, CC_STAGE_FETCH, NULL,
                       "the JSON rows cannot be read: %s at byte %zu", what,
                       rows->at);
    return CC_JSON_ERROR;
}

static bool read_string(struct cc_json_rows *rows, struct cc_json_cell *cell)
{
    char *text = rows->data + rows->at + 1;
    const char *end = rows->data + rows->size;
    char *at = text;
    while (at < end && *at != '"' && *at != '\\')
        at++;
    cell->text = text;
    cell->size = (size_t)(at - text);
    rows->at = (size_t)(at - rows->data) + 1;
    if (at < end && *at == '"')
        return true;
    size_t behind =
        skip_string(rows->data, rows->size, (size_t)(at - rows->data));
    if (behind == 0)
        return false;
    rows->at = behind;
    cell->size = behind - 1 - (size_t)(text - rows->data);
    return unescape(text, &cell->size);
}

static bool read_cell(struct cc_json_rows *rows, struct cc_json_cell *cell)
{
    if (rows->at < rows->size && rows->data[rows->at] == '"')
        return read_string(rows, cell);
    const char *text = rows->data + rows->at;
    size_t end = skip_value(rows->data, rows->size, rows->at);
    if (end == 0)
        return false;
    cell->text = text;
    cell->size = end - rows->at;
    if (cell->size == 4 && memcmp(text, "null", 4) == 0)
        cell->text = NULL;
    rows->at = end;
    return true;
}

/* Skips blanks and takes `c` if it is next. */
static bool take(struct cc_json_rows *rows, char c)
{
    rows->at = skip_blank(rows->data, rows->size, rows->at);
    if (rows->at >= rows->size || rows->data[rows->at] != c)
        return false;
    rows->at++;
    return true;
}

static enum cc_json_read read_row(struct cc_json_rows *rows,
                                  struct cc_json_cell *cells, size_t count,
                                  struct cc_error *error)
{
    if (!take(rows, '['))
        return damaged(rows, "a row is missing", error);
    for (size_t i = 0; i < count; i++)
    {
        if (i > 0 && !take(rows, ','))
            return damaged(rows, "a row is short of values", error);
        rows->at = skip_blank(rows->data, rows->size, rows->at);
        if (!read_cell(rows, &cells[i]))
            return damaged(rows, "a value is damaged", error);
    }
    if (!take(rows, ']'))
        return damaged(rows, "a row has too many values", error);
    return CC_JSON_ROW;
}

/* Whether the rows have come to an end that is one. */
static bool at_end(struct cc_json_rows *rows)
{
    if (rows->enclosed && !take(rows, ']'))
        return false;
    rows->at = skip_blank(rows->data, rows->size, rows->at);
    return rows->at == rows->size;
}

enum cc_json_read cc_json_next(struct cc_json_rows *rows,
                               struct cc_json_cell *cells, size_t count,
                               struct cc_error *error)
{
    bool first = !rows->begun;
    rows->begun = true;
    if (first && rows->enclosed && !take(rows, '['))
        return damaged(rows, "the rows are missing", error);
    rows->at = skip_blank(rows->data, rows->size, rows->at);
    bool closes = rows->at == rows->size ||
                  (rows->enclosed && rows->data[rows->at] == ']');
    if (closes)
        return at_end(rows) ? CC_JSON_END
                            : damaged(rows, "the rows end too early", error);
    if (!first && !take(rows, ','))
        return damaged(rows, "there is no comma between rows", error);
    return read_row(rows, cells, count, error);
}
