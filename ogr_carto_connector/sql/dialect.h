/* SPDX-License-Identifier: MIT */
/*
 * SQL dialects: how a provider's server spells the few things this project
 * ever writes in SQL.
 */
#ifndef CC_SQL_DIALECT_H
#define CC_SQL_DIALECT_H

#include "sql/filter.h"

#ifdef __cplusplus
extern "C"
{
#endif

    /* Every function appends to `out` and returns 0 or -1 (out of memory), unless
 * said otherwise. All are pure and thread-safe. */
    struct cc_dialect
    {
        const char *name;
        char quote_open; /* of identifiers; doubled inside */
        char quote_close;

        /* FROM (query) AS t (c1, c2, ...) names the columns of any query, also
     * when names repeat or are empty. */
        bool derived_column_list;

        /* WITH name (c1, ...) AS (...) SELECT ... */
        bool with_column_list;

        /* A string literal, quotes included. */
        int (*string_literal)(struct cc_strbuf *out, const char *text);

        /* A column in a select list, such that its wire form is one the provider
     * reads: the reference itself, or a cast of it. NULL: the reference. */
        int (*select_item)(struct cc_strbuf *out,
                           const struct cc_column *column,
                           const char *reference);

        /*
     * Text for comparison in OGR's terms: `reference` (or, when column is
     * NULL, a string literal) folded for case-insensitive equality, or made
     * to compare by bytes. Return 1, having appended nothing, where the server
     * cannot do so exactly.
     */
        int (*fold_case)(struct cc_strbuf *out, const struct cc_column *column,
                         const char *reference);
        int (*by_bytes)(struct cc_strbuf *out, const struct cc_column *column,
                        const char *reference);

        /* reference [NOT] LIKE / ILIKE pattern, case-sensitive or ASCII-folding;
     * 1 where not exactly expressible. `escape` is one character or 0. NULL:
     * never expressible. */
        int (*like)(struct cc_strbuf *out, const struct cc_column *column,
                    const char *reference, const char *pattern, char escape,
                    bool ignore_case);

        /* A literal of CC_OUT_DATE, TIME or TIMESTAMP[TZ] from ISO text; 1 where
     * not expressible. */
        int (*datetime_literal)(struct cc_strbuf *out,
                                const struct cc_column *column,
                                const char *iso);

        /* A superset condition: the geometry's box meets `box`, finite and in the
     * column's SRID. 1, having appended nothing, where that cannot be said.
     * NULL: never. */
        int (*box)(struct cc_strbuf *out, const struct cc_column *column,
                   const char *reference, const struct cc_box *box);
    };

    /* Appends `name` quoted as an identifier. */
    int cc_sql_identifier(const struct cc_dialect *dialect,
                          struct cc_strbuf *out, const char *name);

    /* 'text' with quotes doubled, for dialects whose only special character in a
 * string literal is the quote. */
    int cc_sql_string_standard(struct cc_strbuf *out, const char *text);

    /* Where the rows come from. Borrowed strings; NULL where not used. */
    struct cc_source
    {
        const char *project; /* bigquery */
        const char *schema;  /* schema, or bigquery's dataset */
        const char *table;   /* NULL: `query` */
        const char *query;   /* the user's SQL, verbatim */
    };

    /* One read of a source. */
    struct cc_select
    {
        const struct cc_source *source;
        const struct cc_schema *schema;
        const bool *wanted; /* by schema column; NULL: all not skipped */
        const struct cc_expr *filter; /* NULL: none */
        const struct cc_box *box;     /* NULL: none */
        size_t box_column; /* schema index of the geometry of `box` */
    };

    /* What SQL makes of a select. */
    struct cc_select_result
    {
        bool verbatim;     /* the user's query itself, untouched */
        bool filter_exact; /* nothing of `filter` is left to evaluate */
    };

    /*
 * Appends the statement: for a table the wanted columns by name; for a query
 * the query itself when every column is wanted as it comes and nothing is
 * filtered, else a select around it. Trailing semicolons and comments of the
 * query do not matter. Sets *result (may be NULL).
 */
    int cc_select_sql(const struct cc_dialect *dialect,
                      const struct cc_select *select, struct cc_strbuf *out,
                      struct cc_select_result *result);

    /* SELECT count(*) of the same rows. Sets *result as above; the count is only
 * exact when the filter is and there is no box. */
    int cc_count_sql(const struct cc_dialect *dialect,
                     const struct cc_select *select, struct cc_strbuf *out,
                     struct cc_select_result *result);

    /* The FROM clause's operand: "schema"."table", or (query) AS alias. */
    int cc_from_sql(const struct cc_dialect *dialect,
                    const struct cc_select *select, struct cc_strbuf *out);

    /* " WHERE ..." of filter and box, or nothing. */
    int cc_where_sql(const struct cc_dialect *dialect,
                     const struct cc_select *select, struct cc_strbuf *out,
                     struct cc_select_result *result);

    /* The reference of schema column `column` in such a statement. */
    int cc_reference_sql(const struct cc_dialect *dialect,
                         const struct cc_select *select, size_t column,
                         struct cc_strbuf *out);

    /*
 * Lexing just deep enough to be safe: the length of `sql` without trailing
 * white space, semicolons and comments; *unterminated when a quote or comment
 * is left open. Understands '..', "..", `..`, [..], $tag$..$tag$, --, #, C
 * comments, as the dialect has them.
 */
    size_t cc_sql_trimmed_length(const struct cc_dialect *dialect,
                                 const char *sql, bool *unterminated);

    /* Whether identifier `name` (quoted or, ignoring case, bare) occurs in `sql`
 * outside strings and comments. */
    bool cc_sql_mentions(const struct cc_dialect *dialect, const char *sql,
                         const char *name);

    /* A relation a statement may name: a layer of the dataset. */
    struct cc_relation
    {
        const char *name;               /* the layer's name */
        const struct cc_select *select; /* all its columns */
    };

    /*
 * Appends `sql` with those `relations` that it mentions defined in front of it
 * (WITH "name" AS (...)), so that layers can be named in SQL whatever their
 * source; merged into a WITH the statement begins with. Verbatim when it
 * mentions none or does not begin with SELECT or WITH.
 */
    int cc_sql_with_relations(const struct cc_dialect *dialect, const char *sql,
                              const struct cc_relation *relations, size_t count,
                              struct cc_strbuf *out);

#ifdef __cplusplus
}
#endif

#endif
