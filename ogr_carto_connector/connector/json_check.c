/* SPDX-License-Identifier: MIT */
/*
 * A syntax check of JSON whose messages say where and what: json-c's own give
 * a byte offset and hardly a reason, and it takes the last of two equal keys
 * without a word.
 */
#include "ascii.h"
#include "json_source.h"

#include <json.h>
#include <stdio.h>
#include <string.h>

struct scanner
{
    const char *text;
    const char *at;
    const char *name;
    unsigned depth;
    struct cc_strbuf *hints;
    struct cc_error *error;
};

struct position
{
    size_t line;
    size_t column;
};

static struct position position_of(const struct scanner *scanner,
                                   const char *at)
{
    struct position position = {1, 1};
    for (const char *c = scanner->text; c < at; c++)
    {
        if (*c == '\n')
            position = (struct position){position.line + 1, 1};
        else if (((unsigned char)*c & 0xC0U) != 0x80U)
            position.column++;
    }
    return position;
}

/* Names what is at `at` without giving away the text of a secret. */
static void describe(const char *at, char out[32])
{
    unsigned char c = (unsigned char)*at;
    const char *words = NULL;
    if (c == '\0')
        words = "the end of the text";
    else if (c == '\n' || c == '\r')
        words = "the end of the line";
    else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        words = "a letter";
    else if (c >= '0' && c <= '9')
        words = "a digit";
    else if (c < ' ' || c == 0x7F)
        words = "a control character";
    else if (c >= 0x80)
        words = "a character outside ASCII";
    if (words)
        snprintf(out, 32, "%s", words);
    else
        snprintf(out, 32, "'%c'", (char)c);
}

static int fail(struct scanner *scanner, const char *problem)
{
    struct position position = position_of(scanner, scanner->at);
    return cc_error_set(scanner->error, CC_STAGE_PARAMETER, NULL,
                        "%s is not valid JSON: line %zu, column %zu: %s",
                        scanner->name, position.line, position.column, problem);
}

static int expected(struct scanner *scanner, const char *what)
{
    char found[32];
    char problem[160];
    describe(scanner->at, found);
    snprintf(problem, sizeof problem, "expected %s, found %s", what, found);
    return fail(scanner, problem);
}

static void skip_space(struct scanner *scanner)
{
    scanner->at += strspn(scanner->at, " \t\r\n");
}

static long hex4(const char *text)
{
    long value = 0;
    for (int i = 0; i < 4; i++)
    {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
        if (!digit)
            return -1;
        value = value * 16 + (digit - digits) % 16;
    }
    return value;
}

/* RFC 8259 section 7; a surrogate has to be half of a pair. */
static int scan_unicode(struct scanner *scanner)
{
    long unit = hex4(scanner->at + 2);
    if (unit < 0)
        return fail(scanner, "expected four hexadecimal digits after \"\\u\"");
    size_t length = 6;
    if (unit >= 0xD800 && unit <= 0xDFFF)
    {
        const char *next = scanner->at + 6;
        long low = next[0] == '\\' && next[1] == 'u' ? hex4(next + 2) : -1;
        if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
            return fail(scanner, "half of a surrogate pair stands alone");
        length = 12;
    }
    scanner->at += length;
    return 0;
}

static int scan_escape(struct scanner *scanner)
{
    if (scanner->at[1] == 'u')
        return scan_unicode(scanner);
    if (scanner->at[1] == '\0' || !strchr("\"\\/bfnrt", scanner->at[1]))
        return fail(scanner, "unknown escape (a backslash is written \"\\\\\","
                             " as in Windows paths)");
    scanner->at += 2;
    return 0;
}

static int scan_string(struct scanner *scanner)
{
    scanner->at++;
    while (*scanner->at != '"')
    {
        if (*scanner->at == '\\')
            CC_TRY(scan_escape(scanner));
        else if ((unsigned char)*scanner->at < ' ')
            return expected(scanner, "'\"' at the end of the string");
        else
            scanner->at++;
    }
    scanner->at++;
    return 0;
}

static int scan_digits(struct scanner *scanner)
{
    if (!cc_is_digit(*scanner->at))
        return expected(scanner, "a digit");
    while (cc_is_digit(*scanner->at))
        scanner->at++;
    return 0;
}

/* RFC 8259 section 6. */
static int scan_number(struct scanner *scanner)
{
    if (*scanner->at == '-')
        scanner->at++;
    if (scanner->at[0] == '0' && cc_is_digit(scanner->at[1]))
        return fail(scanner, "a number does not begin with 0");
    CC_TRY(scan_digits(scanner));
    if (*scanner->at == '.')
    {
        scanner->at++;
        CC_TRY(scan_digits(scanner));
    }
    if (*scanner->at == 'e' || *scanner->at == 'E')
    {
        scanner->at++;
        if (*scanner->at == '+' || *scanner->at == '-')
            scanner->at++;
        CC_TRY(scan_digits(scanner));
    }
    return 0;
}

