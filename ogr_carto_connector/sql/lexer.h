/* SPDX-License-Identifier: MIT */
/*
 * A lexer just deep enough to tell identifiers from strings and comments.
 */
#ifndef CC_SQL_LEXER_H
#define CC_SQL_LEXER_H

#include "dialect.h"

enum cc_token_kind
{
    CC_TOKEN_END,
    CC_TOKEN_WORD,   /* keyword, bare identifier, number */
    CC_TOKEN_QUOTED, /* identifier, its quotes included */
    CC_TOKEN_STRING, /* quotes included */
    CC_TOKEN_SYMBOL  /* one byte */
};

struct cc_token
{
    enum cc_token_kind kind;
    const char *start;
    size_t length;
};

struct cc_lexer
{
    const struct cc_dialect *dialect;
    const char *next;
    bool unterminated; /* a quote or comment was open at the end */
};

void cc_lexer_init(struct cc_lexer *lexer, const struct cc_dialect *dialect,
                   const char *sql);

/* The next token, white space and comments skipped. CC_TOKEN_END has length 0
 * and is returned again and again. */
struct cc_token cc_lexer_next(struct cc_lexer *lexer);

/* Whether a word is `keyword` (upper case), ignoring case. */
bool cc_token_is(const struct cc_token *token, const char *keyword);

/* Whether an identifier names `name`: quoted exactly, bare ignoring case. */
bool cc_token_names(const struct cc_token *token, const char *name);

#endif
