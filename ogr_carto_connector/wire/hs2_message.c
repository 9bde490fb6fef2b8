/* SPDX-License-Identifier: MIT */
#include "hs2_message.h"

#include <stdio.h>

/* ---- strings ---- */

static void append_text(struct cc_thrift_reader *reader, struct cc_strbuf *out)
{
    struct cc_thrift_span text = cc_thrift_read_binary(reader);
    if (!reader->failure &&
        cc_strbuf_append_n(out, reader->data + text.at, text.size) != 0)
        (void)cc_thrift_fail(reader, "out of memory");
}

/* A copy, to be freed; NULL after a failure. A name ends at a NUL. */
static char *copy_text(struct cc_thrift_reader *reader)
{
    struct cc_thrift_span text = cc_thrift_read_binary(reader);
    char *copy = reader->failure ? NULL : malloc(text.size + 1);
    if (!copy)
    {
        (void)cc_thrift_fail(reader, "out of memory");
        return NULL;
    }
    if (text.size > 0)
        memcpy(copy, reader->data + text.at, text.size);
    copy[text.size] = '\0';
    return copy;
}

/* ---- status ---- */

static void read_sqlstate(struct cc_thrift_reader *reader,
                          char out[CC_ERROR_CODE_SIZE])
{
    struct cc_thrift_span text = cc_thrift_read_binary(reader);
    if (!reader->failure)
        snprintf(out, CC_ERROR_CODE_SIZE, "%.*s",
                 (int)(text.size < CC_ERROR_CODE_SIZE ? text.size
                                                      : CC_ERROR_CODE_SIZE),
                 (const char *)reader->data + text.at);
}

void cc_hs2_read_status(struct cc_thrift_reader *reader,
                        struct cc_hs2_status *status)
{
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_I32))
            status->code = cc_thrift_read_i32(reader);
        else if (cc_thrift_is(&field, 3, CC_THRIFT_STRING))
            read_sqlstate(reader, status->sqlstate);
        else if (cc_thrift_is(&field, 5, CC_THRIFT_STRING))
            append_text(reader, &status->message);
        else
            cc_thrift_skip(reader, field.type);
    }
}

void cc_hs2_read_text_member(struct cc_thrift_reader *reader,
                             struct cc_strbuf *out)
{
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_STRING))
            append_text(reader, out);
        else
            cc_thrift_skip(reader, field.type);
    }
}

void cc_hs2_read_handle(struct cc_thrift_reader *reader,
                        struct cc_hs2_handle *handle)
{
    size_t start = reader->at;
    cc_thrift_skip(reader, CC_THRIFT_STRUCT);
    if (reader->failure)
        return;
    handle->size = reader->at - start;
    if (handle->size <= sizeof handle->bytes)
        memcpy(handle->bytes, reader->data + start, handle->size);
    else
        (void)cc_thrift_fail(reader, "a handle is too long");
}

/* ---- progress ---- */

/* TProgressUpdateResp */
static void read_update(struct cc_thrift_reader *reader,
                        struct cc_hs2_progress *progress)
{
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 3, CC_THRIFT_DOUBLE))
            progress->percentage = cc_thrift_read_double(reader);
        else if (cc_thrift_is(&field, 5, CC_THRIFT_STRING))
            append_text(reader, &progress->summary);
        else
            cc_thrift_skip(reader, field.type);
    }
}

void cc_hs2_read_progress(struct cc_thrift_reader *reader,
                          struct cc_hs2_status *status,
                          struct cc_hs2_progress *progress)
{
    struct cc_thrift_field field;
    progress->state = CC_HS2_UNKNOWN;
    progress->percentage = -1;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_STRUCT))
            cc_hs2_read_status(reader, status);
        else if (cc_thrift_is(&field, 2, CC_THRIFT_I32))
            progress->state = cc_thrift_read_i32(reader);
        else if (cc_thrift_is(&field, 3, CC_THRIFT_STRING))
            read_sqlstate(reader, progress->failed.sqlstate);
        else if (cc_thrift_is(&field, 5, CC_THRIFT_STRING))
            append_text(reader, &progress->failed.message);
        else if (cc_thrift_is(&field, 10, CC_THRIFT_STRUCT))
            read_update(reader, progress);
        else
            cc_thrift_skip(reader, field.type);
    }
}

void cc_hs2_progress_free(struct cc_hs2_progress *progress)
{
    cc_strbuf_free(&progress->failed.message);
    cc_strbuf_free(&progress->summary);
}

/* ---- columns of a result ---- */

/* TTypeQualifierValue */
static int32_t read_qualifier_value(struct cc_thrift_reader *reader)
{
    struct cc_thrift_field field;
    int32_t value = 0;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_I32))
            value = cc_thrift_read_i32(reader);
        else
            cc_thrift_skip(reader, field.type);
    }
    return value;
}

static bool is_name(const struct cc_thrift_reader *reader,
                    struct cc_thrift_span span, const char *name)
{
    return span.size == strlen(name) &&
           memcmp(reader->data + span.at, name, span.size) == 0;
}

