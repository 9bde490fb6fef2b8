/* SPDX-License-Identifier: MIT */
/*
 * Functions named *_sql here append to `out` and return 0, or return 1 with
 * nothing appended that the caller does not take back: not translatable; or
 * -1: out of memory.
 */
#include "datetime.h"
#include "dialect.h"

#include "column/text.h"

#include <math.h>
#include <string.h>

/* Deeper expressions are left to the caller. */
#define MAX_DEPTH 200
/* From here on a double does not tell neighbouring integers apart. */
#define EXACT_INTEGERS 9007199254740992.0
/* A decimal integer of so many digits fits 64 bits. */
#define SAFE_DIGITS 18

struct translation
{
    const struct cc_dialect *dialect;
    const struct cc_schema *schema;
    int (*reference)(void *context, struct cc_strbuf *out, size_t column);
    void *context;
};

/* What values are compared as. */
enum family
{
    FAMILY_NONE,
    FAMILY_NUMBER,
    FAMILY_BOOLEAN,
    FAMILY_TEXT,
    FAMILY_DATETIME
};

/* One comparison: its family, the column it is about, whether it orders. */
struct comparison
{
    enum family family;
    const struct cc_column *column;
    bool orders;
};

static void take_back(struct cc_strbuf *out, size_t length)
{
    out->length = length;
    if (out->data)
        out->data[length] = '\0';
}

static enum family column_family(const struct cc_column *column)
{
    if (column->skipped || column->is_geometry)
        return FAMILY_NONE;
    switch (column->type)
    {
        case CC_OUT_INT16:
        case CC_OUT_INT32:
        case CC_OUT_INT64:
        case CC_OUT_FLOAT32:
        case CC_OUT_FLOAT64:
            return FAMILY_NUMBER;
        case CC_OUT_BOOLEAN:
            return FAMILY_BOOLEAN;
        case CC_OUT_STRING:
            return FAMILY_TEXT;
        case CC_OUT_DATE:
        case CC_OUT_TIME:
        case CC_OUT_TIMESTAMP:
        case CC_OUT_TIMESTAMPTZ:
            return FAMILY_DATETIME;
        case CC_OUT_BINARY:
        case CC_OUT_GEOMETRY:
            return FAMILY_NONE;
    }
    return FAMILY_NONE;
}

static const struct cc_column *column_of(const struct translation *t,
                                         const struct cc_expr *expr)
{
    return expr->op == CC_OP_COLUMN && expr->column < t->schema->count
               ? &t->schema->columns[expr->column]
               : NULL;
}

static int fold_sql(const struct translation *t, const struct comparison *c,
                    const struct cc_column *column, const char *expression,
                    struct cc_strbuf *out)
{
    int (*fold)(struct cc_strbuf *, const struct cc_column *, const char *) =
        c->orders ? t->dialect->by_bytes : t->dialect->fold_case;
    return fold ? fold(out, column, expression) : 1;
}

static int column_sql(const struct translation *t, const struct comparison *c,
                      const struct cc_expr *expr, struct cc_strbuf *out)
{
    const struct cc_column *column = column_of(t, expr);
    if (!column || column_family(column) != c->family)
        return 1;
    if (c->family == FAMILY_DATETIME && column->type != c->column->type)
        return 1;
    if (c->family != FAMILY_TEXT)
        return t->reference(t->context, out, expr->column);

    struct cc_strbuf reference = CC_STRBUF_INIT;
    int status = t->reference(t->context, &reference, expr->column);
    if (status == 0)
        status = fold_sql(t, c, column, cc_strbuf_text(&reference), out);
    cc_strbuf_free(&reference);
    return status;
}

static int integer_sql(const struct translation *t, const struct comparison *c,
                       int64_t value, struct cc_strbuf *out)
{
    if (c->family == FAMILY_BOOLEAN && (value == 0 || value == 1))
    {
        if (t->dialect->boolean_literal)
            return t->dialect->boolean_literal(out, c->column, value == 1);
    }
    else if (c->family != FAMILY_NUMBER)
        return 1;
    return cc_strbuf_printf(out, "%lld", (long long)value);
}

static int real_sql(const struct comparison *c, double value,
                    struct cc_strbuf *out)
{
    if (c->family != FAMILY_NUMBER || !isfinite(value))
        return 1;
    if (c->column->type == CC_OUT_INT64 && fabs(value) >= EXACT_INTEGERS)
        return 1;
    return cc_sql_real(out, value);
}

/* A server refuses a statement that is not in its encoding. */
static bool is_utf8(const char *text)
{
    size_t size = strlen(text);
    return cc_utf8_valid_prefix(text, size) == size;
}

static int text_sql(const struct translation *t, const struct comparison *c,
                    const char *text, struct cc_strbuf *out)
{
    if (!t->dialect->string_literal || !is_utf8(text))
        return 1;
    struct cc_strbuf literal = CC_STRBUF_INIT;
    int status = t->dialect->string_literal(&literal, text);
    if (status == 0)
        status = fold_sql(t, c, c->column, cc_strbuf_text(&literal), out);
    cc_strbuf_free(&literal);
    return status;
}

