/* SPDX-License-Identifier: MIT */
/*
 * Appends of numbers and booleans.
 */
#include "append.h"
#include "decimal.h"
#include "number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_floating(enum cc_type type)
{
    return type == CC_OUT_FLOAT64 || type == CC_OUT_FLOAT32;
}

static bool is_integer(enum cc_type type)
{
    return type == CC_OUT_INT64 || type == CC_OUT_INT32 || type == CC_OUT_INT16;
}

/* ---- into one type ---- */

static void append_boolean(struct cc_builder *builder, bool value)
{
    if (value)
        cc_set_bit(builder->values, builder->length, true);
    builder->length++;
}

static void append_floating(struct cc_builder *builder, double value)
{
    size_t at = builder->length++;
    if (builder->type == CC_OUT_FLOAT64)
        ((double *)builder->values)[at] = value;
    else
        ((float *)builder->values)[at] = (float)value;
}

static void lost_integer(struct cc_builder *builder, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    cc_builder_lost(builder, CC_LOSS_RANGE, text);
}

static void append_integer(struct cc_builder *builder, int64_t value)
{
    size_t at = builder->length;
    if (builder->type == CC_OUT_INT64)
        ((int64_t *)builder->values)[at] = value;
    else if (builder->type == CC_OUT_INT32 && value == (int32_t)value)
        ((int32_t *)builder->values)[at] = (int32_t)value;
    else if (builder->type == CC_OUT_INT16 && value == (int16_t)value)
        ((int16_t *)builder->values)[at] = (int16_t)value;
    else
    {
        lost_integer(builder, value);
        return;
    }
    builder->length++;
}

/* ---- binary numbers ---- */

int cc_builder_int64_slow(struct cc_builder *builder, int64_t value,
                          struct cc_error *error)
{
    if (is_integer(builder->type))
        append_integer(builder, value);
    else if (builder->type == CC_OUT_BOOLEAN)
        append_boolean(builder, value != 0);
    else if (is_floating(builder->type))
        return cc_builder_decimal64(builder, value, 0, error);
    else if (builder->type == CC_OUT_STRING)
    {
        char text[24];
        int size = snprintf(text, sizeof text, "%" PRId64, value);
        return cc_append_variable(builder, text, (size_t)size, error);
    }
    else
        return cc_append_mismatch(builder, "integer", error);
    return 0;
}

int cc_builder_uint64(struct cc_builder *builder, uint64_t value,
                      struct cc_error *error)
{
    if (value <= INT64_MAX)
        return cc_builder_int64(builder, (int64_t)value, error);
    char text[24];
    int size = snprintf(text, sizeof text, "%" PRIu64, value);
    return cc_builder_decimal(builder, text, (size_t)size, error);
}

int cc_builder_double_slow(struct cc_builder *builder, double value,
                           struct cc_error *error)
{
    if (is_floating(builder->type))
    {
        append_floating(builder, value);
        return 0;
    }
    char text[CC_DOUBLE_TEXT_SIZE];
    size_t size = cc_double_format(value, text);
    return cc_builder_decimal(builder, text, size, error);
}

/* ---- decimals ---- */

/* Digits beyond a double's are the server's own only in its decimals: the text
 * of a binary floating point number may have more of them than it means. */
static void append_decimal_double(struct cc_builder *builder,
                                  const struct cc_decimal *decimal,
                                  const char *text, size_t size)
{
    bool exact = builder->column->kind == CC_KIND_DECIMAL;
    bool held = true;
    double value =
        cc_decimal_to_double(decimal, text, size, exact ? &held : NULL);
    if (isinf(value) && decimal->form == CC_DECIMAL_FINITE)
    {
        cc_append_lost(builder, CC_LOSS_RANGE, text, size);
        return;
    }
    if (!held)
        cc_append_note(builder, CC_LOSS_PRECISION, text, size);
    append_floating(builder, value);
}

static int append_decimal(struct cc_builder *builder,
                          const struct cc_decimal *decimal, const char *text,
                          size_t size, struct cc_error *error)
{
    int64_t integer;
    if (is_floating(builder->type))
        append_decimal_double(builder, decimal, text, size);
    else if (builder->type == CC_OUT_BOOLEAN)
        append_boolean(builder, decimal->digits > 0);
    else if (!is_integer(builder->type))
        return cc_append_mismatch(builder, "decimal", error);
    else if (cc_decimal_to_int64(decimal, &integer))
        append_integer(builder, integer);
    else
        cc_append_lost(builder, CC_LOSS_RANGE, text, size);
    return 0;
}

int cc_builder_decimal(struct cc_builder *builder, const char *text,
                       size_t size, struct cc_error *error)
{
    if (builder->type == CC_OUT_STRING)
        return cc_append_variable(builder, text, size, error);
    struct cc_decimal decimal;
    if (!cc_decimal_parse(text, size, &decimal))
        return cc_append_unreadable(builder, text, size, error);
    return append_decimal(builder, &decimal, text, size, error);
}

int cc_builder_decimal64(struct cc_builder *builder, int64_t unscaled,
                         int scale, struct cc_error *error)
{
    /* One division of two exact doubles is correctly rounded. */
    if (builder->type == CC_OUT_FLOAT64 && scale <= CC_NUMBER_EXACT_POWER &&
        unscaled > -CC_DOUBLE_DIGITS_LIMIT && unscaled < CC_DOUBLE_DIGITS_LIMIT)
    {
        ((double *)builder->values)[builder->length++] =
            (double)unscaled / cc_number_powers[scale];
        return 0;
    }
    if (scale == 0 && !is_floating(builder->type))
        return cc_builder_int64(builder, unscaled, error);
    char text[CC_DECIMAL64_TEXT_SIZE];
    size_t size = cc_decimal64_format(unscaled, scale, text);
    return cc_builder_decimal(builder, text, size, error);
}

/* ---- booleans ---- */

int cc_append_boolean_text(struct cc_builder *builder, const char *text,
                           size_t size, struct cc_error *error)
{
    static const struct
    {
        const char *word;
        bool value;
    } words[] = {{"t", true},   {"f", false},  {"true", true}, {"false", false},
                 {"1", true},   {"0", false},  {"y", true},    {"n", false},
                 {"yes", true}, {"no", false}, {"on", true},   {"off", false}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    {
        if (strlen(words[i].word) == size &&
            cc_ascii_equal(text, words[i].word, size))
        {
            append_boolean(builder, words[i].value);
            return 0;
        }
    }
    return cc_append_unreadable(builder, text, size, error);
}
