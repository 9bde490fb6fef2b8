/* SPDX-License-Identifier: MIT */
#include "bigquery.h"

#include "column/datetime.h"
#include "wire/base64.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- JSON text ---- */

static int value_text(struct json_object *field, struct json_object *v,
                      bool element, int depth, struct cc_strbuf *out);

static int array_text(struct json_object *field, struct json_object *v,
                      int depth, struct cc_strbuf *out)
{
    size_t count = json_object_is_type(v, json_type_array)
                       ? json_object_array_length(v)
                       : 0;
    (void)cc_strbuf_append_char(out, '[');
    for (size_t i = 0; i < count; i++)
    {
        struct json_object *cell = json_object_array_get_idx(v, i);
        if (i > 0)
            (void)cc_strbuf_append_char(out, ',');
        CC_TRY(value_text(field, cc_bigquery_get(cell, "v"), true, depth + 1,
                          out));
    }
    return cc_strbuf_append_char(out, ']');
}

static int record_text(struct json_object *field, struct json_object *v,
                       int depth, struct cc_strbuf *out)
{
    struct json_object *fields = cc_bigquery_get(field, "fields");
    struct json_object *cells = cc_bigquery_get(v, "f");
    if (!json_object_is_type(fields, json_type_array) ||
        !json_object_is_type(cells, json_type_array) ||
        json_object_array_length(fields) != json_object_array_length(cells))
        return 1;
    (void)cc_strbuf_append_char(out, '{');
    for (size_t i = 0; i < json_object_array_length(fields); i++)
    {
        struct json_object *member = json_object_array_get_idx(fields, i);
        struct json_object *cell = json_object_array_get_idx(cells, i);
        const char *name = cc_bigquery_text(member, "name");
        if (i > 0)
            (void)cc_strbuf_append_char(out, ',');
        (void)cc_strbuf_append_json(out, name, strlen(name));
        (void)cc_strbuf_append_char(out, ':');
        CC_TRY(value_text(member, cc_bigquery_get(cell, "v"), false, depth + 1,
                          out));
    }
    return cc_strbuf_append_char(out, '}');
}

/* Microseconds since 1970 as text of a timestamp. */
static void timestamp_text(const char *text, struct cc_strbuf *out)
{
    char iso[CC_DATETIME_TEXT_SIZE];
    (void)cc_timestamp_format(strtoll(text, NULL, 10), true, iso);
    (void)cc_strbuf_append_json(out, iso, strlen(iso));
}

/* "2020-01-02T03:04:05.600000" as it is written where rows come as Arrow. */
static void datetime_text(const char *text, struct cc_strbuf *out)
{
    char iso[CC_DATETIME_TEXT_SIZE];
    int64_t value;
    bool known =
        cc_timestamp_parse(text, strlen(text), false, &value) == CC_DATETIME_OK;
    if (known)
        (void)cc_timestamp_format(value, false, iso);
    (void)cc_strbuf_append_json(out, known ? iso : text,
                                strlen(known ? iso : text));
}

/* The length of a decimal without zeros at its end, as BigQuery casts it to
 * text. */
static size_t decimal_size(const char *text, size_t size)
{
    if (!memchr(text, '.', size))
        return size;
    while (size > 0 && text[size - 1] == '0')
        size--;
    return size > 0 && text[size - 1] == '.' ? size - 1 : size;
}

static int scalar_text(enum cc_bigquery_type type, const char *text,
                       struct cc_strbuf *out)
{
    switch (type)
    {
        case CC_BQ_NUMERIC:
        case CC_BQ_BIGNUMERIC:
            return cc_strbuf_append_n(out, text,
                                      decimal_size(text, strlen(text)));
        case CC_BQ_INTEGER:
        case CC_BQ_BOOLEAN:
        case CC_BQ_JSON:
            return cc_strbuf_append(out, text);
        case CC_BQ_FLOAT:
            if (!strpbrk(text, "nN"))
                return cc_strbuf_append(out, text);
            break;
        case CC_BQ_TIMESTAMP:
            timestamp_text(text, out);
            return cc_strbuf_failed(out) ? -1 : 0;
        case CC_BQ_DATETIME:
            datetime_text(text, out);
            return cc_strbuf_failed(out) ? -1 : 0;
        default:
            break;
    }
    (void)cc_strbuf_append_json(out, text, strlen(text));
    return cc_strbuf_failed(out) ? -1 : 0;
}

