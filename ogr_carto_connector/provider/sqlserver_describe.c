/* SPDX-License-Identifier: MIT */
/*
 * Schemas. The server describes the first result of a statement without
 * running it (sys.dm_exec_describe_first_result_set, SQL Server 2012): alone
 * there a CLR column tells its type, which FreeTDS drops from the wire. Where
 * it cannot (older servers, temporary tables), SET FMTONLY gives what the wire
 * says.
 */
#include "sqlserver_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- one column ---- */

/* Kinds of the types that need no further look. */
static const struct
{
    int type;
    enum cc_kind kind;
    const char *name;
} type_kinds[] = {
    {CC_TDS_IMAGE, CC_KIND_BINARY, "image"},
    {CC_TDS_TEXT, CC_KIND_TEXT, "text"},
    {CC_TDS_UNIQUEIDENTIFIER, CC_KIND_UUID, "uniqueidentifier"},
    {CC_TDS_DATE, CC_KIND_DATE, "date"},
    {CC_TDS_TIME, CC_KIND_TIME, "time"},
    {CC_TDS_DATETIME2, CC_KIND_TIMESTAMP, "datetime2"},
    {CC_TDS_DATETIMEOFFSET, CC_KIND_TIMESTAMPTZ, "datetimeoffset"},
    {CC_TDS_TINYINT, CC_KIND_INT16, "tinyint"},
    {CC_TDS_SMALLINT, CC_KIND_INT16, "smallint"},
    {CC_TDS_INT, CC_KIND_INT32, "int"},
    {CC_TDS_SMALLDATETIME, CC_KIND_TIMESTAMP, "smalldatetime"},
    {CC_TDS_REAL, CC_KIND_FLOAT32, "real"},
    {CC_TDS_MONEY, CC_KIND_DECIMAL, "money"},
    {CC_TDS_DATETIME, CC_KIND_TIMESTAMP, "datetime"},
    {CC_TDS_FLOAT, CC_KIND_FLOAT64, "float"},
    {CC_TDS_VARIANT, CC_KIND_UNSUPPORTED, "sql_variant"},
    {CC_TDS_NTEXT, CC_KIND_TEXT, "ntext"},
    {CC_TDS_BIT, CC_KIND_BOOLEAN, "bit"},
    {CC_TDS_DECIMAL, CC_KIND_DECIMAL, "decimal"},
    {CC_TDS_NUMERIC, CC_KIND_DECIMAL, "numeric"},
    {CC_TDS_SMALLMONEY, CC_KIND_DECIMAL, "smallmoney"},
    {CC_TDS_BIGINT, CC_KIND_INT64, "bigint"},
    {CC_TDS_VARBINARY, CC_KIND_BINARY, "varbinary"},
    {CC_TDS_VARCHAR, CC_KIND_TEXT, "varchar"},
    {CC_TDS_BINARY, CC_KIND_BINARY, "binary"},
    {CC_TDS_CHAR, CC_KIND_TEXT, "char"},
    {CC_TDS_ROWVERSION, CC_KIND_BINARY, "rowversion"},
    {CC_TDS_NVARCHAR, CC_KIND_TEXT, "nvarchar"},
    {CC_TDS_NCHAR, CC_KIND_TEXT, "nchar"},
    {CC_TDS_UDT, CC_KIND_BINARY, "CLR type"},
    {CC_TDS_XML, CC_KIND_TEXT, "xml"},
    {CC_TDS_JSON, CC_KIND_JSON, "json"},
};

#define TYPE_COUNT (sizeof type_kinds / sizeof *type_kinds)

static size_t type_index(int type)
{
    size_t i = 0;
    while (i < TYPE_COUNT && type_kinds[i].type != type)
        i++;
    return i;
}

static const char *native_name(const struct cc_tds_described *described,
                               size_t index)
{
    if (described->type == CC_TDS_UDT && described->user_type_name)
        return described->user_type_name;
    if (described->type_name)
        return described->type_name;
    return index < TYPE_COUNT ? type_kinds[index].name : "unknown";
}

static void set_text_width(struct cc_column *column, int type, int max_length)
{
    if (max_length <= 0)
        return;
    if (type == CC_TDS_NVARCHAR || type == CC_TDS_NCHAR)
        column->width = max_length / 2;
    else if (type == CC_TDS_VARCHAR || type == CC_TDS_CHAR)
        column->width = max_length;
}

static void set_decimal(struct cc_column *column,
                        const struct cc_tds_described *described)
{
    column->precision = described->precision;
    column->scale = described->scale;
    if (described->type == CC_TDS_MONEY || described->type == CC_TDS_SMALLMONEY)
    {
        column->precision = described->type == CC_TDS_MONEY ? 19 : 10;
        column->scale = 4;
    }
}

