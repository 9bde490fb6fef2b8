/* SPDX-License-Identifier: MIT */
/* What a user's query may be. */
#include "snowflake.h"

#include "sql/lexer.h"

#include <string.h>

/* Statements one after the other, each of which reads the one before:
 * https://docs.snowflake.com/en/sql-reference/operators-flow */
#define FLOW "->>"
#define FLOW_LENGTH (sizeof FLOW - 1)

static bool is_flow(const struct cc_token *token)
{
    return token->kind == CC_TOKEN_SYMBOL &&
           strncmp(token->start, FLOW, FLOW_LENGTH) == 0;
}

static bool begins_reading(const struct cc_token *token)
{
    static const char *const words[] = {"SELECT", "WITH",    "SHOW", "DESC",
                                        "LIST",   "LS",      "FROM", "TABLE",
                                        "VALUES", "DESCRIBE"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    {
        if (cc_token_is(token, words[i]))
            return true;
    }
    return token->kind == CC_TOKEN_SYMBOL && *token->start == '(';
}

/* WITH name AS PROCEDURE (...) ... CALL name(...) runs anything. */
static bool makes_procedure(const struct cc_token *before,
                            const struct cc_token *token)
{
    return cc_token_is(before, "AS") && cc_token_is(token, "PROCEDURE");
}

static bool only_reads(const char *query)
{
    struct cc_lexer lexer;
    struct cc_token before = {CC_TOKEN_END, query, 0};
    cc_lexer_init(&lexer, &cc_dialect_snowflake, query);
    struct cc_token token = cc_lexer_next(&lexer);
    bool reads = begins_reading(&token);
    while (reads && token.kind != CC_TOKEN_END)
    {
        if (is_flow(&token))
        {
            for (size_t i = 0; i < FLOW_LENGTH; i++)
                token = cc_lexer_next(&lexer);
            reads = begins_reading(&token);
        }
        else
        {
            reads = !makes_procedure(&before, &token);
            before = token;
            token = cc_lexer_next(&lexer);
        }
    }
    return reads;
}

int cc_snowflake_check_query(const char *query, struct cc_error *error)
{
    if (only_reads(query))
        return 0;
    return cc_error_set(error, CC_STAGE_QUERY, NULL,
                        "a query has to read only: \"sql_query\" must begin "
                        "with SELECT, WITH, SHOW or DESCRIBE, and so must what "
                        "follows " FLOW);
}

bool cc_snowflake_can_wrap(const char *query, size_t length)
{
    struct cc_lexer lexer;
    struct cc_token token;
    cc_lexer_init(&lexer, &cc_dialect_snowflake, query);
    do
        token = cc_lexer_next(&lexer);
    while (token.kind != CC_TOKEN_END && !is_flow(&token) &&
           token.start < query + length);
    return !is_flow(&token);
}
