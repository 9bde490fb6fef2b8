/* SPDX-License-Identifier: MIT */
/* Fields out of the metadata of a schema (Schema.fbs). */
#include "arrow_ipc_internal.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 32
/* Metadata can refer to one field many times. */
#define MAX_FIELDS 10000

/* Slots of the tables of Schema.fbs */
enum
{
    SCHEMA_ENDIANNESS = 0,
    SCHEMA_FIELDS = 1,
    FIELD_NAME = 0,
    FIELD_NULLABLE = 1,
    FIELD_TYPE_TYPE = 2,
    FIELD_TYPE = 3,
    FIELD_DICTIONARY = 4,
    FIELD_CHILDREN = 5,
    FIELD_METADATA = 6
};

struct schema_reader
{
    struct cc_flat *flat;
    size_t left; /* fields that may still come */
    struct cc_error *error;
};

static void free_field(struct cc_ipc_field *field)
{
    free(field->name);
    free(field->timezone);
    for (size_t i = 0; i < field->metadata_count; i++)
    {
        free(field->metadata[i].key);
        free(field->metadata[i].value);
    }
    free(field->metadata);
    cc_ipc_fields_free(field->children, field->child_count);
}

void cc_ipc_fields_free(struct cc_ipc_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free_field(&fields[i]);
    free(fields);
}

const char *cc_ipc_metadata(const struct cc_ipc_field *field, const char *key)
{
    for (size_t i = 0; i < field->metadata_count; i++)
    {
        if (strcmp(field->metadata[i].key, key) == 0)
            return field->metadata[i].value;
    }
    return NULL;
}

/* ---- types ---- */

static int bits_of(const struct cc_flat_table *type, int slot, int otherwise)
{
    return (int)(int32_t)cc_flat_integer(type, slot, 4, otherwise);
}

static int enumeration(const struct cc_flat_table *type, int slot,
                       int otherwise)
{
    return (int)cc_flat_integer(type, slot, 2, otherwise);
}

static void read_integer_type(const struct cc_flat_table *type, int *bits,
                              bool *is_signed)
{
    *bits = bits_of(type, 0, 0);
    *is_signed = cc_flat_integer(type, 1, 1, 0) != 0;
}

static void read_decimal_type(const struct cc_flat_table *type,
                              struct cc_ipc_field *field)
{
    field->precision = bits_of(type, 0, 0);
    field->scale = bits_of(type, 1, 0);
    field->bit_width = bits_of(type, 2, 128);
}

static int read_timestamp_type(const struct cc_flat_table *type,
                               struct cc_ipc_field *field,
                               struct cc_error *error)
{
    bool failed = false;
    field->unit = (enum cc_ipc_unit)enumeration(type, 0, CC_IPC_SECONDS);
    field->bit_width = 64;
    field->timezone = cc_flat_string(type, 1, NULL, &failed);
    return failed ? cc_error_memory(error) : 0;
}

/* A value's type code is the number of its child unless a list of codes says
 * otherwise. */
static int check_type_codes(const struct cc_flat_table *type,
                            const struct cc_ipc_field *field,
                            struct cc_error *error)
{
    struct cc_flat_vector codes = cc_flat_vector(type, 1, 4);
    for (size_t i = 0; i < codes.count; i++)
    {
        if (cc_flat_load(type->flat->data + codes.at + i * 4, 4) != i)
            return cc_ipc_broken(error,
                                 "the union \"%s\" has type codes of its "
                                 "own, which this version does not read",
                                 field->name);
    }
    return 0;
}