static void read_qualifier_map(struct cc_thrift_reader *reader,
                               struct cc_hs2_field *out)
{
    enum cc_thrift_type key;
    enum cc_thrift_type value;
    size_t count;
    cc_thrift_read_map(reader, &key, &value, &count);
    if (count > 0 && (key != CC_THRIFT_STRING || value != CC_THRIFT_STRUCT))
        (void)cc_thrift_fail(reader, "a type's qualifiers are malformed");
    for (; count > 0 && !reader->failure; count--)
    {
        struct cc_thrift_span name = cc_thrift_read_binary(reader);
        int32_t number = read_qualifier_value(reader);
        if (reader->failure || number < 0)
            continue;
        if (is_name(reader, name, "precision"))
            out->precision = number;
        else if (is_name(reader, name, "scale"))
            out->scale = number;
        else if (is_name(reader, name, "characterMaximumLength"))
            out->width = number;
    }
}

/* TTypeQualifiers */
static void read_qualifiers(struct cc_thrift_reader *reader,
                            struct cc_hs2_field *out)
{
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_MAP))
            read_qualifier_map(reader, out);
        else
            cc_thrift_skip(reader, field.type);
    }
}

/* TPrimitiveTypeEntry */
static void read_primitive(struct cc_thrift_reader *reader,
                           struct cc_hs2_field *out)
{
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_I32))
            out->type = cc_thrift_read_i32(reader);
        else if (cc_thrift_is(&field, 2, CC_THRIFT_STRUCT))
            read_qualifiers(reader, out);
        else
            cc_thrift_skip(reader, field.type);
    }
}

/* TTypeEntry */
static void read_type_entry(struct cc_thrift_reader *reader,
                            struct cc_hs2_field *out)
{
    static const enum cc_hs2_type complex_types[] = {
        CC_HS2_ARRAY, CC_HS2_MAP, CC_HS2_STRUCT, CC_HS2_UNION,
        CC_HS2_USER_DEFINED};
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_STRUCT))
        {
            read_primitive(reader, out);
            continue;
        }
        if (field.id >= 2 && field.id <= 6)
            out->type = (int32_t)complex_types[field.id - 2];
        cc_thrift_skip(reader, field.type);
    }
}

/* TTypeDesc: the first entry is the type, the others are what is in it. */
static void read_type(struct cc_thrift_reader *reader, struct cc_hs2_field *out)
{
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (!cc_thrift_is(&field, 1, CC_THRIFT_LIST))
        {
            cc_thrift_skip(reader, field.type);
            continue;
        }
        enum cc_thrift_type element;
        size_t count;
        cc_thrift_read_list(reader, &element, &count);
        if (count > 0 && element == CC_THRIFT_STRUCT)
        {
            read_type_entry(reader, out);
            count--;
        }
        cc_thrift_skip_many(reader, element, count);
    }
}

/* TColumnDesc */
static void read_field(struct cc_thrift_reader *reader,
                       struct cc_hs2_field *out)
{
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_STRING) && !out->name)
            out->name = copy_text(reader);
        else if (cc_thrift_is(&field, 2, CC_THRIFT_STRUCT))
            read_type(reader, out);
        else if (cc_thrift_is(&field, 4, CC_THRIFT_STRING) && !out->comment)
            out->comment = copy_text(reader);
        else
            cc_thrift_skip(reader, field.type);
    }
    if (!out->name && !reader->failure)
        (void)cc_thrift_fail(reader, "a column has no name");
}

static void read_field_list(struct cc_thrift_reader *reader,
                            struct cc_hs2_fields *fields)
{
    enum cc_thrift_type element;
    size_t count;
    cc_thrift_read_list(reader, &element, &count);
    if (fields->fields || (count > 0 && element != CC_THRIFT_STRUCT))
        (void)cc_thrift_fail(reader, "the list of columns is malformed");
    for (size_t room = 0; fields->count < count && !reader->failure;)
    {
        if (fields->count == room || !fields->fields)
        {
            room = room < 16 ? 16 : room * 2;
            struct cc_hs2_field *more =
                realloc(fields->fields, room * sizeof *more);
            if (!more)
            {
                (void)cc_thrift_fail(reader, "out of memory");
                return;
            }
            fields->fields = more;
        }
        struct cc_hs2_field *field = &fields->fields[fields->count++];
        *field = (struct cc_hs2_field){.type = CC_HS2_STRING};
        read_field(reader, field);
    }
}

void cc_hs2_read_fields(struct cc_thrift_reader *reader,
                        struct cc_hs2_fields *fields)
{
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_LIST))
            read_field_list(reader, fields);
        else
            cc_thrift_skip(reader, field.type);
    }
}

void cc_hs2_fields_free(struct cc_hs2_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
    {
        free(fields->fields[i].name);
        free(fields->fields[i].comment);
    }
    free(fields->fields);
    *fields = (struct cc_hs2_fields){NULL, 0};
}
