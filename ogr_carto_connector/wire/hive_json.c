/* SPDX-License-Identifier: MIT */
#include "hive_json.h"

#include "column/text.h"
#include "connector/ascii.h"

#include <stdio.h>

#define MAX_DEPTH 64

struct text
{
    const char *at;
    const char *end;
    struct cc_buffer *out;
    bool unescaped;
    bool no_memory;
    int depth;
};

static bool put(struct text *text, const char *data, size_t size)
{
    text->no_memory = cc_buffer_append(text->out, data, size) != 0;
    return !text->no_memory;
}

static char peek(const struct text *text)
{
    return (char)(text->at < text->end ? *text->at : '\0');
}

/* Takes the character over. */
static bool take(struct text *text, char c)
{
    return text->at < text->end && *text->at == c && put(text, text->at++, 1);
}

/* ---- strings ---- */

static bool needs_escape(char c)
{
    return (unsigned char)c < ' ' || c == '"' || c == '\\';
}

static bool put_escaped(struct text *text, char c)
{
    char escape[8];
    int length = (unsigned char)c < ' '
                     ? snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c)
                     : snprintf(escape, sizeof escape, "\\%c", c);
    return put(text, escape, (size_t)length);
}

/* The characters up to `end`, which are not escaped. */
static bool put_characters(struct text *text, const char *end)
{
    while (text->at < end)
    {
        const char *run = text->at;
        while (text->at < end && !needs_escape(*text->at))
            text->at++;
        if (!put(text, run, (size_t)(text->at - run)) ||
            (text->at < end && !put_escaped(text, *text->at++)))
            return false;
    }
    return true;
}

/* The length of an escape of RFC 8259, section 7; 0: there is none. */
static size_t escape_length(const char *at, const char *end)
{
    if (end - at < 2 || *at != '\\' || at[1] == '\0')
        return 0;
    if (at[1] != 'u')
        return strchr("\"\\/bfnrt", at[1]) ? 2 : 0;
    size_t digits = 0;
    while (digits < 4 && at + 2 + digits < end &&
           cc_hex_digit(at[2 + digits]) >= 0)
        digits++;
    return digits == 4 ? 6 : 0;
}

/* One that is escaped: what is not is looked after. */
static bool escaped_string(struct text *text)
{
    while (text->at < text->end && *text->at != '"')
    {
        size_t length = escape_length(text->at, text->end);
        if (length == 0 && needs_escape(*text->at))
        {
            if (!put_escaped(text, *text->at++))
                return false;
            continue;
        }
        length = length > 0 ? length : 1;
        if (!put(text, text->at, length))
            return false;
        text->at += length;
    }
    return take(text, '"');
}

/* Whether a string can end before `next`. */
static bool may_follow(const struct text *text, const char *next, bool key)
{
    if (key)
        return next < text->end && *next == ':';
    return next < text->end && (*next == ',' || *next == ']' || *next == '}');
}

static bool unescaped_string(struct text *text, bool key)
{
    const char *quote = text->at;
    while (quote < text->end &&
           !(*quote == '"' && may_follow(text, quote + 1, key)))
        quote++;
    return quote < text->end && put_characters(text, quote) && take(text, '"');
}

static bool string(struct text *text, bool key)
{
    if (!take(text, '"'))
        return false;
    return text->unescaped ? unescaped_string(text, key) : escaped_string(text);
}

/* ---- bare words ---- */

static const char *digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* RFC 8259, section 6 */
static bool is_number(const char *at, const char *end)
{
    at += at < end && *at == '-';
    const char *whole = digits(at, end);
    bool valid = whole > at && (*at != '0' || whole == at + 1);
    at = whole;
    if (valid && at < end && *at == '.')
    {
        const char *fraction = digits(at + 1, end);
        valid = fraction > at + 1;
        at = fraction;
    }
    if (valid && at < end && (*at == 'e' || *at == 'E'))
    {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        const char *exponent = digits(at, end);
        valid = exponent > at;
        at = exponent;
    }
    return valid && at == end;
}

static bool is_word(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(end - at) == length && memcmp(at, word, length) == 0;
}

/* " hh:mm:ss", of a timestamp or an interval. */
static bool is_time(const char *at, const char *end)
{
    if (end - at < 9 || *at != ' ' || at[3] != ':' || at[6] != ':')
        return false;
    return digits(at + 1, at + 3) == at + 3 &&
           digits(at + 4, at + 6) == at + 6 && digits(at + 7, at + 9) == at + 9;
}

/* The colons of a time do not end a key. */
static const char *word_end(const struct text *text, bool key)
{
    const char *end = text->at;
    while (end < text->end && !may_follow(text, end, key))
        end += is_time(end, text->end) ? 9 : 1;
    return end;
}

/* A value that is not quoted, or a key; a key is a string in JSON. */
static bool bare(struct text *text, bool key)
{
    const char *end = word_end(text, key);
    if (end == text->end)
        return false;
    if (!key &&
        (is_number(text->at, end) || is_word(text->at, end, "null") ||
         is_word(text->at, end, "true") || is_word(text->at, end, "false")))
    {
        const char *from = text->at;
        text->at = end;
        return put(text, from, (size_t)(end - from));
    }
    return put(text, "\"", 1) && put_characters(text, end) &&
           put(text, "\"", 1);
}

/* ---- what has parts ---- */

static bool value(struct text *text);

static bool member(struct text *text)
{
    bool key = peek(text) == '"' ? string(text, true) : bare(text, true);
    return key && take(text, ':') && value(text);
}

static bool parts(struct text *text, char open, char close)
{
    if (++text->depth > MAX_DEPTH || !take(text, open))
        return false;
    bool valid = true;
    if (peek(text) != close)
    {
        do
            valid = open == '{' ? member(text) : value(text);
        while (valid && take(text, ','));
    }
    text->depth--;
    return valid && take(text, close);
}

static bool value(struct text *text)
{
    switch (peek(text))
    {
        case '{':
            return parts(text, '{', '}');
        case '[':
            return parts(text, '[', ']');
        case '"':
            return string(text, false);
        default:
            return bare(text, false);
    }
}

int cc_hive_json(struct cc_buffer *out, const char *text, size_t size,
                 bool unescaped)
{
    size_t before = out->size;
    struct text reader = {
        .at = text, .end = text + size, .out = out, .unescaped = unescaped};
    bool composed = peek(&reader) == '{' || peek(&reader) == '[';
    if (composed && value(&reader) && reader.at == reader.end)
        return 0;
    out->size = before;
    return reader.no_memory ? -1 : 1;
}
