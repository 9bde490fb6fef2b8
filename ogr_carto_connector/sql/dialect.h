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

/* What the lexer has to know of a dialect beyond '..', "..", -- and C
 * comments. */
enum cc_lexical
{
    CC_LEX_BACKSLASH = 1,      /* \ escapes inside quotes */
    CC_LEX_ESCAPE_STRING = 2,  /* E'..' with \ escapes */
    CC_LEX_DOUBLE_STRING = 4,  /* ".." is a string, no identifier */
    CC_LEX_BACKTICK = 8,       /* `..` is an identifier */
    CC_LEX_BRACKET = 16,       /* [..] is an identifier */
    CC_LEX_DOLLAR = 32,        /* $tag$..$tag$ is a string */
    CC_LEX_HASH = 64,          /* # begins a comment */
    CC_LEX_SLASHES = 128,      /* two slashes begin a comment */
    CC_LEX_NESTED = 256,       /* C comments nest */
    CC_LEX_DASHES_SPACE = 512, /* -- begins one only before white space */
    CC_LEX_TRIPLE = 1024       /* three quotes as one, r'..' raw */
};

/* Every function appends to `out` and returns 0 or -1 (out of memory), unless
 * said otherwise. All are pure and thread-safe. */
struct cc_dialect
{
    const char *name;
    char quote_open; /* of identifiers; doubled inside */
    char quote_close;
    unsigned lexical; /* of enum cc_lexical */

    /* FROM (query) AS t (c1, c2, ...) names the columns of any query, also
     * when names repeat or are empty. */
    bool derived_column_list;

    /* WITH name (c1, ...) AS (...) SELECT ... */
    bool with_column_list;

    /* Whether a query that begins with SELECT, WITH, VALUES, TABLE, FROM or
     * a parenthesis may stand in FROM (...). NULL: always. */
    bool (*can_wrap)(const char *query, size_t length);

    /* Whether the server made a column's name up for want of one: a statement
     * around the query cannot refer to the column by it. NULL: never. */
    bool (*is_made_up)(const char *name);

    /* A string literal, quotes included. */
    int (*string_literal)(struct cc_strbuf *out, const char *text);

    /* A column in a select list, such that its wire form is one the provider
     * reads: the reference itself, or a cast of it. NULL: the reference. */
    int (*select_item)(struct cc_strbuf *out, const struct cc_column *column,
                       const char *reference);

    /*
     * Text for comparison in OGR's terms. `expression` is the reference of
     * `column` or a string literal that is compared with it. fold_case: equal
     * when the texts are but for the case of ASCII letters; by_bytes: ordered
     * by the bytes of the UTF-8 text so folded. Return 1, having appended
     * nothing, where the server cannot do so exactly; NULL: never.
     */
    int (*fold_case)(struct cc_strbuf *out, const struct cc_column *column,
                     const char *expression);
    int (*by_bytes)(struct cc_strbuf *out, const struct cc_column *column,
                    const char *expression);

    /* The literal a column delivered as CC_OUT_BOOLEAN is compared with.
     * NULL: 1 and 0. */
    int (*boolean_literal)(struct cc_strbuf *out,
                           const struct cc_column *column, bool value);

    /* reference LIKE pattern, case-sensitive or ASCII-folding; 1 where not
     * exactly expressible. `escape` is one character or 0: none, a backslash
     * is a character like any other then. NULL: never expressible. */
    int (*like)(struct cc_strbuf *out, const struct cc_column *column,
                const char *reference, const char *pattern, char escape,
                bool ignore_case);

    /* A literal for comparison with a column delivered as CC_OUT_DATE, TIME or
     * TIMESTAMP[TZ]. `iso` is "2024-02-29", "23:59:59.5" or "2024-02-29
     * 23:59:59.5", for TIMESTAMPTZ with an offset appended: "+00:00". 1
     * where not expressible; NULL: never. */
    int (*datetime_literal)(struct cc_strbuf *out,
                            const struct cc_column *column, const char *iso);

