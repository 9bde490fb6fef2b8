/* SPDX-License-Identifier: MIT */
#include "mysql_internal.h"

#include <stdio.h>
#include <string.h>

#define UTF8MB4_MAX_BYTES 4
/* BIT(n) in the smallest integer that holds it. */
#define INT32_BITS 31
#define UINT32_BITS 32
#define INT64_BITS 63
/* How long the end of a result without rows is waited for. */
#define END_PATIENCE_US 1000000
/* MYSQL_FIELD.decimals of a number that has as many as it needs. */
#define NOT_FIXED 31

/* ---- names of types ---- */

static const char *type_name(const MYSQL_FIELD *field)
{
    static const struct
    {
        int type;
        const char *name;
    } names[] = {
        {MYSQL_TYPE_TINY, "tinyint"},       {MYSQL_TYPE_SHORT, "smallint"},
        {MYSQL_TYPE_INT24, "mediumint"},    {MYSQL_TYPE_LONG, "int"},
        {MYSQL_TYPE_LONGLONG, "bigint"},    {MYSQL_TYPE_FLOAT, "float"},
        {MYSQL_TYPE_DOUBLE, "double"},      {MYSQL_TYPE_DECIMAL, "decimal"},
        {MYSQL_TYPE_NEWDECIMAL, "decimal"}, {MYSQL_TYPE_BIT, "bit"},
        {MYSQL_TYPE_YEAR, "year"},          {MYSQL_TYPE_DATE, "date"},
        {MYSQL_TYPE_NEWDATE, "date"},       {MYSQL_TYPE_TIME, "time"},
        {MYSQL_TYPE_DATETIME, "datetime"},  {MYSQL_TYPE_TIMESTAMP, "timestamp"},
        {MYSQL_TYPE_NULL, "null"},          {MYSQL_TYPE_GEOMETRY, "geometry"},
        {CC_MYSQL_TYPE_JSON, "json"},       {CC_MYSQL_TYPE_VECTOR, "vector"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
        if (names[i].type == (int)field->type)
            return names[i].name;
    }
    if (field->flags & ENUM_FLAG)
        return "enum";
    if (field->flags & SET_FLAG)
        return "set";
    bool binary = field->charsetnr == CC_MYSQL_CHARSET_BINARY;
    if (field->flags & BLOB_FLAG)
        return binary ? "blob" : "text";
    if (field->type == MYSQL_TYPE_STRING)
        return binary ? "binary" : "char";
    return binary ? "varbinary" : "varchar";
}

static bool is_integer(const MYSQL_FIELD *field)
{
    return field->type == MYSQL_TYPE_TINY || field->type == MYSQL_TYPE_SHORT ||
           field->type == MYSQL_TYPE_INT24 || field->type == MYSQL_TYPE_LONG ||
           field->type == MYSQL_TYPE_LONGLONG;
}

/* ---- kinds ---- */

/* MariaDB's types of its own travel as text or bytes, their name beside them
 * ("extended metadata"), which libmariadb alone gives. */
static bool is_named(const MYSQL_FIELD *field, const char *name)
{
#if CC_MYSQL_MARIADB
    static const enum mariadb_field_attr_t attributes[] = {
        MARIADB_FIELD_ATTR_DATA_TYPE_NAME, MARIADB_FIELD_ATTR_FORMAT_NAME};
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
    {
        MARIADB_CONST_STRING text = {NULL, 0};
        if (mariadb_field_attr(&text, field, attributes[i]) == 0 &&
            text.length == strlen(name) &&
            memcmp(text.str, name, text.length) == 0)
            return true;
    }
#else
    (void)field;
    (void)name;
#endif
    return false;
}

static enum cc_kind text_kind(const MYSQL_FIELD *field)
{
    if (is_named(field, "json"))
        return CC_KIND_JSON;
    if (is_named(field, "uuid"))
        return CC_KIND_UUID;
    bool binary = field->charsetnr == CC_MYSQL_CHARSET_BINARY &&
                  field->type != MYSQL_TYPE_NULL &&
                  !(field->flags & (ENUM_FLAG | SET_FLAG));
    return binary ? CC_KIND_BINARY : CC_KIND_TEXT;
}

static enum cc_kind bit_kind(unsigned long bits)
{
    if (bits <= 1)
        return CC_KIND_BOOLEAN;
    if (bits <= INT32_BITS)
        return CC_KIND_INT32;
    if (bits <= UINT32_BITS)
        return CC_KIND_UINT32;
    return bits <= INT64_BITS ? CC_KIND_INT64 : CC_KIND_UINT64;
}

static enum cc_kind kind_of(const MYSQL_FIELD *field, bool tinyint1_as_boolean)
{
    bool is_unsigned = field->flags & UNSIGNED_FLAG;
    switch ((int)field->type)
    {
        case MYSQL_TYPE_TINY:
            return tinyint1_as_boolean && field->length == 1 ? CC_KIND_BOOLEAN
                                                             : CC_KIND_INT16;
        case MYSQL_TYPE_SHORT:
            return is_unsigned ? CC_KIND_INT32 : CC_KIND_INT16;
        case MYSQL_TYPE_INT24:
        case MYSQL_TYPE_YEAR:
            return CC_KIND_INT32;
        case MYSQL_TYPE_LONG:
            return is_unsigned ? CC_KIND_UINT32 : CC_KIND_INT32;
        case MYSQL_TYPE_LONGLONG:
            return is_unsigned ? CC_KIND_UINT64 : CC_KIND_INT64;
        case MYSQL_TYPE_FLOAT:
            return CC_KIND_FLOAT32;
        case MYSQL_TYPE_DOUBLE:
            return CC_KIND_FLOAT64;
        case MYSQL_TYPE_DECIMAL:
        case MYSQL_TYPE_NEWDECIMAL:
            return CC_KIND_DECIMAL;
        case MYSQL_TYPE_BIT:
            return bit_kind(field->length);
        case MYSQL_TYPE_DATE:
        case MYSQL_TYPE_NEWDATE:
            return CC_KIND_DATE;
        case MYSQL_TYPE_TIME:
            return CC_KIND_TIME;
        case MYSQL_TYPE_DATETIME:
            return CC_KIND_TIMESTAMP;
        case MYSQL_TYPE_TIMESTAMP:
            return CC_KIND_TIMESTAMPTZ;
        case MYSQL_TYPE_GEOMETRY:
            return CC_KIND_GEOMETRY;
        case CC_MYSQL_TYPE_JSON:
        case CC_MYSQL_TYPE_VECTOR:
            return CC_KIND_JSON;
        default:
            return text_kind(field);
    }
}

/* Of a DECIMAL's length: its digits, the point and the sign. */
static void set_decimal(struct cc_column *column, const MYSQL_FIELD *field)
{
    unsigned long extra = (field->decimals > 0 ? 1U : 0U) +
                          (field->flags & UNSIGNED_FLAG ? 0U : 1U);
    if (field->decimals == NOT_FIXED || field->length <= extra)
        return;
    column->precision = (int)(field->length - extra);
    column->scale = (int)field->decimals;
}

/* Only CHAR and VARCHAR declare a length; it comes in bytes. */
static void set_width(struct cc_column *column, const MYSQL_FIELD *field)
{
    bool declared = field->type == MYSQL_TYPE_STRING ||
                    field->type == MYSQL_TYPE_VAR_STRING ||
                    field->type == MYSQL_TYPE_VARCHAR;
    if (declared && !(field->flags & (ENUM_FLAG | SET_FLAG | BLOB_FLAG)))
        column->width = (int)(field->length / UTF8MB4_MAX_BYTES);
}

int cc_mysql_add_column(struct cc_schema *schema, const MYSQL_FIELD *field,
                        bool tinyint1_as_boolean, struct cc_error *error)
{
    char type[64];
    snprintf(type, sizeof type, "%s%s", type_name(field),
             is_integer(field) && field->flags & UNSIGNED_FLAG ? " unsigned"
                                                               : "");
    struct cc_column *column = cc_schema_add(schema, field->name, type);
    if (!column)
        return cc_error_memory(error);
    column->kind = kind_of(field, tinyint1_as_boolean);
    column->native_id = (int64_t)field->type;
    column->encoding = CC_GEOMETRY_MYSQL;
    if (column->kind == CC_KIND_DECIMAL)
        set_decimal(column, field);
    if (column->kind == CC_KIND_TEXT)
        set_width(column, field);
    return 0;
}

/* ---- describing ---- */

static int add_columns(const struct cc_mysql *mysql,
                       const struct cc_mysql_result *result,
                       struct cc_schema *schema, struct cc_error *error)
{
    bool boolean =
        cc_connector_boolean(mysql->base.connector, CC_P_TINYINT1_AS_BOOLEAN);
    size_t count;
    const MYSQL_FIELD *fields = cc_mysql_fields(result, &count);
    for (size_t i = 0; i < count; i++)
        CC_TRY(cc_mysql_add_column(schema, &fields[i], boolean, error));
    return 0;
}

/* What cannot be prepared tells its columns only when it runs: EXPLAIN and the
 * like, procedures; anything where the server takes no more prepared
 * statements. A SELECT gives no rows then, and leaves the connection as it
 * was. */
static int run_for_columns(struct cc_mysql *mysql, const char *sql,
                           struct cc_mysql_result *result,
                           struct cc_error *error)
{
    CC_TRY(cc_mysql_settle(mysql, false, 0, error));
    CC_TRY(cc_mysql_run_text(mysql, sql, result, error));
    enum cc_mysql_step step =
        cc_mysql_next(mysql, result, END_PATIENCE_US, error);
    return step == CC_MYSQL_ERROR ? -1 : 0;
}

static int describe_statement(struct cc_mysql *mysql, const char *sql,
                              struct cc_schema *schema, struct cc_error *error)
{
    struct cc_mysql_result result;
    int status = cc_mysql_prepare(mysql, sql, &result, error);
    if (status == 1)
        status = run_for_columns(mysql, sql, &result, error);
    if (status == 0)
        status = add_columns(mysql, &result, schema, error);
    cc_mysql_end(mysql, &result);
    return status;
}

static int append_statement(const struct cc_source *source,
                            struct cc_strbuf *sql)
{
    if (!source->table)
        return cc_strbuf_append_n(
            sql, source->query,
            cc_sql_trimmed_length(&cc_dialect_mysql, source->query, NULL));
    const struct cc_schema none = {.count = 0};
    const struct cc_select select = {.source = source, .schema = &none};
    (void)cc_strbuf_append(sql, "SELECT * FROM ");
    return cc_from_sql(&cc_dialect_mysql, &select, sql);
}

int cc_mysql_describe(struct cc_connection *connection,
                      const struct cc_source *source, struct cc_schema *schema,
                      struct cc_error *error)
{
    struct cc_mysql *mysql = cc_mysql_of(connection);
    struct cc_strbuf sql = CC_STRBUF_INIT;
    int status = append_statement(source, &sql);
    if (status != 0)
        (void)cc_error_memory(error);
    if (status == 0)
        status = cc_mysql_settle(mysql, false, -1, error);
    if (status == 0)
        status = describe_statement(mysql, cc_strbuf_text(&sql), schema, error);
    if (status == 0 && source->table)
        status = cc_mysql_add_catalog(mysql, source, schema, error);
    cc_strbuf_free(&sql);
    return status;
}
