/* SPDX-License-Identifier: MIT */
/* Filters' expressions in few words. */
#ifndef CC_FILTER_FIXTURE_H
#define CC_FILTER_FIXTURE_H

#include "cmocka_all.h"

#include "sql/filter.h"

static inline struct cc_expr *op(enum cc_operator operator, struct cc_expr * a,
                                 struct cc_expr *b, struct cc_expr *c)
{
    struct cc_expr *expr = cc_expr_new(operator);
    struct cc_expr *const args[] = {a, b, c};
    for (size_t i = 0; i < 3; i++)
    {
        if (args[i])
            assert_int_equal(cc_expr_add(expr, args[i]), 0);
    }
    return expr;
}

static inline struct cc_expr *col(size_t column)
{
    return cc_expr_column(column);
}

static inline struct cc_expr *str(const char *text)
{
    return cc_expr_string(text);
}

static inline struct cc_expr *num(int64_t value)
{
    return cc_expr_integer(value);
}

#endif
