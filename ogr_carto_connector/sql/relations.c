/* SPDX-License-Identifier: MIT */
#include "lexer.h"

#include <stdlib.h>
#include <string.h>

/* What a statement begins with. */
struct beginning
{
    bool reads;              /* SELECT or WITH */
    bool recursive;          /* WITH RECURSIVE */
    const char *definitions; /* behind WITH; NULL: it begins with SELECT */
};

static struct beginning beginning_of(const struct cc_dialect *dialect,
                                     const char *sql)
{
    struct beginning result = {false, false, NULL};
    struct cc_lexer lexer;
    cc_lexer_init(&lexer, dialect, sql);
    struct cc_token token = cc_lexer_next(&lexer);
    result.reads = cc_token_is(&token, "SELECT");
    if (!cc_token_is(&token, "WITH"))
        return result;
    result.reads = true;
    result.definitions = lexer.next;
    token = cc_lexer_next(&lexer);
    result.recursive = cc_token_is(&token, "RECURSIVE");
    return result;
}

/* Skips to behind the parenthesis that closes the one just read. */
static void skip_parentheses(struct cc_lexer *lexer)
{
    size_t depth = 1;
    while (depth > 0)
    {
        struct cc_token token = cc_lexer_next(lexer);
        if (token.kind == CC_TOKEN_END)
            return;
        if (token.kind == CC_TOKEN_SYMBOL && *token.start == '(')
            depth++;
        if (token.kind == CC_TOKEN_SYMBOL && *token.start == ')')
            depth--;
    }
}

/* Whether the WITH list at `definitions` defines `name` itself. */
static bool defines(const struct cc_dialect *dialect, const char *definitions,
                    const char *name)
{
    struct cc_lexer lexer;
    cc_lexer_init(&lexer, dialect, definitions);
    bool at_name = true;
    for (;;)
    {
        struct cc_token token = cc_lexer_next(&lexer);
        if (token.kind == CC_TOKEN_END || cc_token_is(&token, "SELECT"))
            return false;
        if (at_name && cc_token_names(&token, name))
            return true;
        at_name = token.kind == CC_TOKEN_SYMBOL && *token.start == ',';
        if (token.kind == CC_TOKEN_SYMBOL && *token.start == '(')
            skip_parentheses(&lexer);
    }
}

static bool is_needed(const struct cc_dialect *dialect, const char *sql,
                      const struct beginning *beginning,
                      const struct cc_relation *relation)
{
    if (!cc_sql_mentions(dialect, sql, relation->name) ||
        !cc_select_wraps(dialect, relation->select))
        return false;
    return beginning->recursive || !beginning->definitions ||
           !defines(dialect, beginning->definitions, relation->name);
}

/* "name" AS (SELECT * FROM ...); by its unique output names where the columns
 * of a query have to be named. */
static int append_definition(const struct cc_dialect *dialect,
                             const struct cc_relation *relation,
                             struct cc_strbuf *out)
{
    const struct cc_source *source = relation->select->source;
    const struct cc_schema *schema = relation->select->schema;
    (void)cc_sql_identifier(dialect, out, relation->name);
    bool list = dialect->with_column_list && !source->table;
    for (size_t i = 0; list && i < schema->count; i++)
    {
        const struct cc_column *column = &schema->columns[i];
        (void)cc_strbuf_append(out, i == 0 ? " (" : ", ");
        (void)cc_sql_identifier(
            dialect, out, column->skipped ? column->name : column->output_name);
    }
    if (list && schema->count > 0)
        (void)cc_strbuf_append_char(out, ')');
    (void)cc_strbuf_append(out, " AS (");
    if (source->table)
    {
        (void)cc_strbuf_append(out, "SELECT * FROM ");
        (void)cc_from_sql(dialect, relation->select, out);
    }
    else
        (void)cc_strbuf_append_n(
            out, source->query,
            cc_sql_trimmed_length(dialect, source->query, NULL));
    return cc_strbuf_append(out, "\n)");
}

/* Appends `sql` behind `count` definitions that end in `out`. */
static int append_statement(const char *sql, const struct beginning *beginning,
                            struct cc_strbuf *out)
{
    if (beginning->recursive)
        return cc_strbuf_printf(out, "\n(%s\n)", sql);
    if (beginning->definitions)
        return cc_strbuf_printf(out, ",%s", beginning->definitions);
    return cc_strbuf_printf(out, "\n%s", sql);
}

int cc_sql_with_relations(const struct cc_dialect *dialect, const char *sql,
                          const struct cc_relation *relations, size_t count,
                          struct cc_strbuf *out)
{
    struct beginning beginning = beginning_of(dialect, sql);
    size_t used = 0;
    for (size_t i = 0; i < count && beginning.reads; i++)
    {
        if (!is_needed(dialect, sql, &beginning, &relations[i]))
            continue;
        (void)cc_strbuf_append(out, used == 0 ? "WITH " : ", ");
        CC_TRY(append_definition(dialect, &relations[i], out));
        used++;
    }
    if (used == 0)
        return cc_strbuf_append(out, sql);
    size_t length = cc_sql_trimmed_length(dialect, sql, NULL);
    char *trimmed = strndup(sql, length);
    if (!trimmed)
        return -1;
    beginning = beginning_of(dialect, trimmed);
    int status = append_statement(trimmed, &beginning, out);
    free(trimmed);
    return status;
}
