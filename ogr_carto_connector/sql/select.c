/* SPDX-License-Identifier: MIT */
#include "dialect.h"

#include <stdio.h>
#include <string.h>

/* The alias of a query in FROM; its columns are "c1", "c2", ... */
#define ALIAS "cc"

static bool names_columns(const struct cc_dialect *dialect)
{
    return dialect->derived_column_list || dialect->with_column_list;
}

bool cc_select_wraps(const struct cc_dialect *dialect,
                     const struct cc_select *select)
{
    static const char *const wrappable[] = {"SELECT", "WITH", "VALUES",
                                            "TABLE",  "FROM", "("};
    const struct cc_source *source = select->source;
    if (source->table)
        return true;
    bool unterminated;
    size_t length =
        cc_sql_trimmed_length(dialect, source->query, &unterminated);
    char word[8];
    cc_sql_first_word(dialect, source->query, word, sizeof word);
    bool begins = false;
    for (size_t i = 0; i < sizeof wrappable / sizeof *wrappable; i++)
        begins = begins || strcmp(word, wrappable[i]) == 0;
    return begins && !unterminated &&
           (!dialect->can_wrap || dialect->can_wrap(source->query, length));
}

/* Whether a column of an unaliased query can be referred to by its name. */
static bool has_own_name(const struct cc_dialect *dialect,
                         const struct cc_schema *schema, size_t column)
{
    const char *name = schema->columns[column].name;
    if (*name == '\0' || (dialect->is_made_up && dialect->is_made_up(name)))
        return false;
    for (size_t i = 0; i < schema->count; i++)
    {
        if (i != column && strcmp(schema->columns[i].name, name) == 0)
            return false;
    }
    return true;
}

int cc_reference_sql(const struct cc_dialect *dialect,
                     const struct cc_select *select, size_t column,
                     struct cc_strbuf *out)
{
    const struct cc_schema *schema = select->schema;
    if (select->source->table)
        return cc_sql_identifier(dialect, out, schema->columns[column].name);
    if (!names_columns(dialect))
        return has_own_name(dialect, schema, column)
                   ? cc_sql_identifier(dialect, out,
                                       schema->columns[column].name)
                   : 1;
    char name[32];
    snprintf(name, sizeof name, "c%zu", column + 1);
    return cc_sql_identifier(dialect, out, name);
}

/* ("c1", "c2", ...) */
static int column_list(const struct cc_dialect *dialect,
                       const struct cc_select *select, struct cc_strbuf *out)
{
    for (size_t i = 0; i < select->schema->count; i++)
    {
        (void)cc_strbuf_append(out, i == 0 ? " (" : ", ");
        CC_TRY(cc_reference_sql(dialect, select, i, out));
    }
    return cc_strbuf_append_char(out, ')');
}

/* The query in parentheses; a line of its own ends a comment before it. */
static int append_query(const struct cc_dialect *dialect, const char *query,
                        struct cc_strbuf *out)
{
    (void)cc_strbuf_append_char(out, '(');
    (void)cc_strbuf_append_n(out, query,
                             cc_sql_trimmed_length(dialect, query, NULL));
    return cc_strbuf_append(out, "\n)");
}

static int append_table(const struct cc_dialect *dialect,
                        const struct cc_source *source, struct cc_strbuf *out)
{
    const char *const parts[] = {source->project, source->schema};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    {
        if (!parts[i] || !*parts[i])
            continue;
        (void)cc_sql_identifier(dialect, out, parts[i]);
        (void)cc_strbuf_append_char(out, '.');
    }
    return cc_sql_identifier(dialect, out, source->table);
}

/* (query) AS "cc" ("c1", ...), the names inside where the dialect has no such
 * list for a derived table. */
static int append_derived(const struct cc_dialect *dialect,
                          const struct cc_select *select, struct cc_strbuf *out)
{
    bool list = names_columns(dialect) && select->schema->count > 0;
    bool inside = list && !dialect->derived_column_list;
    if (inside)
    {
        (void)cc_strbuf_append(out, "(WITH ");
        (void)cc_sql_identifier(dialect, out, ALIAS);
        (void)column_list(dialect, select, out);
        (void)cc_strbuf_append(out, " AS ");
    }
    (void)append_query(dialect, select->source->query, out);
    if (inside)
    {
        (void)cc_strbuf_append(out, " SELECT * FROM ");
        (void)cc_sql_identifier(dialect, out, ALIAS);
        (void)cc_strbuf_append_char(out, ')');
    }
    (void)cc_strbuf_append(out, " AS ");
    (void)cc_sql_identifier(dialect, out, ALIAS);
    if (list && !inside)
        (void)column_list(dialect, select, out);
    return cc_strbuf_failed(out) ? -1 : 0;
}

int cc_from_sql(const struct cc_dialect *dialect,
                const struct cc_select *select, struct cc_strbuf *out)
{
    return select->source->table ? append_table(dialect, select->source, out)
                                 : append_derived(dialect, select, out);
}

struct reference_context
{
    const struct cc_dialect *dialect;
    const struct cc_select *select;
};

static int append_reference(void *context, struct cc_strbuf *out, size_t column)
{
    const struct reference_context *r = context;
    return cc_reference_sql(r->dialect, r->select, column, out);
}

