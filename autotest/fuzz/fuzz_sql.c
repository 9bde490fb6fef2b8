/* SPDX-License-Identifier: MIT */
/* The lexer, in the dialect that the first byte chooses. */
#include "sql/lexer.h"

#include <stdlib.h>
#include <string.h>

static void check_tokens(const struct cc_dialect *dialect, const char *sql,
                         size_t length)
{
    struct cc_lexer lexer;
    const char *last = sql;
    cc_lexer_init(&lexer, dialect, sql);
    for (;;)
    {
        struct cc_token token = cc_lexer_next(&lexer);
        if (token.start < last || token.start + token.length > sql + length)
            abort();
        if (token.kind == CC_TOKEN_END)
            break;
        if (token.length == 0)
            abort();
        last = token.start + token.length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct cc_dialect dialect = {.quote_open = '"', .quote_close = '"'};
    dialect.lexical = (unsigned)(data[0] << 8 | data[1]);
    size_t length = size - 2;
    char *sql = malloc(length + 1);
    if (!sql)
        abort();
    memcpy(sql, data + 2, length);
    sql[length] = '\0';
    length = strlen(sql);

    bool unterminated;
    char word[8];
    check_tokens(&dialect, sql, length);
    if (cc_sql_trimmed_length(&dialect, sql, &unterminated) > length)
        abort();
    cc_sql_first_word(&dialect, sql, word, sizeof word);
    (void)cc_sql_mentions(&dialect, sql, "a\"b");
    free(sql);
    return 0;
}