static int scan_word(struct scanner *scanner)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    {
        size_t length = strlen(words[i]);
        if (strncmp(scanner->at, words[i], length) == 0)
        {
            scanner->at += length;
            return 0;
        }
    }
    return expected(scanner, "a value (text is put in double quotes)");
}

static int scan_value(struct scanner *scanner);

/* After a member or element: true when another one follows. */
static bool another(struct scanner *scanner, char close)
{
    skip_space(scanner);
    if (*scanner->at != ',')
        return false;
    const char *comma = scanner->at++;
    skip_space(scanner);
    if (*scanner->at != close)
        return true;

    struct position position = position_of(scanner, comma);
    (void)cc_strbuf_printf(scanner->hints,
                           "%s: line %zu, column %zu: a trailing comma before "
                           "'%c' is ignored\n",
                           scanner->name, position.line, position.column,
                           close);
    return false;
}

/* Adds the key (quotes included) at `key` to `seen`. */
static int note_key(struct scanner *scanner, const char *key,
                    struct json_object *seen)
{
    struct json_tokener *tokener = json_tokener_new();
    if (!tokener)
        return cc_error_memory(scanner->error);
    struct json_object *text =
        json_tokener_parse_ex(tokener, key, (int)(scanner->at - key));
    json_tokener_free(tokener);
    if (!text)
        return fail(scanner, "the key cannot be read");

    int result = 0;
    const char *name = json_object_get_string(text);
    if (json_object_object_get_ex(seen, name, NULL))
    {
        char problem[160];
        snprintf(problem, sizeof problem,
                 "\"%.*s\" is given twice in the same object",
                 (int)cc_utf8_cut(name, strlen(name), 80), name);
        scanner->at = key;
        result = fail(scanner, problem);
    }
    else if (json_object_object_add(seen, name, NULL) != 0)
        result = cc_error_memory(scanner->error);
    json_object_put(text);
    return result;
}

static int scan_member(struct scanner *scanner, struct json_object *seen)
{
    const char *key = scanner->at;
    if (*key != '"')
        return expected(scanner, "a key in double quotes, or '}'");
    CC_TRY(scan_string(scanner));
    CC_TRY(note_key(scanner, key, seen));
    skip_space(scanner);
    if (*scanner->at != ':')
        return expected(scanner, "':' after the key");
    scanner->at++;
    return scan_value(scanner);
}

static int scan_members(struct scanner *scanner, struct json_object *seen)
{
    do
    {
        CC_TRY(scan_member(scanner, seen));
    } while (another(scanner, '}'));
    return 0;
}

static int scan_object(struct scanner *scanner)
{
    scanner->at++;
    skip_space(scanner);
    if (*scanner->at != '}')
    {
        struct json_object *seen = json_object_new_object();
        if (!seen)
            return cc_error_memory(scanner->error);
        int result = scan_members(scanner, seen);
        json_object_put(seen);
        CC_TRY(result);
    }
    if (*scanner->at != '}')
        return expected(scanner, "',' or '}'");
    scanner->at++;
    return 0;
}

static int scan_array(struct scanner *scanner)
{
    scanner->at++;
    skip_space(scanner);
    if (*scanner->at != ']')
    {
        do
        {
            CC_TRY(scan_value(scanner));
        } while (another(scanner, ']'));
    }
    if (*scanner->at != ']')
        return expected(scanner, "',' or ']'");
    scanner->at++;
    return 0;
}

static int scan_nested(struct scanner *scanner)
{
    if (scanner->depth == CC_JSON_MAX_DEPTH)
        return fail(scanner, "objects and arrays are nested too deeply");
    scanner->depth++;
    int result =
        *scanner->at == '{' ? scan_object(scanner) : scan_array(scanner);
    scanner->depth--;
    return result;
}

static int scan_value(struct scanner *scanner)
{
    skip_space(scanner);
    switch (*scanner->at)
    {
        case '{':
        case '[':
            return scan_nested(scanner);
        case '"':
            return scan_string(scanner);
        default:
            if (*scanner->at == '-' || cc_is_digit(*scanner->at))
                return scan_number(scanner);
            return scan_word(scanner);
    }
}

int cc_json_check(const char *text, const char *name, struct cc_strbuf *hints,
                  struct cc_error *error)
{
    struct scanner scanner = {text, text, name, 0, hints, error};
    skip_space(&scanner);
    if (*scanner.at == '\0')
        return fail(&scanner, "expected '{', found nothing");
    CC_TRY(scan_value(&scanner));
    skip_space(&scanner);
    if (*scanner.at != '\0')
        return expected(&scanner, "the end of the text");
    return 0;
}
