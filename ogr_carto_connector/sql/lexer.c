/* SPDX-License-Identifier: MIT */
#include "lexer.h"

#include "connector/ascii.h"

#include <string.h>
#include <strings.h>

void cc_lexer_init(struct cc_lexer *lexer, const struct cc_dialect *dialect,
                   const char *sql)
{
    lexer->dialect = dialect;
    lexer->next = sql;
    lexer->unterminated = false;
}

static bool has(const struct cc_lexer *lexer, enum cc_lexical feature)
{
    return (lexer->dialect->lexical & (unsigned)feature) != 0;
}

static bool is_space(char c)
{
    return c != '\0' && strchr(" \t\r\n\f\v", c) != NULL;
}

/* Bytes of multi-byte characters count as letters. */
static bool is_word(char c)
{
    return cc_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '_' || (unsigned char)c >= 0x80;
}

static const char *end_of_line(const char *text)
{
    return text + strcspn(text, "\r\n");
}

static const char *end_of_comment(struct cc_lexer *lexer, const char *text)
{
    size_t depth = 1;
    for (text += 2; *text; text++)
    {
        if (text[0] == '*' && text[1] == '/')
        {
            text++;
            if (--depth == 0)
                return text + 1;
        }
        else if (text[0] == '/' && text[1] == '*' && has(lexer, CC_LEX_NESTED))
        {
            text++;
            depth++;
        }
    }
    lexer->unterminated = true;
    return text;
}

static bool begins_line_comment(const struct cc_lexer *lexer, const char *text)
{
    if (text[0] == '-' && text[1] == '-')
        return !has(lexer, CC_LEX_DASHES_SPACE) || text[2] == '\0' ||
               is_space(text[2]);
    if (text[0] == '/' && text[1] == '/')
        return has(lexer, CC_LEX_SLASHES);
    return text[0] == '#' && has(lexer, CC_LEX_HASH);
}

static const char *skip_blank(struct cc_lexer *lexer, const char *text)
{
    for (;;)
    {
        if (is_space(*text))
            text++;
        else if (begins_line_comment(lexer, text))
            text = end_of_line(text);
        else if (text[0] == '/' && text[1] == '*')
            text = end_of_comment(lexer, text);
        else
            return text;
    }
}

/* The end of what began with a quote before `text`: `close`, which inside may
 * be doubled or, where `backslash`, escaped. */
static const char *end_of_quote(struct cc_lexer *lexer, const char *text,
                                char close, bool backslash)
{
    for (; *text; text++)
    {
        bool escaped = *text == '\\' && backslash && text[1];
        bool doubled = *text == close && text[1] == close;
        if (escaped || doubled)
            text++;
        else if (*text == close)
            return text + 1;
    }
    lexer->unterminated = true;
    return text;
}

/* The end of what began with three quotes before `text`. */
static const char *end_of_triple(struct cc_lexer *lexer, const char *text,
                                 char quote)
{
    for (; *text; text++)
    {
        if (*text == '\\' && text[1])
            text++;
        else if (text[0] == quote && text[1] == quote && text[2] == quote)
            return text + 3;
    }
    lexer->unterminated = true;
    return text;
}

/* The end of a string that begins at `text` with `quote`. */
static const char *end_of_string(struct cc_lexer *lexer, const char *text,
                                 bool backslash)
{
    char quote = *text;
    if (has(lexer, CC_LEX_TRIPLE) && text[1] == quote && text[2] == quote)
        return end_of_triple(lexer, text + 3, quote);
    return end_of_quote(lexer, text + 1, quote, backslash);
}

/* The length of "$tag$" at `text`, 0 when there is none. */
static size_t dollar_tag(const char *text)
{
    size_t length = 1;
    if (cc_is_digit(text[length]))
        return 0;
    while (is_word(text[length]))
        length++;
    return text[length] == '$' ? length + 1 : 0;
}

static const char *end_of_dollars(struct cc_lexer *lexer, const char *text,
                                  size_t tag)
{
    for (const char *end = text + tag; (end = strchr(end, '$')) != NULL; end++)
    {
        if (strncmp(end, text, tag) == 0)
            return end + tag;
    }
    lexer->unterminated = true;
    return text + strlen(text);
}

static const char *end_of_word(const struct cc_lexer *lexer, const char *text)
{
    while (is_word(*text) || (*text == '$' && has(lexer, CC_LEX_DOLLAR)))
        text++;
    return text;
}

/* Whether the word text[0..length) is the prefix of the string after it, and
 * whether backslashes then escape. */
static bool prefixes_string(const struct cc_lexer *lexer, const char *text,
                            size_t length, bool *backslash)
{
    bool string = text[length] == '\'' ||
                  (text[length] == '"' && has(lexer, CC_LEX_DOUBLE_STRING));
    if (!string || length > 2)
        return false;
    *backslash = has(lexer, CC_LEX_BACKSLASH);
    if (has(lexer, CC_LEX_ESCAPE_STRING) && length == 1 &&
        (*text == 'e' || *text == 'E'))
        *backslash = true;
    /* r'\' is a whole string only where \' does not end it: raw strings keep
     * the backslash but it still protects the quote */
    return true;
}

