/* SPDX-License-Identifier: MIT */
#include "bigquery.h"

#include "column/datetime.h"
#include "column/decimal.h"
#include "wire/base64.h"

#include <stdio.h>
#include <string.h>

static const void *data_of(const struct ArrowArray *array, size_t buffer)
{
    return array->buffers[buffer];
}

/* The bytes of value i. */
static const char *bytes_of(const struct cc_ipc_field *field,
                            const struct ArrowArray *array, size_t i,
                            size_t *size)
{
    if (field->type == CC_IPC_LARGE_UTF8 || field->type == CC_IPC_LARGE_BINARY)
    {
        const int64_t *offsets = data_of(array, 1);
        *size = (size_t)(offsets[i + 1] - offsets[i]);
        return (const char *)data_of(array, 2) + offsets[i];
    }
    const int32_t *offsets = data_of(array, 1);
    *size = (size_t)(offsets[i + 1] - offsets[i]);
    return *size > 0 ? (const char *)data_of(array, 2) + offsets[i] : "";
}

static int64_t integer_of(const struct cc_ipc_field *field,
                          const struct ArrowArray *array, size_t i)
{
    switch (field->bit_width)
    {
        case 8:
            return ((const int8_t *)data_of(array, 1))[i];
        case 16:
            return ((const int16_t *)data_of(array, 1))[i];
        case 32:
            return ((const int32_t *)data_of(array, 1))[i];
        default:
            return ((const int64_t *)data_of(array, 1))[i];
    }
}

static double double_of(const struct cc_ipc_field *field,
                        const struct ArrowArray *array, size_t i)
{
    return field->bit_width == 32
               ? (double)((const float *)data_of(array, 1))[i]
               : ((const double *)data_of(array, 1))[i];
}

static bool bit_of(const struct ArrowArray *array, size_t i)
{
    return ((const uint8_t *)data_of(array, 1))[i / 8] >> (i % 8) & 1;
}

/* Microseconds of a time or timestamp; finer digits are cut by BigQuery
 * itself unless picoseconds are asked for. */
static int64_t microseconds(enum cc_ipc_unit unit, int64_t value)
{
    switch (unit)
    {
        case CC_IPC_SECONDS:
            return value * 1000000;
        case CC_IPC_MILLISECONDS:
            return value * 1000;
        case CC_IPC_NANOSECONDS:
            return value / 1000;
        default:
            return value;
    }
}

/* ---- decimals ---- */

#define MAX_WORDS 4
#define MAX_DIGITS 80
#define MAX_SCALE 38
#define CHUNK UINT32_C(1000000000)

/* Divides the magnitude by 10^9; the remainder. 32 bits at a time. */
static uint32_t divide(uint32_t *halves, size_t count)
{
    uint64_t rest = 0;
    for (size_t i = count; i-- > 0;)
    {
        uint64_t part = rest << 32 | halves[i];
        halves[i] = (uint32_t)(part / CHUNK);
        rest = part % CHUNK;
    }
    return (uint32_t)rest;
}