/* OGR compares a number with the number that a string spells. */
static int digits_sql(const char *text, struct cc_strbuf *out)
{
    size_t sign = *text == '-' ? 1 : 0;
    size_t digits = strspn(text + sign, "0123456789");
    if (digits < 1 || digits > SAFE_DIGITS || text[sign + digits] != '\0')
        return 1;
    return cc_strbuf_append(out, text);
}

static int string_sql(const struct translation *t, const struct comparison *c,
                      const char *text, struct cc_strbuf *out)
{
    char iso[CC_DATETIME_SIZE];
    switch (c->family)
    {
        case FAMILY_TEXT:
            return text_sql(t, c, text, out);
        case FAMILY_NUMBER:
            return digits_sql(text, out);
        case FAMILY_DATETIME:
            if (!t->dialect->datetime_literal ||
                cc_sql_datetime(c->column->type, text, iso) != 0)
                return 1;
            return t->dialect->datetime_literal(out, c->column, iso);
        case FAMILY_BOOLEAN:
        case FAMILY_NONE:
            return 1;
    }
    return 1;
}

static int operand_sql(const struct translation *t, const struct comparison *c,
                       const struct cc_expr *expr, struct cc_strbuf *out)
{
    switch (expr->op)
    {
        case CC_OP_COLUMN:
            return column_sql(t, c, expr, out);
        case CC_OP_INTEGER:
            return integer_sql(t, c, expr->integer, out);
        case CC_OP_REAL:
            return real_sql(c, expr->real, out);
        case CC_OP_STRING:
            return string_sql(t, c, expr->string, out);
        default:
            return 1;
    }
}

/* The comparison `expr` makes, by the first column among its arguments. */
static struct comparison comparison_of(const struct translation *t,
                                       const struct cc_expr *expr)
{
    struct comparison c = {FAMILY_NONE, NULL, true};
    for (size_t i = 0; i < expr->arg_count && !c.column; i++)
        c.column = column_of(t, expr->args[i]);
    if (c.column)
        c.family = column_family(c.column);
    c.orders =
        expr->op != CC_OP_EQ && expr->op != CC_OP_NE && expr->op != CC_OP_IN;
    if (c.family == FAMILY_BOOLEAN && c.orders)
        c.family = FAMILY_NONE;
    return c;
}

/* The arguments [first, last) between separators. */
static int operands_sql(const struct translation *t, const struct comparison *c,
                        const struct cc_expr *expr, size_t first, size_t last,
                        const char *separator, struct cc_strbuf *out)
{
    if (c->family == FAMILY_NONE || last > expr->arg_count)
        return 1;
    for (size_t i = first; i < last; i++)
    {
        if (i > first && cc_strbuf_append(out, separator) != 0)
            return -1;
        int status = operand_sql(t, c, expr->args[i], out);
        if (status != 0)
            return status;
    }
    return 0;
}

static const char *operator_text(enum cc_operator op)
{
    switch (op)
    {
        case CC_OP_EQ:
            return " = ";
        case CC_OP_NE:
            return " <> ";
        case CC_OP_LT:
            return " < ";
        case CC_OP_LE:
            return " <= ";
        case CC_OP_GT:
            return " > ";
        default:
            return " >= ";
    }
}

static int in_sql(const struct translation *t, const struct comparison *c,
                  const struct cc_expr *expr, struct cc_strbuf *out)
{
    int status = operands_sql(t, c, expr, 0, 1, "", out);
    if (status != 0 || expr->arg_count < 2)
        return status != 0 ? status : 1;
    (void)cc_strbuf_append(out, " IN (");
    status = operands_sql(t, c, expr, 1, expr->arg_count, ", ", out);
    return status != 0 ? status : cc_strbuf_append(out, ")");
}

static int between_sql(const struct translation *t, const struct comparison *c,
                       const struct cc_expr *expr, struct cc_strbuf *out)
{
    int status = operands_sql(t, c, expr, 0, 1, "", out);
    if (status != 0)
        return status;
    (void)cc_strbuf_append(out, " BETWEEN ");
    return operands_sql(t, c, expr, 1, 3, " AND ", out);
}

/* One ASCII character, 0 for none; false when it is anything else. */
static bool escape_of(const struct cc_expr *expr, char *escape)
{
    *escape = 0;
    if (expr->arg_count < 3)
        return true;
    if (expr->args[2]->op != CC_OP_STRING)
        return false;
    const char *text = expr->args[2]->string;
    *escape = text[0];
    return text[0] > 0 && text[1] == '\0' && !strchr("%_", text[0]);
}

static int like_sql(const struct translation *t, const struct comparison *c,
                    const struct cc_expr *expr, struct cc_strbuf *out)
{
    char escape;
    if (!t->dialect->like || c->family != FAMILY_TEXT || expr->arg_count < 2 ||
        expr->args[0]->op != CC_OP_COLUMN ||
        expr->args[1]->op != CC_OP_STRING || !is_utf8(expr->args[1]->string) ||
        !escape_of(expr, &escape))
        return 1;
    struct cc_strbuf reference = CC_STRBUF_INIT;
    int status = t->reference(t->context, &reference, expr->args[0]->column);
    if (status == 0)
        status = t->dialect->like(out, c->column, cc_strbuf_text(&reference),
                                  expr->args[1]->string, escape,
                                  expr->op == CC_OP_ILIKE);
    cc_strbuf_free(&reference);
    return status;
}

