/* SPDX-License-Identifier: MIT */
/*
 * Redaction. A secret is not compared with a list of precomputed spellings:
 * each style below reads one byte of the secret from the text in any way the
 * style allows ("/", "%2F" and "%2f" are the same byte to PERCENT), which
 * covers encoders that differ in what they escape. Only base64, which does not
 * work byte by byte, is stored as further needles.
 */
#include "ascii.h"
#include "error.h"
#include "strbuf.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Under this length a secret is replaced only as a whole word. */
#define SHORT_SECRET 4
/* A base64 fragment shorter than this would match by chance. */
#define SHORTEST_FRAGMENT 4

struct needle
{
    struct needle *next;
    size_t length;
    bool base64;
    bool whole_word;
    char text[];
};

struct cc_secrets
{
    _Atomic(struct needle *) first;
};

struct cc_secrets *cc_secrets_new(void)
{
    struct cc_secrets *secrets = malloc(sizeof *secrets);
    if (secrets)
        atomic_init(&secrets->first, NULL);
    return secrets;
}

void cc_wipe(void *memory, size_t size)
{
    volatile unsigned char *byte = memory;
    while (size-- > 0)
        *byte++ = 0;
}

void cc_secrets_free(struct cc_secrets *secrets)
{
    if (!secrets)
        return;
    struct needle *needle = atomic_load(&secrets->first);
    while (needle)
    {
        struct needle *next = needle->next;
        cc_wipe(needle->text, needle->length);
        free(needle);
        needle = next;
    }
    free(secrets);
}

static int add_needle(struct cc_secrets *secrets, const char *text,
                      size_t length, bool base64)
{
    struct needle *needle = malloc(sizeof *needle + length + 1);
    if (!needle)
        return -1;
    memcpy(needle->text, text, length);
    needle->text[length] = '\0';
    needle->length = length;
    needle->base64 = base64;
    needle->whole_word = !base64 && length < SHORT_SECRET;
    needle->next = atomic_load(&secrets->first);
    while (
        !atomic_compare_exchange_weak(&secrets->first, &needle->next, needle))
    {
    }
    return 0;
}

/* The 6 bits at `bit` of `value` as they appear in a base64 text. */
static char base64_at(const char *value, size_t bit)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned high = (unsigned char)value[bit / 8];
    unsigned low = bit % 8 > 2 ? (unsigned char)value[bit / 8 + 1] : 0;
    return alphabet[((high << 8 | low) >> (10 - bit % 8)) & 0x3FU];
}

/* The base64 characters that `value` alone decides when it begins `before`
 * bytes (modulo 3) into what is encoded. */
static int add_fragment(struct cc_secrets *secrets, const char *value,
                        size_t length, size_t before)
{
    size_t first = before == 0 ? 0 : before == 1 ? 4 : 2;
    size_t count = (length * 8 - first) / 6;
    if (count < SHORTEST_FRAGMENT)
        return 0;

    char *fragment = malloc(count);
    if (!fragment)
        return -1;
    for (size_t i = 0; i < count; i++)
        fragment[i] = base64_at(value, first + 6 * i);
    int result = add_needle(secrets, fragment, count, true);
    cc_wipe(fragment, count);
    free(fragment);
    return result;
}

int cc_secrets_add(struct cc_secrets *secrets, const char *value)
{
    size_t length = value ? strlen(value) : 0;
    if (length == 0)
        return 0;
    if (length > SIZE_MAX / 8)
        return -1;
    CC_TRY(add_needle(secrets, value, length, false));
    for (size_t before = 0; before < 3; before++)
        CC_TRY(add_fragment(secrets, value, length, before));
    return 0;
}

/* The number written as `digits` hexadecimal digits, or -1. */
static long hex_number(const char *text, size_t digits)
{
    long number = 0;
    for (size_t i = 0; i < digits; i++)
    {
        int digit = cc_hex_digit(text[i]);
        if (digit < 0)
            return -1;
        number = number * 16 + digit;
    }
    return number;
}

/*
 * A style reads the secret's next byte (or bytes) from the text: it returns
 * how many bytes of text it took and adds to *taken how many of the secret;
 * 0 when they differ.
 */
typedef size_t (*style_fn)(const char *text, const char *secret, size_t *taken);

static size_t read_plain(const char *text, const char *secret, size_t *taken)
{
    *taken += 1;
    return *text == *secret;
}

static size_t read_percent(const char *text, const char *secret, size_t *taken)
{
    *taken += 1;
    if (*text == '%' && hex_number(text + 1, 2) == (unsigned char)*secret)
        return 3;
    return *text == *secret || (*text == '+' && *secret == ' ');
}

static size_t read_doubled(const char *text, const char *secret, size_t *taken)
{
    *taken += 1;
    if (*text != *secret)
        return 0;
    if (strchr("'\"`]", *secret))
        return text[1] == *secret ? 2 : 0;
    return 1;
}

static size_t read_hex(const char *text, const char *secret, size_t *taken)
{
    *taken += 1;
    return hex_number(text, 2) == (unsigned char)*secret ? 2 : 0;
}