static struct cc_token word_token(struct cc_lexer *lexer, const char *text)
{
    const char *end = end_of_word(lexer, text);
    struct cc_token token = {CC_TOKEN_WORD, text, (size_t)(end - text)};
    bool backslash = false;
    if (prefixes_string(lexer, text, token.length, &backslash))
    {
        end = end_of_string(lexer, end, backslash);
        token.kind = CC_TOKEN_STRING;
        token.length = (size_t)(end - text);
    }
    return token;
}

/* What begins at `text` with a quote of any kind; false: nothing. */
static bool quoted_token(struct cc_lexer *lexer, const char *text,
                         struct cc_token *token)
{
    bool backslash = has(lexer, CC_LEX_BACKSLASH);
    bool string = *text == '\'';
    const char *end = NULL;
    if (*text == '\'' || (*text == '"' && has(lexer, CC_LEX_DOUBLE_STRING)))
    {
        string = true;
        end = end_of_string(lexer, text, backslash);
    }
    else if (*text == '"' || (*text == '`' && has(lexer, CC_LEX_BACKTICK)))
        end = end_of_quote(lexer, text + 1, *text, false);
    else if (*text == '[' && has(lexer, CC_LEX_BRACKET))
        end = end_of_quote(lexer, text + 1, ']', false);
    else if (*text == '$' && has(lexer, CC_LEX_DOLLAR) && dollar_tag(text))
    {
        string = true;
        end = end_of_dollars(lexer, text, dollar_tag(text));
    }
    if (!end)
        return false;
    token->kind = string ? CC_TOKEN_STRING : CC_TOKEN_QUOTED;
    token->start = text;
    token->length = (size_t)(end - text);
    return true;
}

struct cc_token cc_lexer_next(struct cc_lexer *lexer)
{
    const char *text = skip_blank(lexer, lexer->next);
    struct cc_token token = {CC_TOKEN_SYMBOL, text, 1};
    if (*text == '\0')
        token = (struct cc_token){CC_TOKEN_END, text, 0};
    else if (is_word(*text))
        token = word_token(lexer, text);
    else
        (void)quoted_token(lexer, text, &token);
    lexer->next = token.start + token.length;
    return token;
}

bool cc_token_is(const struct cc_token *token, const char *keyword)
{
    return token->kind == CC_TOKEN_WORD && strlen(keyword) == token->length &&
           strncasecmp(token->start, keyword, token->length) == 0;
}

/* Whether the inside of a quoted identifier, its close quote undoubled, is
 * `name`. */
static bool quoted_names(const struct cc_token *token, const char *name)
{
    char close = token->start[token->length - 1];
    const char *end = token->start + token->length - 1;
    for (const char *c = token->start + 1; c < end; c++)
    {
        if (*c == close && c + 1 < end)
            c++;
        if (*name++ != *c)
            return false;
    }
    return *name == '\0';
}

bool cc_token_names(const struct cc_token *token, const char *name)
{
    if (token->kind == CC_TOKEN_QUOTED && token->length >= 2)
        return quoted_names(token, name);
    return cc_token_is(token, name);
}

size_t cc_sql_trimmed_length(const struct cc_dialect *dialect, const char *sql,
                             bool *unterminated)
{
    struct cc_lexer lexer;
    cc_lexer_init(&lexer, dialect, sql);
    size_t length = 0;
    for (;;)
    {
        struct cc_token token = cc_lexer_next(&lexer);
        if (token.kind == CC_TOKEN_END)
            break;
        if (token.kind != CC_TOKEN_SYMBOL || *token.start != ';')
            length = (size_t)(token.start - sql) + token.length;
    }
    if (unterminated)
        *unterminated = lexer.unterminated;
    return length;
}

void cc_sql_first_word(const struct cc_dialect *dialect, const char *sql,
                       char *out, size_t size)
{
    struct cc_lexer lexer;
    cc_lexer_init(&lexer, dialect, sql);
    struct cc_token token = cc_lexer_next(&lexer);
    bool word = token.kind == CC_TOKEN_WORD ||
                (token.kind == CC_TOKEN_SYMBOL && *token.start == '(');
    size_t length = word && token.length < size ? token.length : 0;
    for (size_t i = 0; i < length; i++)
    {
        char c = token.start[i];
        out[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    out[length] = '\0';
}

bool cc_sql_mentions(const struct cc_dialect *dialect, const char *sql,
                     const char *name)
{
    struct cc_lexer lexer;
    cc_lexer_init(&lexer, dialect, sql);
    for (;;)
    {
        struct cc_token token = cc_lexer_next(&lexer);
        if (token.kind == CC_TOKEN_END)
            return false;
        if (cc_token_names(&token, name))
            return true;
    }
}