/* 1: not of the form it is to have. */
static int value_text(struct json_object *field, struct json_object *v,
                      bool element, int depth, struct cc_strbuf *out)
{
    if (depth > CC_GEOMETRY_MAX_DEPTH)
        return 1;
    if (!v)
        return cc_strbuf_append(out, "null");
    if (!element && cc_bigquery_is_repeated(field))
        return array_text(field, v, depth, out);
    enum cc_bigquery_type type = cc_bigquery_type_of(field);
    if (type == CC_BQ_RECORD)
        return record_text(field, v, depth, out);
    const char *text = json_object_get_string(v);
    return text ? scalar_text(type, text, out) : -1;
}

/* ---- values ---- */

static int not_a_value(const struct cc_builder *builder, const char *type,
                       struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "a value of column \"%s\" is no %s",
                        builder->column->name, type);
}

static int append_nested(struct cc_builder *builder, struct json_object *field,
                         struct json_object *v, struct cc_error *error)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    int status = value_text(field, v, false, 0, &text);
    if (status < 0)
        status = cc_error_memory(error);
    else if (status > 0)
        status = not_a_value(builder, "array or struct", error);
    else
        status =
            cc_builder_text(builder, cc_strbuf_text(&text), text.length, error);
    cc_strbuf_free(&text);
    return status;
}

static int append_integer(struct cc_builder *builder, const char *text,
                          bool timestamp, struct cc_error *error)
{
    char *end;
    errno = 0;
    int64_t value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end)
        return not_a_value(builder, timestamp ? "timestamp" : "integer", error);
    return timestamp ? cc_builder_timestamp(builder, value, error)
                     : cc_builder_int64(builder, value, error);
}

/* By their value, so that what is delivered as text is the same as of Arrow. */
static int append_datetime(struct cc_builder *builder, const char *text,
                           size_t size, bool date, struct cc_error *error)
{
    int64_t value;
    enum cc_datetime_status status =
        date ? cc_timestamp_parse(text, size, false, &value)
             : cc_time_parse(text, size, &value);
    if (status != CC_DATETIME_OK)
        return cc_builder_text(builder, text, size, error);
    return date ? cc_builder_timestamp(builder, value, error)
                : cc_builder_time(builder, value, error);
}

static int append_bytes(struct cc_builder *builder, const char *text,
                        size_t size, struct cc_buffer *scratch,
                        struct cc_error *error)
{
    scratch->size = 0;
    if (cc_base64_decode(text, size, scratch) != 0)
        return not_a_value(builder, "Base64 text", error);
    return cc_builder_bytes(
        builder, scratch->size > 0 ? (const void *)scratch->data : "",
        scratch->size, error);
}

int cc_bigquery_append_json(struct cc_builder *builder,
                            struct json_object *field, struct json_object *v,
                            struct cc_buffer *scratch, struct cc_error *error)
{
    enum cc_bigquery_type type = cc_bigquery_type_of(field);
    if (!v)
    {
        cc_builder_null(builder);
        return 0;
    }
    if (type == CC_BQ_RECORD || cc_bigquery_is_repeated(field))
        return append_nested(builder, field, v, error);
    const char *text = json_object_get_string(v);
    if (!text)
        return cc_error_memory(error);
    size_t size = json_object_is_type(v, json_type_string)
                      ? (size_t)json_object_get_string_len(v)
                      : strlen(text);
    switch (type)
    {
        case CC_BQ_INTEGER:
            return append_integer(builder, text, false, error);
        case CC_BQ_TIMESTAMP:
            return append_integer(builder, text, true, error);
        case CC_BQ_NUMERIC:
        case CC_BQ_BIGNUMERIC:
            size = decimal_size(text, size);
            return cc_builder_decimal(builder, text, size, error);
        case CC_BQ_FLOAT:
            return cc_builder_decimal(builder, text, size, error);
        case CC_BQ_DATETIME:
        case CC_BQ_TIME:
            return append_datetime(builder, text, size, type == CC_BQ_DATETIME,
                                   error);
        case CC_BQ_BYTES:
            return append_bytes(builder, text, size, scratch, error);
        default:
            return cc_builder_text(builder, text, size, error);
    }
}
