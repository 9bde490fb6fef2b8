/* SPDX-License-Identifier: MIT */
/*
 * Filter expressions, neutral of GDAL and of any SQL dialect, and their
 * translation to SQL.
 *
 * The semantics are OGR SQL's (GDAL "OGR SQL dialect"): comparison of strings
 * ignores ASCII case, and orders the bytes of what is left; LIKE is
 * case-sensitive, ILIKE ignores ASCII case. Where OGR's evaluation and SQL
 * differ, SQL is followed: NOT of a comparison with NULL selects nothing, "_"
 * matches a character and not a byte, trailing blanks of char(n) do not
 * matter, dates compare as dates however they are written, and a value that
 * could not be delivered is still the server's value.
 */
#ifndef CC_SQL_FILTER_H
#define CC_SQL_FILTER_H

#include "column/geometry.h"
#include "column/schema.h"
#include "connector/strbuf.h"

#ifdef __cplusplus
extern "C"
{
#endif

enum cc_operator
{
    CC_OP_AND, /* two or more arguments */
    CC_OP_OR,
    CC_OP_NOT, /* one */
    CC_OP_EQ,  /* two */
    CC_OP_NE,
    CC_OP_LT,
    CC_OP_LE,
    CC_OP_GT,
    CC_OP_GE,
    CC_OP_LIKE, /* column, pattern, optional escape string */
    CC_OP_ILIKE,
    CC_OP_IN,      /* value, then one or more */
    CC_OP_BETWEEN, /* value, low, high */
    CC_OP_IS_NULL, /* one */
    CC_OP_COLUMN,  /* leaf: `column` */
    CC_OP_INTEGER, /* leaf: `integer` */
    CC_OP_REAL,    /* leaf: `real` */
    CC_OP_STRING,  /* leaf: `string` */
    CC_OP_NULL,    /* leaf */
    CC_OP_OTHER    /* leaf: not translatable (a function, arithmetic) */
};

struct cc_expr
{
    enum cc_operator op;
    size_t column; /* index into the schema */
    int64_t integer;
    double real;
    char *string;
    struct cc_expr **args; /* owned */
    size_t arg_count;
};

/* NULL when out of memory. */
struct cc_expr *cc_expr_new(enum cc_operator op);
struct cc_expr *cc_expr_column(size_t column);
struct cc_expr *cc_expr_integer(int64_t value);
struct cc_expr *cc_expr_real(double value);
struct cc_expr *cc_expr_string(const char *value);
/* Takes `arg` over, also on failure. 0, or -1 when out of memory. A NULL
 * `arg` is a failure, so constructors may be nested. */
int cc_expr_add(struct cc_expr *expr, struct cc_expr *arg);
void cc_expr_free(struct cc_expr *expr);

struct cc_dialect;

/*
 * Appends the SQL of the largest part of `expr` that selects at least every
 * row `expr` selects (a superset). *exact tells whether it selects no other
 * row, so that nothing is left to evaluate here. Nothing is appended, and
 * *exact is false, when no part can be translated. `reference` appends the SQL
 * reference of a column (a quoted name, an alias).
 */
int cc_filter_sql(const struct cc_dialect *dialect,
                  const struct cc_schema *schema, const struct cc_expr *expr,
                  int (*reference)(void *context, struct cc_strbuf *out,
                                   size_t column),
                  void *context, struct cc_strbuf *out, bool *exact);

#ifdef __cplusplus
}
#endif

#endif