/* geometry and geography as they are; other CLR types by their text where it
 * can be asked for, else as their bytes. */
static void set_udt(struct cc_column *column,
                    const struct cc_tds_described *described)
{
    const char *name = described->user_type_name;
    bool geography = name && strcmp(name, "geography") == 0;
    if (geography || (name && strcmp(name, "geometry") == 0))
    {
        column->kind = CC_KIND_GEOMETRY;
        column->geodetic = geography;
        column->encoding =
            geography ? CC_GEOMETRY_CLR_GEOGRAPHY : CC_GEOMETRY_CLR_GEOMETRY;
    }
    else if (described->wraps)
    {
        column->kind = CC_KIND_TEXT;
        column->native_modifier |= CC_TDS_TO_STRING;
    }
}

int cc_tds_add_column(struct cc_schema *schema,
                      const struct cc_tds_described *described,
                      struct cc_error *error)
{
    size_t index = type_index(described->type);
    struct cc_column *column =
        cc_schema_add(schema, described->name ? described->name : "",
                      native_name(described, index));
    if (!column)
        return cc_error_memory(error);
    column->kind =
        index < TYPE_COUNT ? type_kinds[index].kind : CC_KIND_UNSUPPORTED;
    column->native_id = described->type;
    column->native_modifier =
        described->has_translate ? CC_TDS_HAS_TRANSLATE : 0;
    column->not_null = described->not_null;
    if (column->kind == CC_KIND_DECIMAL)
        set_decimal(column, described);
    if (column->kind == CC_KIND_TEXT)
        set_text_width(column, described->type, described->max_length);
    if (described->type == CC_TDS_UDT)
        set_udt(column, described);
    if (described->type == CC_TDS_VARIANT && described->wraps)
        column->kind = CC_KIND_TEXT;
    return 0;
}

/* ---- by the server's description ---- */

struct description
{
    struct cc_schema *schema;
    bool wraps;
    int failure; /* why the server cannot describe it; 0: it can */
    struct cc_strbuf reason;
};

/* The columns that description_sql asks for. */
enum
{
    D_NAME = 1,
    D_TYPE_NAME,
    D_USER_TYPE,
    D_TYPE,
    D_LENGTH,
    D_PRECISION,
    D_SCALE,
    D_NULLABLE,
    D_ERROR,
    D_MESSAGE
};

static int description_sql(const char *statement, struct cc_strbuf *out)
{
    (void)cc_strbuf_append(
        out, "SELECT name, system_type_name, user_type_name, "
             "CONVERT(int, system_type_id), CONVERT(int, max_length), "
             "CONVERT(int, precision), CONVERT(int, scale), "
             "CONVERT(int, is_nullable), error_number, error_message "
             "FROM sys.dm_exec_describe_first_result_set(");
    (void)cc_sqlserver_dialect.string_literal(out, statement);
    return cc_strbuf_append(out, ", NULL, 0) ORDER BY column_ordinal");
}

static int note_failure(struct description *d, struct cc_tds *tds,
                        struct cc_error *error)
{
    char *message;
    CC_TRY(cc_tds_text(tds, D_MESSAGE, &message, error));
    if (d->failure == 0)
        d->failure = (int)cc_tds_integer(tds, D_ERROR, -1);
    int status = cc_strbuf_append(&d->reason, message ? message : "");
    free(message);
    return status == 0 ? 0 : cc_error_memory(error);
}

static int described_row(void *context, struct cc_tds *tds,
                         struct cc_error *error)
{
    struct description *d = context;
    if (cc_tds_integer(tds, D_ERROR, 0) != 0)
        return note_failure(d, tds, error);
    char *texts[D_USER_TYPE + 1] = {NULL};
    int status = 0;
    for (int i = D_NAME; i <= D_USER_TYPE && status == 0; i++)
        status = cc_tds_text(tds, i, &texts[i], error);
    const struct cc_tds_described described = {
        .name = texts[D_NAME],
        .type_name = texts[D_TYPE_NAME],
        .user_type_name = texts[D_USER_TYPE],
        .type = (int)cc_tds_integer(tds, D_TYPE, 0),
        .max_length = (int)cc_tds_integer(tds, D_LENGTH, 0),
        .precision = (int)cc_tds_integer(tds, D_PRECISION, 0),
        .scale = (int)cc_tds_integer(tds, D_SCALE, 0),
        .not_null = cc_tds_integer(tds, D_NULLABLE, 1) == 0,
        .wraps = d->wraps,
        .has_translate = tds->has_translate,
    };
    if (status == 0)
        status = cc_tds_add_column(d->schema, &described, error);
    for (int i = D_NAME; i <= D_USER_TYPE; i++)
        free(texts[i]);
    return status;
}