static int read_type(const struct cc_flat_table *type,
                     struct cc_ipc_field *field, struct cc_error *error)
{
    switch (field->type)
    {
        case CC_IPC_INT:
            read_integer_type(type, &field->bit_width, &field->is_signed);
            break;
        case CC_IPC_FLOAT:
            field->bit_width = 16 << (enumeration(type, 0, 0) & 3);
            break;
        case CC_IPC_DECIMAL:
            read_decimal_type(type, field);
            break;
        case CC_IPC_DATE:
            field->bit_width = enumeration(type, 0, 1) == 0 ? 32 : 64;
            break;
        case CC_IPC_TIME:
            field->unit = (enum cc_ipc_unit)enumeration(type, 0, 1);
            field->bit_width = bits_of(type, 1, 32);
            break;
        case CC_IPC_TIMESTAMP:
            return read_timestamp_type(type, field, error);
        case CC_IPC_DURATION:
            field->unit = (enum cc_ipc_unit)enumeration(type, 0, 1);
            field->bit_width = 64;
            break;
        case CC_IPC_INTERVAL:
            field->bit_width = 32 << (enumeration(type, 0, 0) & 3);
            break;
        case CC_IPC_UNION:
            field->dense = enumeration(type, 0, 0) == 1;
            return check_type_codes(type, field, error);
        case CC_IPC_FIXED_BINARY:
        case CC_IPC_FIXED_LIST:
            field->size = (int32_t)bits_of(type, 0, 0);
            break;
        default:
            break;
    }
    return 0;
}

/* ---- whether a type is one ---- */

static bool is_width(int bits, int first, int last)
{
    return bits >= first && bits <= last && (bits & (bits - 1)) == 0;
}

static bool is_run_end(const struct cc_ipc_field *field)
{
    return field->type == CC_IPC_INT && field->is_signed &&
           is_width(field->bit_width, 16, 64) && !field->indexed;
}

static bool has_valid_children(const struct cc_ipc_field *field)
{
    switch (field->type)
    {
        case CC_IPC_LIST:
        case CC_IPC_LARGE_LIST:
        case CC_IPC_LIST_VIEW:
        case CC_IPC_LARGE_LIST_VIEW:
        case CC_IPC_FIXED_LIST:
            return field->child_count == 1;
        case CC_IPC_MAP:
            return field->child_count == 1 &&
                   field->children[0].type == CC_IPC_STRUCT &&
                   field->children[0].child_count == 2;
        case CC_IPC_RUN_END:
            return field->child_count == 2 && is_run_end(&field->children[0]);
        case CC_IPC_STRUCT:
            return true;
        case CC_IPC_UNION:
            return field->child_count <= 127;
        default:
            return field->child_count == 0;
    }
}

static bool has_valid_width(const struct cc_ipc_field *field)
{
    switch (field->type)
    {
        case CC_IPC_INT:
            return is_width(field->bit_width, 8, 64);
        case CC_IPC_FLOAT:
            return is_width(field->bit_width, 16, 64);
        case CC_IPC_DECIMAL:
            return is_width(field->bit_width, 32, 256) &&
                   field->precision >= 0 && field->precision <= 76 &&
                   field->scale >= -76 && field->scale <= 76;
        case CC_IPC_TIME:
            return is_width(field->bit_width, 32, 64);
        case CC_IPC_INTERVAL:
            return is_width(field->bit_width, 32, 128);
        case CC_IPC_FIXED_BINARY:
        case CC_IPC_FIXED_LIST:
            return field->size >= 0;
        default:
            return true;
    }
}

static bool is_valid(const struct cc_ipc_field *field)
{
    return has_valid_width(field) && has_valid_children(field) &&
           field->unit >= CC_IPC_SECONDS && field->unit <= CC_IPC_NANOSECONDS &&
           (!field->indexed || is_width(field->index_bits, 8, 64));
}

/* ---- fields ---- */

static int read_metadata(const struct schema_reader *reader,
                         const struct cc_flat_table *table,
                         struct cc_ipc_field *field)
{
    struct cc_flat_vector pairs = cc_flat_vector(table, FIELD_METADATA, 4);
    bool failed = false;
    if (pairs.count == 0)
        return 0;
    field->metadata = calloc(pairs.count, sizeof *field->metadata);
    if (!field->metadata)
        return cc_error_memory(reader->error);
    field->metadata_count = pairs.count;
    for (size_t i = 0; i < pairs.count; i++)
    {
        struct cc_flat_table pair = cc_flat_element(reader->flat, &pairs, i);
        field->metadata[i].key = cc_flat_string(&pair, 0, "", &failed);
        field->metadata[i].value = cc_flat_string(&pair, 1, "", &failed);
        if (failed)
            return cc_error_memory(reader->error);
    }
    return 0;
}