/* "\u0041", also as a surrogate pair, against one character of UTF-8. */
static size_t read_unicode(const char *text, const char *secret, size_t *taken)
{
    long code = hex_number(text + 2, 4);
    size_t used = 6;
    if (code >= 0xD800 && code < 0xDC00 && text[6] == '\\' && text[7] == 'u')
    {
        long low = hex_number(text + 8, 4);
        if (low < 0xDC00 || low > 0xDFFF)
            return 0;
        code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00);
        used = 12;
    }
    if (code < 0)
        return 0;

    char utf8[5] = "";
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length; i-- > 1; code >>= 6)
        utf8[i] = (char)(0x80 | (code & 0x3F));
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    utf8[0] = (char)(lead[length] | code);
    *taken += length;
    return strncmp(secret, utf8, length) == 0 ? used : 0;
}

static size_t read_backslash(const char *text, const char *secret,
                             size_t *taken)
{
    if (*text != '\\')
        return read_plain(text, secret, taken);
    if (text[1] == 'u')
        return read_unicode(text, secret, taken);

    static const char letters[] = "abfnrtv";
    static const char controls[] = "\a\b\f\n\r\t\v";
    const char *letter = text[1] ? strchr(letters, text[1]) : NULL;
    *taken += 1;
    if (letter && controls[letter - letters] == *secret)
        return 2;
    return text[1] == *secret && *secret != '\0' ? 2 : 0;
}

static size_t read_markup(const char *text, const char *secret, size_t *taken)
{
    static const struct
    {
        char byte;
        const char *entity;
    } entities[] = {{'&', "&amp;"},   {'<', "&lt;"},    {'>', "&gt;"},
                    {'"', "&quot;"},  {'\'', "&apos;"}, {'"', "&#34;"},
                    {'\'', "&#39;"},  {'\'', "&#x27;"}, {'"', "&#x22;"},
                    {'\'', "&#039;"}, {'/', "&#x2F;"},  {'/', "&#47;"}};
    *taken += 1;
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
    {
        size_t length = strlen(entities[i].entity);
        if (entities[i].byte == *secret &&
            strncmp(text, entities[i].entity, length) == 0)
            return length;
    }
    return *text == *secret;
}

/* RFC 4648 sections 4 and 5: the URL-safe alphabet is the same text. */
static size_t read_base64(const char *text, const char *secret, size_t *taken)
{
    *taken += 1;
    return *text == *secret || (*secret == '+' && *text == '-') ||
           (*secret == '/' && *text == '_');
}

/* How many bytes of `text` are the needle in this style; 0: none. */
static size_t match_style(const char *text, const struct needle *needle,
                          style_fn read)
{
    const char *at = text;
    for (size_t i = 0; i < needle->length;)
    {
        size_t used = *at ? read(at, needle->text + i, &i) : 0;
        if (used == 0)
            return 0;
        at += used;
    }
    return (size_t)(at - text);
}

static size_t match_needle(const char *text, const struct needle *needle)
{
    static const style_fn styles[] = {read_plain, read_percent,   read_doubled,
                                      read_hex,   read_backslash, read_markup};
    size_t longest = 0;
    if (needle->base64)
    {
        longest = match_style(text, needle, read_base64);
        size_t percent = match_style(text, needle, read_percent);
        return percent > longest ? percent : longest;
    }
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
    {
        if (needle->whole_word && styles[i] == read_hex)
            continue;
        size_t length = match_style(text, needle, styles[i]);
        if (length > longest)
            longest = length;
    }
    return longest;
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

static bool is_base64(char c)
{
    return is_word(c) || (c && strchr("+/-_", c));
}

static bool is_padding(char c)
{
    return c == '=' || c == '%';
}

struct match
{
    size_t length;
    bool base64;
};

/* The longest secret that begins at `at`, a position in `text`. */
static struct match longest_match(const struct cc_secrets *secrets,
                                  const char *text, const char *at)
{
    struct match best = {0, false};
    const struct needle *needle = atomic_load(&secrets->first);
    for (; needle; needle = needle->next)
    {
        size_t length = match_needle(at, needle);
        bool touched = (at > text && is_word(at[-1])) || is_word(at[length]);
        if (length > best.length && !(needle->whole_word && touched))
            best = (struct match){length, needle->base64};
    }
    return best;
}

/* The characters around a fragment hold the secret's first and last bits, so
 * the base64 text goes as a whole. */
static const char *drop_base64(struct cc_strbuf *out, const char *rest)
{
    while (out->length > 0 && is_base64(out->data[out->length - 1]))
        out->data[--out->length] = '\0';
    while (is_base64(*rest) || is_padding(*rest))
        rest++;
    return rest;
}

char *cc_redact(const struct cc_secrets *secrets, const char *text)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    for (const char *at = text; *at;)
    {
        struct match match = {0, false};
        if (secrets)
            match = longest_match(secrets, text, at);
        if (match.length == 0)
        {
            (void)cc_strbuf_append_char(&out, *at++);
            continue;
        }
        at += match.length;
        if (match.base64)
            at = drop_base64(&out, at);
        (void)cc_strbuf_append(&out, "***");
    }
    return cc_strbuf_take(&out);
}