/* ---- by the wire ---- */

/* db-lib's types without a number of the catalog's. */
static int catalog_type(int type)
{
    switch (type)
    {
        case SYBBIT:
            return CC_TDS_BIT;
        case SYBCHAR:
        case SYBVARCHAR:
            return CC_TDS_VARCHAR;
        case SYBBINARY:
        case SYBVARBINARY:
            return CC_TDS_VARBINARY;
        default:
            return type;
    }
}

static int add_wire_column(struct description *d, struct cc_tds *tds,
                           int number, struct cc_error *error)
{
    DBCOL column = {.SizeOfStruct = sizeof column};
    if (dbcolinfo(tds->dbproc, CI_REGULAR, number, 0, &column) != SUCCEED)
        return cc_tds_error(tds, CC_STAGE_QUERY, error);
    const struct cc_tds_described described = {
        .name = column.Name,
        .type = catalog_type(dbcoltype(tds->dbproc, number)),
        .precision = column.Precision,
        .scale = column.Scale,
        .not_null = column.Null == 0,
        .wraps = d->wraps,
        .has_translate = tds->has_translate,
    };
    return cc_tds_add_column(d->schema, &described, error);
}

static int add_wire_columns(struct description *d, struct cc_tds *tds,
                            struct cc_error *error)
{
    int columns = dbnumcols(tds->dbproc);
    for (int i = 1; i <= columns; i++)
        CC_TRY(add_wire_column(d, tds, i, error));
    return 0;
}

static int describe_wire_entered(struct description *d, struct cc_tds *tds,
                                 const char *statement, struct cc_error *error)
{
    CC_TRY(cc_tds_limit_rows(tds, 0, error));
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&sql, "SET FMTONLY ON;\n%s\n;SET FMTONLY OFF",
                           statement);
    int status = cc_strbuf_failed(&sql) ? cc_error_memory(error)
                                        : cc_tds_send(tds, sql.data, error);
    cc_strbuf_free(&sql);
    if (status != 0)
        return -1;
    status = cc_tds_next_result(tds, CC_STAGE_QUERY, error);
    if (status > 0 && add_wire_columns(d, tds, error) != 0)
        return -1;
    while (status > 0)
        status = cc_tds_next_result(tds, CC_STAGE_QUERY, error);
    return status < 0 ? -1 : 0;
}

static int describe_wire(struct description *d, struct cc_tds *tds,
                         const char *statement, struct cc_error *error)
{
    cc_debug(tds->base.host,
             "sqlserver: the server cannot describe the statement (%d: %s)",
             d->failure, cc_strbuf_text(&d->reason));
    cc_tds_enter(tds);
    int status = describe_wire_entered(d, tds, statement, error);
    if (status != 0)
    {
        /* the session must not stay without results */
        struct cc_error ignored = CC_ERROR_INIT;
        if (!DBDEAD(tds->dbproc) &&
            cc_tds_send(tds, "SET FMTONLY OFF", &ignored) == 0)
            (void)cc_tds_next_result(tds, CC_STAGE_QUERY, &ignored);
    }
    cc_tds_leave();
    return status;
}

/* Temporary tables are there only when the statement runs: it does, and what it
 * returns is kept for the read. */
static int describe_by_running(struct description *d, struct cc_tds *tds,
                               const char *statement, struct cc_error *error)
{
    cc_tds_enter(tds);
    int status = cc_tds_limit_rows(tds, 0, error);
    if (status == 0)
        status = cc_tds_send(tds, statement, error);
    if (status == 0)
        status = cc_tds_next_result(tds, CC_STAGE_QUERY, error);
    if (status > 0)
        status = add_wire_columns(d, tds, error);
    if (status == 0 && tds->running && cc_tds_keep(tds, statement) != 0)
        status = cc_error_memory(error);
    if (status < 0)
        cc_tds_abandon(tds);
    cc_tds_leave();
    return status;
}

/* ---- what the catalog adds for a table ---- */

struct extras
{
    struct cc_schema *schema;
    size_t keys;
    size_t key;
};

enum
{
    E_NAME = 1,
    E_KEY,
    E_DEFAULT,
    E_COMMENT
};