static int read_fields(struct schema_reader *reader,
                       const struct cc_flat_vector *vector, int depth,
                       struct cc_ipc_field **fields, size_t *count);

static int read_field_parts(struct schema_reader *reader,
                            const struct cc_flat_table *table, int depth,
                            struct cc_ipc_field *field)
{
    struct cc_flat_table type = cc_flat_table(table, FIELD_TYPE);
    struct cc_flat_table dictionary = cc_flat_table(table, FIELD_DICTIONARY);
    struct cc_flat_vector children = cc_flat_vector(table, FIELD_CHILDREN, 4);
    CC_TRY(read_type(&type, field, reader->error));
    field->indexed = dictionary.size > 0;
    if (field->indexed)
    {
        struct cc_flat_table index = cc_flat_table(&dictionary, 1);
        field->dictionary_id = cc_flat_integer(&dictionary, 0, 8, 0);
        field->index_bits = 32;
        field->index_signed = true;
        if (index.size > 0)
            read_integer_type(&index, &field->index_bits, &field->index_signed);
    }
    CC_TRY(read_metadata(reader, table, field));
    return read_fields(reader, &children, depth + 1, &field->children,
                       &field->child_count);
}

static int read_field(struct schema_reader *reader,
                      const struct cc_flat_table *table, int depth,
                      struct cc_ipc_field *field)
{
    bool failed = false;
    field->name = cc_flat_string(table, FIELD_NAME, "", &failed);
    if (failed)
        return cc_error_memory(reader->error);
    int64_t type = cc_flat_integer(table, FIELD_TYPE_TYPE, 1, 0);
    if (type < CC_IPC_NULL || type > CC_IPC_LARGE_LIST_VIEW)
        return cc_ipc_broken(reader->error,
                             "field \"%s\" is of type %lld, which this "
                             "version does not know",
                             field->name, (long long)type);
    field->type = (enum cc_ipc_type)type;
    field->nullable = cc_flat_integer(table, FIELD_NULLABLE, 1, 0) != 0;
    CC_TRY(read_field_parts(reader, table, depth, field));
    if (!is_valid(field))
        return cc_ipc_broken(reader->error,
                             "the type of field \"%s\" is not valid",
                             field->name);
    return 0;
}

static int read_fields(struct schema_reader *reader,
                       const struct cc_flat_vector *vector, int depth,
                       struct cc_ipc_field **fields, size_t *count)
{
    if (vector->count == 0)
        return 0;
    if (depth > MAX_DEPTH || vector->count > reader->left)
        return cc_ipc_broken(reader->error,
                             "its schema has more than %d fields, or is "
                             "nested deeper than %d levels",
                             MAX_FIELDS, MAX_DEPTH);
    reader->left -= vector->count;
    *fields = calloc(vector->count, sizeof **fields);
    if (!*fields)
        return cc_error_memory(reader->error);
    *count = vector->count;
    for (size_t i = 0; i < vector->count; i++)
    {
        struct cc_flat_table table = cc_flat_element(reader->flat, vector, i);
        CC_TRY(read_field(reader, &table, depth, &(*fields)[i]));
    }
    return 0;
}

int cc_ipc_read_schema(const struct cc_flat_table *schema,
                       struct cc_ipc_field **fields, size_t *count,
                       struct cc_error *error)
{
    struct schema_reader reader = {schema->flat, MAX_FIELDS, error};
    struct cc_flat_vector vector = cc_flat_vector(schema, SCHEMA_FIELDS, 4);
    *fields = NULL;
    *count = 0;
    if (cc_flat_integer(schema, SCHEMA_ENDIANNESS, 2, 0) != 0)
        return cc_ipc_broken(error, "it is big-endian");
    int status = read_fields(&reader, &vector, 0, fields, count);
    if (status == 0 && schema->flat->bad)
        status = cc_ipc_broken(error, "its schema leads outside of itself");
    if (status != 0)
    {
        cc_ipc_fields_free(*fields, *count);
        *fields = NULL;
        *count = 0;
    }
    return status;
}