static bool load_magnitude(const uint8_t *value, size_t words, uint32_t *halves)
{
    memcpy(halves, value, words * 8);
    bool negative = halves[words * 2 - 1] >> 31;
    uint64_t carry = 1;
    for (size_t i = 0; negative && i < words * 2; i++)
    {
        carry += (uint32_t)~halves[i];
        halves[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return negative;
}

int cc_bigquery_decimal(const uint8_t *value, size_t words, int scale,
                        struct cc_strbuf *out)
{
    uint32_t halves[MAX_WORDS * 2];
    char digits[MAX_DIGITS + 10]; /* from the end */
    size_t count = 0;
    bool negative = load_magnitude(value, words, halves);
    bool more = true;
    while (more || count <= (size_t)scale)
    {
        uint32_t chunk = divide(halves, words * 2);
        for (int i = 0; i < 9; i++, chunk /= 10)
            digits[count++] = (char)('0' + chunk % 10);
        more = false;
        for (size_t i = 0; i < words * 2; i++)
            more = more || halves[i] != 0;
    }
    size_t skip = 0;
    while (count > (size_t)scale + 1 && digits[count - 1] == '0')
        count--;
    while (skip < (size_t)scale && digits[skip] == '0')
        skip++;
    if (negative)
        (void)cc_strbuf_append_char(out, '-');
    while (count > skip)
    {
        if (count == (size_t)scale)
            (void)cc_strbuf_append_char(out, '.');
        (void)cc_strbuf_append_char(out, digits[--count]);
    }
    return cc_strbuf_failed(out) ? -1 : 0;
}

/* What BigQuery sends, and some more. */
static bool is_decimal(const struct cc_ipc_field *field)
{
    return field->bit_width % 64 == 0 && field->scale >= 0 &&
           field->scale <= MAX_SCALE;
}

static int decimal_text(const struct cc_ipc_field *field,
                        const struct ArrowArray *array, size_t i,
                        struct cc_strbuf *out)
{
    size_t size = (size_t)field->bit_width / 8;
    if (!is_decimal(field))
        return 1;
    const uint8_t *value = (const uint8_t *)data_of(array, 1) + i * size;
    return cc_bigquery_decimal(value, size / 8, field->scale, out);
}

/* ---- text ---- */

/* INTERVAL as BigQuery writes it: "1-2 3 4:5:6.789". */
static int interval_text(const struct ArrowArray *array, size_t i,
                         struct cc_strbuf *out)
{
    const uint8_t *value = (const uint8_t *)data_of(array, 1) + i * 16;
    int32_t months;
    int32_t days;
    int64_t nanos;
    memcpy(&months, value, sizeof months);
    memcpy(&days, value + 4, sizeof days);
    memcpy(&nanos, value + 8, sizeof nanos);
    int64_t year = months < 0 ? -(int64_t)months : months;
    uint64_t time = nanos < 0 ? 0 - (uint64_t)nanos : (uint64_t)nanos;
    uint64_t seconds = time / 1000000000;
    uint64_t micros = time % 1000000000 / 1000;
    (void)cc_strbuf_printf(
        out, "%s%lld-%lld %ld %s%llu:%llu:%llu", months < 0 ? "-" : "",
        (long long)(year / 12), (long long)(year % 12), (long)days,
        nanos < 0 ? "-" : "", (unsigned long long)(seconds / 3600),
        (unsigned long long)(seconds / 60 % 60),
        (unsigned long long)(seconds % 60));
    if (micros == 0)
        return cc_strbuf_failed(out) ? -1 : 0;
    char fraction[16];
    int length = snprintf(fraction, sizeof fraction, ".%06u", (unsigned)micros);
    while (length > 0 && fraction[length - 1] == '0')
        fraction[--length] = '\0';
    return cc_strbuf_append(out, fraction);
}

static bool is_range(const struct cc_ipc_field *field)
{
    return field->type == CC_IPC_STRUCT && field->child_count == 2 &&
           strcmp(field->children[0].name, "start") == 0 &&
           strcmp(field->children[1].name, "end") == 0;
}

/* "[2020-01-01, UNBOUNDED)" */
static int range_text(const struct cc_ipc_field *field,
                      const struct ArrowArray *array, size_t i, int depth,
                      struct cc_strbuf *out)
{
    for (size_t k = 0; k < 2; k++)
    {
        const struct ArrowArray *bound = array->children[k];
        (void)cc_strbuf_append(out, k == 0 ? "[" : ", ");
        if (cc_ipc_is_null(bound, i))
            (void)cc_strbuf_append(out, "UNBOUNDED");
        else
            CC_TRY(cc_bigquery_arrow_text(&field->children[k], bound, i, true,
                                          depth + 1, out));
    }
    return cc_strbuf_append_char(out, ')');
}

static int list_text(const struct cc_ipc_field *field,
                     const struct ArrowArray *array, size_t i, int depth,
                     struct cc_strbuf *out)
{
    const int32_t *offsets = data_of(array, 1);
    (void)cc_strbuf_append_char(out, '[');
    for (int32_t k = offsets[i]; k < offsets[i + 1]; k++)
    {
        if (k > offsets[i])
            (void)cc_strbuf_append_char(out, ',');
        CC_TRY(cc_bigquery_arrow_text(&field->children[0], array->children[0],
                                      (size_t)k, false, depth + 1, out));
    }
    return cc_strbuf_append_char(out, ']');
}

static int struct_text(const struct cc_ipc_field *field,
                       const struct ArrowArray *array, size_t i, int depth,
                       struct cc_strbuf *out)
{
    (void)cc_strbuf_append_char(out, '{');
    for (size_t k = 0; k < field->child_count; k++)
    {
        const char *name = field->children[k].name;
        if (k > 0)
            (void)cc_strbuf_append_char(out, ',');
        (void)cc_strbuf_append_json(out, name, strlen(name));
        (void)cc_strbuf_append_char(out, ':');
        CC_TRY(cc_bigquery_arrow_text(&field->children[k], array->children[k],
                                      i, false, depth + 1, out));
    }
    return cc_strbuf_append_char(out, '}');
}

static void datetime_text(const struct cc_ipc_field *field,
                          const struct ArrowArray *array, size_t i,
                          char text[CC_DATETIME_TEXT_SIZE])
{
    int64_t value = integer_of(field, array, i);
    if (field->type == CC_IPC_DATE)
        (void)cc_date_format(field->bit_width == 64 ? value / 86400000 : value,
                             text);
    else if (field->type == CC_IPC_TIME)
        (void)cc_time_format(microseconds(field->unit, value), text);
    else
        (void)cc_timestamp_format(microseconds(field->unit, value),
                                  field->timezone != NULL, text);
}

static bool is_json(const struct cc_ipc_field *field)
{
    const char *name = cc_ipc_metadata(field, "ARROW:extension:name");
    return name && strcmp(name, "google:sqlType:json") == 0;
}

/* What is in quotes as JSON. */
static int quoted_text(const struct cc_ipc_field *field,
                       const struct ArrowArray *array, size_t i,
                       struct cc_strbuf *out)
{
    char datetime[CC_DATETIME_TEXT_SIZE];
    size_t size;
    const char *bytes;
    switch (field->type)
    {
        case CC_IPC_UTF8:
        case CC_IPC_LARGE_UTF8:
            bytes = bytes_of(field, array, i, &size);
            return cc_strbuf_append_n(out, bytes, size);
        case CC_IPC_BINARY:
        case CC_IPC_LARGE_BINARY:
            bytes = bytes_of(field, array, i, &size);
            return cc_base64(bytes, size, false, out);
        case CC_IPC_DATE:
        case CC_IPC_TIME:
        case CC_IPC_TIMESTAMP:
            datetime_text(field, array, i, datetime);
            return cc_strbuf_append(out, datetime);
        case CC_IPC_INTERVAL:
            return field->bit_width == 128 ? interval_text(array, i, out) : 1;
        default:
            return 1;
    }
}

static int number_text(const struct cc_ipc_field *field,
                       const struct ArrowArray *array, size_t i,
                       struct cc_strbuf *out)
{
    char text[CC_DOUBLE_TEXT_SIZE];
    double real;
    switch (field->type)
    {
        case CC_IPC_BOOL:
            return cc_strbuf_append(out, bit_of(array, i) ? "true" : "false");
        case CC_IPC_INT:
            return cc_strbuf_printf(out, "%lld",
                                    (long long)integer_of(field, array, i));
        case CC_IPC_DECIMAL:
            return decimal_text(field, array, i, out);
        case CC_IPC_FLOAT:
            real = double_of(field, array, i);
            (void)cc_double_format(real, text);
            return real - real == 0 ? cc_strbuf_append(out, text)
                                    : cc_strbuf_printf(out, "\"%s\"", text);
        default:
            return 1;
    }
}

int cc_bigquery_arrow_text(const struct cc_ipc_field *field,
                           const struct ArrowArray *array, size_t i, bool plain,
                           int depth, struct cc_strbuf *out)
{
    if (depth > CC_GEOMETRY_MAX_DEPTH || field->indexed)
        return 1;
    if (cc_ipc_is_null(array, i))
        return cc_strbuf_append(out, "null");
    if (field->type == CC_IPC_LIST)
        return list_text(field, array, i, depth, out);
    if (plain && is_range(field))
        return range_text(field, array, i, depth, out);
    if (field->type == CC_IPC_STRUCT)
        return struct_text(field, array, i, depth, out);
    int status = number_text(field, array, i, out);
    if (status != 1)
        return status;
    if (plain || is_json(field))
        return quoted_text(field, array, i, out);
    struct cc_strbuf text = CC_STRBUF_INIT;
    status = quoted_text(field, array, i, &text);
    if (status == 0)
        (void)cc_strbuf_append_json(out, cc_strbuf_text(&text), text.length);
    cc_strbuf_free(&text);
    return status != 0 ? status : cc_strbuf_failed(out) ? -1 : 0;
}

/* ---- columns ---- */

static int append_as_text(struct cc_builder *builder,
                          const struct cc_ipc_field *field,
                          const struct ArrowArray *array, size_t i,
                          struct cc_error *error)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    bool plain = builder->column->kind != CC_KIND_JSON;
    int status = cc_bigquery_arrow_text(field, array, i, plain, 0, &text);
    if (status < 0)
        status = cc_error_memory(error);
    else if (status > 0)
        status = cc_error_set(error, CC_STAGE_FETCH, NULL,
                              "column \"%s\" comes as an Arrow type (%d) that "
                              "BigQuery is not known to send",
                              builder->column->name, (int)field->type);
    else
        status = field->type == CC_IPC_DECIMAL
                     ? cc_builder_decimal(builder, cc_strbuf_text(&text),
                                          text.length, error)
                     : cc_builder_text(builder, cc_strbuf_text(&text),
                                       text.length, error);
    cc_strbuf_free(&text);
    return status;
}

/* Whether all words but the first say no more than its sign. */
static bool is_small(const uint8_t *value, size_t words, int64_t *unscaled)
{
    int64_t word;
    memcpy(unscaled, value, sizeof *unscaled);
    for (size_t i = 1; i < words; i++)
    {
        memcpy(&word, value + i * sizeof word, sizeof word);
        if (word != (*unscaled < 0 ? -1 : 0))
            return false;
    }
    return true;
}

/* As numbers without their text, where 64 bits are enough. */
static int append_decimal(struct cc_builder *builder,
                          const struct cc_ipc_field *field,
                          const struct ArrowArray *array, size_t i,
                          struct cc_error *error)
{
    size_t size = (size_t)field->bit_width / 8;
    int scale = field->scale;
    int64_t unscaled;
    if (builder->type == CC_OUT_STRING || !is_decimal(field) ||
        !is_small((const uint8_t *)data_of(array, 1) + i * size,
                  size / sizeof unscaled, &unscaled))
        return append_as_text(builder, field, array, i, error);
    /* A double takes those of few digits as they are. */
    bool is_short =
        unscaled > -CC_DOUBLE_DIGITS_LIMIT && unscaled < CC_DOUBLE_DIGITS_LIMIT;
    if (builder->type != CC_OUT_FLOAT64 || !is_short)
    {
        for (; scale > 0 && unscaled % 10 == 0; scale--)
            unscaled /= 10;
    }
    return cc_builder_decimal64(builder, unscaled, scale, error);
}

/* What append_many leaves. */
static int append_value(struct cc_builder *builder,
                        const struct cc_ipc_field *field,
                        const struct ArrowArray *array, size_t i,
                        struct cc_error *error)
{
    size_t size;
    const char *bytes;
    int64_t value;
    switch (field->type)
    {
        case CC_IPC_INT:
            return cc_builder_int64(builder, integer_of(field, array, i),
                                    error);
        case CC_IPC_DECIMAL:
            return append_decimal(builder, field, array, i, error);
        case CC_IPC_FLOAT:
            return cc_builder_double(builder, double_of(field, array, i),
                                     error);
        case CC_IPC_LARGE_UTF8:
            bytes = bytes_of(field, array, i, &size);
            return cc_builder_text(builder, bytes, size, error);
        case CC_IPC_LARGE_BINARY:
            bytes = bytes_of(field, array, i, &size);
            return cc_builder_bytes(builder, bytes, size, error);
        case CC_IPC_DATE:
            value = integer_of(field, array, i);
            return cc_builder_date(
                builder, field->bit_width == 64 ? value / 86400000 : value,
                error);
        case CC_IPC_TIME:
            value = microseconds(field->unit, integer_of(field, array, i));
            return cc_builder_time(builder, value, error);
        case CC_IPC_TIMESTAMP:
            value = microseconds(field->unit, integer_of(field, array, i));
            return cc_builder_timestamp(builder, value, error);
        default:
            return append_as_text(builder, field, array, i, error);
    }
}

/* 1: one by one. */
static int append_integers(struct cc_builder *builder,
                           const struct cc_ipc_field *field, const void *values,
                           size_t i, size_t count, struct cc_error *error)
{
    const int64_t *wide = (const int64_t *)values + i;
    bool micros = field->unit == CC_IPC_MICROSECONDS;
    if (field->type == CC_IPC_DATE && field->bit_width == 32)
        return cc_builder_dates(builder, (const int32_t *)values + i, count,
                                error);
    if (field->bit_width != 64)
        return 1;
    if (field->type == CC_IPC_INT)
        return cc_builder_int64s(builder, wide, count, error);
    if (field->type == CC_IPC_TIME && micros)
        return cc_builder_times(builder, wide, count, error);
    if (field->type == CC_IPC_TIMESTAMP && micros)
        return cc_builder_timestamps(builder, wide, count, error);
    return 1;
}

/* Values that are as the builder takes many; 1: one by one. */
static int append_many(struct cc_builder *builder,
                       const struct cc_ipc_field *field,
                       const struct ArrowArray *array, size_t i, size_t count,
                       struct cc_error *error)
{
    const void *values = data_of(array, 1);
    switch (field->type)
    {
        case CC_IPC_INT:
        case CC_IPC_DATE:
        case CC_IPC_TIME:
        case CC_IPC_TIMESTAMP:
            return append_integers(builder, field, values, i, count, error);
        case CC_IPC_BOOL:
            return cc_builder_bits(builder, values, i, count, error);
        case CC_IPC_FLOAT:
            return field->bit_width == 64
                       ? cc_builder_doubles(builder, (const double *)values + i,
                                            count, error)
                       : 1;
        case CC_IPC_UTF8:
            return cc_builder_texts(builder, data_of(array, 2),
                                    (const int32_t *)values + i, count, error);
        case CC_IPC_BINARY:
            return cc_builder_blobs(builder, data_of(array, 2),
                                    (const int32_t *)values + i, count, error);
        default:
            return 1;
    }
}

static int append_run(struct cc_builder *builder,
                      const struct cc_ipc_field *field,
                      const struct ArrowArray *array, size_t row, size_t end,
                      struct cc_error *error)
{
    int status = append_many(builder, field, array, row, end - row, error);
    for (size_t i = row; i < end && status == 1; i++)
        CC_TRY(append_value(builder, field, array, i, error));
    return status < 0 ? -1 : 0;
}

int cc_bigquery_append_arrow(struct cc_builder *builder,
                             const struct cc_ipc_field *field,
                             const struct ArrowArray *array, size_t row,
                             size_t count, struct cc_error *error)
{
    size_t end = row + count;
    while (row < end)
    {
        bool null;
        size_t run = cc_ipc_run(field, array, row, end, &null);
        if (!null)
            CC_TRY(append_run(builder, field, array, row, run, error));
        for (size_t i = row; i < run && null; i++)
            cc_builder_null(builder);
        row = run;
    }
    return 0;
}