static int extras_sql(const char *table, struct cc_strbuf *out)
{
    (void)cc_strbuf_append(
        out, "SELECT c.name, CONVERT(int, CASE WHEN k.column_id IS NULL THEN 0 "
             "ELSE 1 END), d.definition, CONVERT(nvarchar(4000), e.value) "
             "FROM sys.columns c "
             "LEFT JOIN sys.indexes i ON i.object_id = c.object_id "
             "AND i.is_primary_key = 1 "
             "LEFT JOIN sys.index_columns k ON k.object_id = c.object_id "
             "AND k.index_id = i.index_id AND k.column_id = c.column_id "
             "LEFT JOIN sys.default_constraints d "
             "ON d.object_id = c.default_object_id "
             "LEFT JOIN sys.extended_properties e ON e.class = 1 "
             "AND e.major_id = c.object_id AND e.minor_id = c.column_id "
             "AND e.name = N'MS_Description' WHERE c.object_id = OBJECT_ID(");
    (void)cc_sqlserver_dialect.string_literal(out, table);
    return cc_strbuf_append(out, ") ORDER BY c.column_id");
}

static int extras_row(void *context, struct cc_tds *tds, struct cc_error *error)
{
    struct extras *extras = context;
    char *name;
    CC_TRY(cc_tds_text(tds, E_NAME, &name, error));
    struct cc_schema *schema = extras->schema;
    size_t i = 0;
    while (i < schema->count && strcmp(schema->columns[i].name, name) != 0)
        i++;
    free(name);
    if (i == schema->count)
        return 0;
    struct cc_column *column = &schema->columns[i];
    if (cc_tds_integer(tds, E_KEY, 0) != 0)
    {
        extras->keys++;
        extras->key = i;
    }
    free(column->default_value);
    free(column->comment);
    column->comment = NULL;
    CC_TRY(cc_tds_text(tds, E_DEFAULT, &column->default_value, error));
    return cc_tds_text(tds, E_COMMENT, &column->comment, error);
}

static bool is_integer(const struct cc_column *column)
{
    return column->kind == CC_KIND_INT16 || column->kind == CC_KIND_INT32 ||
           column->kind == CC_KIND_INT64 ||
           (column->kind == CC_KIND_DECIMAL && column->scale == 0);
}

/* Done without where it fails: a user may read a table and not its catalog. */
static void describe_extras(struct cc_tds *tds, const char *table,
                            struct cc_schema *schema)
{
    struct cc_error error;
    cc_error_init(&error, tds->base.connector->secrets);
    struct extras extras = {schema, 0, 0};
    struct cc_strbuf sql = CC_STRBUF_INIT;
    if (extras_sql(table, &sql) == 0 &&
        cc_tds_execute(tds, sql.data, extras_row, &extras, &error) != 0)
        cc_debug(tds->base.host, "sqlserver: no keys and comments of %s: %s",
                 table, error.message);
    else if (extras.keys == 1 && is_integer(&schema->columns[extras.key]))
        schema->columns[extras.key].key = true;
    cc_strbuf_free(&sql);
}

/* Rows that are looked at for the SRID. */
#define SRID_ROWS "100"

static int srid_row(void *context, struct cc_tds *tds, struct cc_error *error)
{
    (void)error;
    int64_t srid = cc_tds_integer(tds, 1, 0);
    if (srid > 0 && srid < CC_SRID_CUSTOM)
        *(int32_t *)context = (int32_t)srid;
    return 0;
}

/* No catalog knows the SRID of a column, and without it no box can be asked
 * for; the first rows of a table tell it at no cost. */
static void describe_srid(struct cc_tds *tds, const char *table,
                          struct cc_column *column)
{
    struct cc_error error;
    cc_error_init(&error, tds->base.connector->secrets);
    struct cc_strbuf name = CC_STRBUF_INIT;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_sql_identifier(&cc_sqlserver_dialect, &name, column->name);
    (void)cc_strbuf_printf(&sql,
                           "SELECT TOP (1) s FROM (SELECT TOP (" SRID_ROWS
                           ") %s.STSrid AS s FROM %s) AS t WHERE s IS NOT NULL",
                           cc_strbuf_text(&name), table);
    if (!cc_strbuf_failed(&sql) && !cc_strbuf_failed(&name) &&
        cc_tds_execute(tds, sql.data, srid_row, &column->srid, &error) != 0)
        cc_debug(tds->base.host, "sqlserver: no SRID of %s: %s", column->name,
                 error.message);
    cc_strbuf_free(&name);
    cc_strbuf_free(&sql);
}

static int is_table_row(void *context, struct cc_tds *tds,
                        struct cc_error *error)
{
    (void)error;
    *(bool *)context = cc_tds_integer(tds, 1, 0) != 0;
    return 0;
}