static int null_sql(const struct translation *t, const struct cc_expr *expr,
                    struct cc_strbuf *out)
{
    if (expr->arg_count != 1 || !column_of(t, expr->args[0]))
        return 1;
    int status = t->reference(t->context, out, expr->args[0]->column);
    return status != 0 ? status : cc_strbuf_append(out, " IS NULL");
}

/* A boolean column as a condition. */
static int flag_sql(const struct translation *t, const struct cc_expr *expr,
                    struct cc_strbuf *out)
{
    const struct cc_column *column = column_of(t, expr);
    if (!column || column_family(column) != FAMILY_BOOLEAN)
        return 1;
    struct comparison c = {FAMILY_BOOLEAN, column, false};
    int status = t->reference(t->context, out, expr->column);
    if (status != 0 || cc_strbuf_append(out, " = ") != 0)
        return status != 0 ? status : -1;
    return integer_sql(t, &c, 1, out);
}

static int leaf_sql(const struct translation *t, const struct cc_expr *expr,
                    struct cc_strbuf *out)
{
    struct comparison c = comparison_of(t, expr);
    switch (expr->op)
    {
        case CC_OP_EQ:
        case CC_OP_NE:
        case CC_OP_LT:
        case CC_OP_LE:
        case CC_OP_GT:
        case CC_OP_GE:
            return operands_sql(t, &c, expr, 0, 2, operator_text(expr->op),
                                out);
        case CC_OP_LIKE:
        case CC_OP_ILIKE:
            return like_sql(t, &c, expr, out);
        case CC_OP_IN:
            return in_sql(t, &c, expr, out);
        case CC_OP_BETWEEN:
            return between_sql(t, &c, expr, out);
        case CC_OP_IS_NULL:
            return null_sql(t, expr, out);
        case CC_OP_COLUMN:
            return flag_sql(t, expr, out);
        default:
            return 1;
    }
}

static int condition_sql(const struct translation *t,
                         const struct cc_expr *expr, bool negated, int depth,
                         struct cc_strbuf *out, bool *exact);

/*
 * AND may lose terms and still select a superset, OR may not. A negation has
 * been moved to the terms, where AND and OR change places: a superset of a
 * negated junction is no negation of a superset.
 */
static int junction_sql(const struct translation *t, const struct cc_expr *expr,
                        bool negated, int depth, struct cc_strbuf *out,
                        bool *exact)
{
    bool conjunction = (expr->op == CC_OP_AND) != negated;
    size_t terms = 0;
    for (size_t i = 0; i < expr->arg_count; i++)
    {
        size_t mark = out->length;
        (void)cc_strbuf_append(out, terms == 0    ? "("
                                    : conjunction ? " AND ("
                                                  : " OR (");
        int status =
            condition_sql(t, expr->args[i], negated, depth, out, exact);
        if (status < 0 || (status > 0 && !conjunction))
            return status;
        if (status > 0)
        {
            take_back(out, mark);
            *exact = false;
            continue;
        }
        CC_TRY(cc_strbuf_append_char(out, ')'));
        terms++;
    }
    return terms > 0 ? 0 : 1;
}

static int negation_sql(const struct translation *t, const struct cc_expr *expr,
                        struct cc_strbuf *out)
{
    (void)cc_strbuf_append(out, "NOT (");
    int status = leaf_sql(t, expr, out);
    return status != 0 ? status : cc_strbuf_append_char(out, ')');
}

static int condition_sql(const struct translation *t,
                         const struct cc_expr *expr, bool negated, int depth,
                         struct cc_strbuf *out, bool *exact)
{
    if (depth > MAX_DEPTH)
        return 1;
    if (expr->op == CC_OP_NOT)
        return expr->arg_count == 1 ? condition_sql(t, expr->args[0], !negated,
                                                    depth + 1, out, exact)
                                    : 1;
    if (expr->op == CC_OP_AND || expr->op == CC_OP_OR)
        return junction_sql(t, expr, negated, depth + 1, out, exact);
    return negated ? negation_sql(t, expr, out) : leaf_sql(t, expr, out);
}

int cc_filter_sql(const struct cc_dialect *dialect,
                  const struct cc_schema *schema, const struct cc_expr *expr,
                  int (*reference)(void *context, struct cc_strbuf *out,
                                   size_t column),
                  void *context, struct cc_strbuf *out, bool *exact)
{
    const struct translation t = {dialect, schema, reference, context};
    size_t mark = out->length;
    *exact = true;
    int status = condition_sql(&t, expr, false, 0, out, exact);
    if (status < 0 || cc_strbuf_failed(out))
        return -1;
    if (status > 0)
    {
        take_back(out, mark);
        *exact = false;
    }
    return 0;
}
