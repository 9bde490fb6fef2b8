/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <stdlib.h>
#include <string.h>

struct cc_expr *cc_expr_new(enum cc_operator op)
{
    struct cc_expr *expr = calloc(1, sizeof *expr);
    if (expr)
        expr->op = op;
    return expr;
}

struct cc_expr *cc_expr_column(size_t column)
{
    struct cc_expr *expr = cc_expr_new(CC_OP_COLUMN);
    if (expr)
        expr->column = column;
    return expr;
}

struct cc_expr *cc_expr_integer(int64_t value)
{
    struct cc_expr *expr = cc_expr_new(CC_OP_INTEGER);
    if (expr)
        expr->integer = value;
    return expr;
}

struct cc_expr *cc_expr_real(double value)
{
    struct cc_expr *expr = cc_expr_new(CC_OP_REAL);
    if (expr)
        expr->real = value;
    return expr;
}

struct cc_expr *cc_expr_string(const char *value)
{
    struct cc_expr *expr = cc_expr_new(CC_OP_STRING);
    if (!expr)
        return NULL;
    expr->string = strdup(value);
    if (expr->string)
        return expr;
    cc_expr_free(expr);
    return NULL;
}

int cc_expr_add(struct cc_expr *expr, struct cc_expr *arg)
{
    if (!expr || !arg || expr->arg_count >= SIZE_MAX / sizeof *expr->args - 1)
    {
        cc_expr_free(arg);
        return -1;
    }
    struct cc_expr **args =
        realloc(expr->args, (expr->arg_count + 1) * sizeof *args);
    if (!args)
    {
        cc_expr_free(arg);
        return -1;
    }
    expr->args = args;
    expr->args[expr->arg_count++] = arg;
    return 0;
}

void cc_expr_free(struct cc_expr *expr)
{
    if (!expr)
        return;
    for (size_t i = 0; i < expr->arg_count; i++)
        cc_expr_free(expr->args[i]);
    free(expr->args);
    free(expr->string);
    free(expr);
}