    /* A superset condition: the geometry's box meets `box`, finite and in the
     * column's SRID. 1, having appended nothing, where that cannot be said.
     * NULL: never. */
    int (*box)(struct cc_strbuf *out, const struct cc_column *column,
               const char *reference, const struct cc_box *box);
};

/* Appends `name` quoted as an identifier. */
int cc_sql_identifier(const struct cc_dialect *dialect, struct cc_strbuf *out,
                      const char *name);

/* 'text' with quotes doubled, for dialects whose only special character in a
 * string literal is the quote. */
int cc_sql_string_standard(struct cc_strbuf *out, const char *text);

/* The shortest decimal text that reads back as `value`, which is finite;
 * independent of the locale. */
int cc_sql_real(struct cc_strbuf *out, double value);

/* TRUE or FALSE: a boolean_literal. */
int cc_sql_boolean(struct cc_strbuf *out, const struct cc_column *column,
                   bool value);

/* The expression with its ASCII letters in lower case, and no others: lower()
 * would fold what is no ASCII as well. */
int cc_sql_fold_ascii(struct cc_strbuf *out, const char *expression);

/* Where the rows come from. Borrowed strings; NULL where not used. */
struct cc_source
{
    const char *project; /* bigquery */
    const char *schema;  /* schema, or bigquery's dataset */
    const char *table;   /* NULL: `query` */
    const char *query;   /* the user's SQL, verbatim */
};

/* One read of a source. The schema is resolved. */
struct cc_select
{
    const struct cc_source *source;
    const struct cc_schema *schema;
    const bool *wanted;           /* by schema column; NULL: all not skipped */
    const struct cc_expr *filter; /* NULL: none */
    const struct cc_box *box;     /* NULL: none */
    size_t box_column;            /* schema index of the geometry of `box` */
};

/* What SQL makes of a select. */
struct cc_select_result
{
    bool verbatim;     /* the user's query itself, untouched */
    bool filter_exact; /* nothing of `filter` is left to evaluate */
};

/*
 * Appends the statement: for a table the wanted columns by name, in the order
 * of the schema (a 1 when none is wanted); for a query the query itself when
 * every column is wanted as it comes and nothing is filtered, or when nothing
 * can be put around it, else a select around it. Trailing semicolons and
 * comments of the query are dropped. Sets *result (may be NULL): a verbatim
 * query delivers all its columns, wanted or not.
 */
int cc_select_sql(const struct cc_dialect *dialect,
                  const struct cc_select *select, struct cc_strbuf *out,
                  struct cc_select_result *result);

/* Whether a statement can be put around the source: not around SHOW. */
bool cc_select_wraps(const struct cc_dialect *dialect,
                     const struct cc_select *select);

/* SELECT count(*) of the same rows; the source must wrap. Sets *result as above; the count is only
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

/* The reference of schema column `column` in such a statement. 1, having
 * appended nothing, where it has none: a query's column whose name is empty or
 * repeated, in a dialect that cannot name columns. */
int cc_reference_sql(const struct cc_dialect *dialect,
                     const struct cc_select *select, size_t column,
                     struct cc_strbuf *out);

/*
 * Lexing just deep enough to be safe: the length of `sql` without trailing
 * white space, semicolons and comments; *unterminated when a quote or comment
 * is left open. Understands '..', "..", `..`, [..], $tag$..$tag$, --, #, C
 * comments, as the dialect has them.
 */
size_t cc_sql_trimmed_length(const struct cc_dialect *dialect, const char *sql,
                             bool *unterminated);

/* The first word of `sql` in upper case, "(" for a parenthesis, "" for
 * anything else (or a word that does not fit). */
void cc_sql_first_word(const struct cc_dialect *dialect, const char *sql,
                       char *out, size_t size);

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
 * source, by their remote column names; merged into a WITH the statement
 * begins with. Verbatim when it mentions none or does not begin with SELECT or
 * WITH.
 */
int cc_sql_with_relations(const struct cc_dialect *dialect, const char *sql,
                          const struct cc_relation *relations, size_t count,
                          struct cc_strbuf *out);

#ifdef __cplusplus
}
#endif

#endif