static int box_sql(const struct cc_dialect *dialect,
                   const struct cc_select *select, struct cc_strbuf *out)
{
    if (!select->box || !dialect->box)
        return 1;
    struct cc_strbuf reference = CC_STRBUF_INIT;
    int status =
        cc_reference_sql(dialect, select, select->box_column, &reference);
    if (status == 0)
        status = dialect->box(out, &select->schema->columns[select->box_column],
                              cc_strbuf_text(&reference), select->box);
    cc_strbuf_free(&reference);
    return status;
}

static int filter_sql(const struct cc_dialect *dialect,
                      const struct cc_select *select, struct cc_strbuf *out,
                      bool *exact)
{
    *exact = true;
    if (!select->filter)
        return 0;
    struct reference_context context = {dialect, select};
    return cc_filter_sql(dialect, select->schema, select->filter,
                         append_reference, &context, out, exact);
}

int cc_where_sql(const struct cc_dialect *dialect,
                 const struct cc_select *select, struct cc_strbuf *out,
                 struct cc_select_result *result)
{
    struct cc_strbuf box = CC_STRBUF_INIT;
    struct cc_strbuf filter = CC_STRBUF_INIT;
    bool exact = true;
    int status = box_sql(dialect, select, &box);
    if (status >= 0)
        status = filter_sql(dialect, select, &filter, &exact);
    if (status == 0 && box.length > 0)
        status = cc_strbuf_printf(out, " WHERE %s", box.data);
    if (status == 0 && filter.length > 0)
        status = cc_strbuf_printf(
            out, box.length > 0 ? " AND (%s)" : " WHERE %s", filter.data);
    if (result)
        *result = (struct cc_select_result){false, exact};
    cc_strbuf_free(&box);
    cc_strbuf_free(&filter);
    return status;
}

static int append_item(const struct cc_dialect *dialect,
                       const struct cc_column *column, const char *reference,
                       struct cc_strbuf *out)
{
    return dialect->select_item ? dialect->select_item(out, column, reference)
                                : cc_strbuf_append(out, reference);
}

/* The select list. *plain is false when an item is more than its column, 1 is
 * returned when an item cannot be named. */
static int append_items(const struct cc_dialect *dialect,
                        const struct cc_select *select, struct cc_strbuf *out,
                        bool *plain)
{
    struct cc_strbuf reference = CC_STRBUF_INIT;
    size_t start = out->length;
    int status = 0;
    for (size_t i = 0; i < select->schema->count && status == 0; i++)
    {
        if (!cc_schema_wants(select->schema, select->wanted, i))
        {
            *plain = false;
            continue;
        }
        if (out->length > start)
            (void)cc_strbuf_append(out, ", ");
        cc_strbuf_clear(&reference);
        size_t mark = out->length;
        status = cc_reference_sql(dialect, select, i, &reference);
        if (status == 0)
            status = append_item(dialect, &select->schema->columns[i],
                                 cc_strbuf_text(&reference), out);
        *plain = *plain && out->length - mark == reference.length;
    }
    cc_strbuf_free(&reference);
    return status;
}

static int append_verbatim(const struct cc_dialect *dialect, const char *query,
                           struct cc_strbuf *out)
{
    bool unterminated;
    size_t length = cc_sql_trimmed_length(dialect, query, &unterminated);
    return cc_strbuf_append_n(out, query,
                              unterminated ? strlen(query) : length);
}

/* The statement of a source that wraps, or 1. */
static int append_select(const struct cc_dialect *dialect,
                         const struct cc_select *select, struct cc_strbuf *out,
                         struct cc_select_result *result)
{
    struct cc_strbuf items = CC_STRBUF_INIT;
    struct cc_strbuf where = CC_STRBUF_INIT;
    bool plain = true;
    int status = append_items(dialect, select, &items, &plain);
    if (status == 0)
        status = cc_where_sql(dialect, select, &where, result);
    if (status == 0 && plain && where.length == 0 && select->source->query &&
        !select->source->table)
        status = 1;
    if (status == 0)
    {
        (void)cc_strbuf_printf(out, "SELECT %s FROM ",
                               items.length > 0 ? items.data : "1");
        (void)cc_from_sql(dialect, select, out);
        status = cc_strbuf_append(out, cc_strbuf_text(&where));
    }
    cc_strbuf_free(&items);
    cc_strbuf_free(&where);
    return status;
}

int cc_select_sql(const struct cc_dialect *dialect,
                  const struct cc_select *select, struct cc_strbuf *out,
                  struct cc_select_result *result)
{
    struct cc_select_result ignored;
    if (!result)
        result = &ignored;
    int status = 1;
    if (cc_select_wraps(dialect, select))
        status = append_select(dialect, select, out, result);
    if (status == 1)
    {
        *result = (struct cc_select_result){true, select->filter == NULL};
        status = append_verbatim(dialect, select->source->query, out);
    }
    return status;
}

int cc_count_sql(const struct cc_dialect *dialect,
                 const struct cc_select *select, struct cc_strbuf *out,
                 struct cc_select_result *result)
{
    (void)cc_strbuf_append(out, "SELECT count(*) FROM ");
    CC_TRY(cc_from_sql(dialect, select, out));
    return cc_where_sql(dialect, select, out, result);
}