/* A view's first rows may take any time. */
static bool is_table(struct cc_tds *tds, const char *table)
{
    struct cc_error error = CC_ERROR_INIT;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    bool result = false;
    (void)cc_strbuf_append(&sql, "SELECT CONVERT(int, CASE WHEN OBJECT_ID(");
    (void)cc_sqlserver_dialect.string_literal(&sql, table);
    (void)cc_strbuf_append(&sql, ", N'U') IS NULL THEN 0 ELSE 1 END)");
    if (!cc_strbuf_failed(&sql))
        (void)cc_tds_execute(tds, sql.data, is_table_row, &result, &error);
    cc_strbuf_free(&sql);
    return result;
}

static void describe_srids(struct cc_tds *tds, const char *table,
                           struct cc_schema *schema)
{
    bool known = false;
    for (size_t i = 0; i < schema->count; i++)
    {
        if (schema->columns[i].kind != CC_KIND_GEOMETRY)
            continue;
        if (!known && !is_table(tds, table))
            return;
        known = true;
        describe_srid(tds, table, &schema->columns[i]);
    }
}

/* ---- all of it ---- */

static int describe_statement(struct cc_tds *tds, const char *statement,
                              bool wraps, struct cc_schema *schema,
                              struct cc_error *error)
{
    struct description d = {schema, wraps, 0, CC_STRBUF_INIT};
    struct cc_strbuf sql = CC_STRBUF_INIT;
    int status = description_sql(statement, &sql) == 0
                     ? cc_tds_execute(tds, sql.data, described_row, &d, error)
                     : cc_error_memory(error);
    bool alive = !DBDEAD(tds->dbproc);
    if (status != 0 && alive && error->stage == CC_STAGE_QUERY)
        status = cc_strbuf_append(&d.reason, error->message);
    if (status == 0 && schema->count == 0)
        status = describe_wire(&d, tds, statement, error);
    if (status != 0 && d.failure != 0 && !wraps && !DBDEAD(tds->dbproc))
        status = describe_by_running(&d, tds, statement, error);
    cc_strbuf_free(&sql);
    cc_strbuf_free(&d.reason);
    return status;
}

static int no_columns(const struct cc_source *source, struct cc_error *error)
{
    return source->table
               ? cc_error_set(error, CC_STAGE_QUERY, NULL,
                              "the table \"%s\" has no columns", source->table)
               : cc_error_set(error, CC_STAGE_QUERY, NULL,
                              "the query returns no rows: nothing can be "
                              "imported from it");
}

static int describe_table(struct cc_tds *tds, const struct cc_source *source,
                          struct cc_schema *schema, struct cc_error *error)
{
    const struct cc_select select = {.source = source, .schema = schema};
    struct cc_strbuf table = CC_STRBUF_INIT;
    struct cc_strbuf statement = CC_STRBUF_INIT;
    (void)cc_from_sql(&cc_sqlserver_dialect, &select, &table);
    (void)cc_strbuf_printf(&statement, "SELECT * FROM %s",
                           cc_strbuf_text(&table));
    int status =
        cc_strbuf_failed(&table) || cc_strbuf_failed(&statement)
            ? cc_error_memory(error)
            : describe_statement(tds, statement.data, true, schema, error);
    if (status == 0)
    {
        describe_extras(tds, table.data, schema);
        describe_srids(tds, table.data, schema);
    }
    cc_strbuf_free(&table);
    cc_strbuf_free(&statement);
    return status;
}

/* Described as it is sent. */
static int describe_query(struct cc_tds *tds, const struct cc_source *source,
                          struct cc_schema *schema, struct cc_error *error)
{
    const struct cc_select select = {.source = source, .schema = schema};
    bool wraps = cc_select_wraps(&cc_sqlserver_dialect, &select);
    struct cc_strbuf sql = CC_STRBUF_INIT;
    int status = cc_select_sql(&cc_sqlserver_dialect, &select, &sql, NULL) == 0
                     ? describe_statement(tds, cc_strbuf_text(&sql), wraps,
                                          schema, error)
                     : cc_error_memory(error);
    cc_strbuf_free(&sql);
    return status;
}

int cc_sqlserver_describe(struct cc_connection *connection,
                          const struct cc_source *source,
                          struct cc_schema *schema, struct cc_error *error)
{
    struct cc_tds *tds = (struct cc_tds *)connection;
    int status = source->table ? describe_table(tds, source, schema, error)
                               : describe_query(tds, source, schema, error);
    if (status == 0 && schema->count == 0)
        status = no_columns(source, error);
    return status;
}
