/* SPDX-License-Identifier: MIT */
/*
 * Schemas. The server describes the first result of a statement without
 * running it (SQL Server 2012): alone there a CLR column tells its type, which
 * FreeTDS drops from the wire. It does so by a function,
 * sys.dm_exec_describe_first_result_set, or where it has none (Babelfish) by a
 * procedure. Where it cannot (older servers, temporary tables), SET FMTONLY
 * gives what the wire says.
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

/* The type of a name as the server writes it, "decimal(10,2)" or "geometry";
 * `otherwise` where it is none of them. */
static int type_of_name(const char *name, int otherwise)
{
    static const char *const udts[] = {"geometry", "geography", "hierarchyid"};
    size_t length = strcspn(name, "(");
    for (size_t i = 0; i < TYPE_COUNT; i++)
    {
        if (strlen(type_kinds[i].name) == length &&
            memcmp(type_kinds[i].name, name, length) == 0)
            return type_kinds[i].type;
    }
    for (size_t i = 0; i < sizeof udts / sizeof *udts; i++)
    {
        if (strcmp(udts[i], name) == 0)
            return CC_TDS_UDT;
    }
    return strcmp(name, "timestamp") == 0 ? CC_TDS_ROWVERSION : otherwise;
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
    column->native_modifier = described->server;
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

/* What is asked for of every column, */
enum
{
    D_NAME,
    D_TYPE_NAME,
    D_USER_TYPE,
    D_TYPE,
    D_LENGTH,
    D_PRECISION,
    D_SCALE,
    D_NULLABLE,
    D_ERROR,
    D_MESSAGE,
    D_COUNT
};

/* where it is in the answer to function_sql, */
static const int function_places[D_COUNT] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
/* and in the procedure's, which raises its errors. */
static const int procedure_places[D_COUNT] = {3, 6, 14, 5, 7, 8, 9, 4, 0, 0};

/* The failure of a server that has not the function. */
#define NO_FUNCTION (-1)

struct description
{
    struct cc_schema *schema;
    const int *places;
    bool wraps;
    int failure; /* why the server cannot describe it; 0: it can */
    struct cc_strbuf reason;
};

static int function_sql(const char *statement, struct cc_strbuf *out)
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

/* An argument is no expression. */
static int procedure_sql(const char *statement, struct cc_strbuf *out)
{
    (void)cc_strbuf_append(out, "DECLARE @statement nvarchar(max) = ");
    (void)cc_sqlserver_dialect.string_literal(out, statement);
    return cc_strbuf_append(
        out, "; EXEC sys.sp_describe_first_result_set @statement");
}

static int64_t described_integer(const struct description *d,
                                 struct cc_tds *tds, int item,
                                 int64_t otherwise)
{
    int place = d->places[item];
    return place > 0 ? cc_tds_integer(tds, place, otherwise) : otherwise;
}

static int note_failure(struct description *d, struct cc_tds *tds,
                        struct cc_error *error)
{
    char *message;
    CC_TRY(cc_tds_text(tds, d->places[D_MESSAGE], &message, error));
    if (d->failure == 0)
        d->failure = (int)described_integer(d, tds, D_ERROR, -1);
    int status = cc_strbuf_append(&d->reason, message ? message : "");
    free(message);
    return status == 0 ? 0 : cc_error_memory(error);
}

/* A number that is not known here may be one of the server's own. */
static int described_type(const struct description *d, struct cc_tds *tds,
                          const char *name)
{
    int type = (int)described_integer(d, tds, D_TYPE, 0);
    return name && type_index(type) == TYPE_COUNT ? type_of_name(name, type)
                                                  : type;
}

static int described_row(void *context, struct cc_tds *tds,
                         struct cc_error *error)
{
    struct description *d = context;
    if (described_integer(d, tds, D_ERROR, 0) != 0)
        return note_failure(d, tds, error);
    char *texts[D_USER_TYPE + 1] = {NULL};
    int status = 0;
    for (int i = D_NAME; i <= D_USER_TYPE && status == 0; i++)
        status = cc_tds_text(tds, d->places[i], &texts[i], error);
    const char *user_type = texts[D_USER_TYPE];
    const struct cc_tds_described described = {
        .name = texts[D_NAME],
        .type_name = texts[D_TYPE_NAME],
        .user_type_name = user_type ? user_type : texts[D_TYPE_NAME],
        .type = described_type(d, tds, texts[D_TYPE_NAME]),
        .max_length = (int)described_integer(d, tds, D_LENGTH, 0),
        .precision = (int)described_integer(d, tds, D_PRECISION, 0),
        .scale = (int)described_integer(d, tds, D_SCALE, 0),
        .not_null = described_integer(d, tds, D_NULLABLE, 1) == 0,
        .wraps = d->wraps,
        .server = tds->server,
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
        .server = tds->server,
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

static int take_wire_names(struct cc_tds *tds, struct cc_schema *schema,
                           struct cc_error *error)
{
    int columns = dbnumcols(tds->dbproc);
    if (columns < 0 || (size_t)columns != schema->count)
        return 0;
    for (size_t i = 0; i < schema->count; i++)
    {
        const char *name = dbcolname(tds->dbproc, (int)i + 1);
        char *copy = strdup(name ? name : "");
        if (!copy)
            return cc_error_memory(error);
        free(schema->columns[i].name);
        schema->columns[i].name = copy;
    }
    return 0;
}

static int name_entered(struct cc_tds *tds, const char *sql,
                        struct cc_schema *schema, struct cc_error *error)
{
    CC_TRY(cc_tds_limit_rows(tds, 0, error));
    CC_TRY(cc_tds_send(tds, sql, error));
    int status = cc_tds_next_result(tds, CC_STAGE_QUERY, error);
    if (status > 0)
        status = take_wire_names(tds, schema, error) == 0 ? 1 : -1;
    while (status > 0)
        status = cc_tds_next_result(tds, CC_STAGE_QUERY, error);
    return status;
}

/* The procedure gives names in lower case and in one code page, the wire as
 * they are. They stay where the statement cannot be asked so. */
static void describe_names(struct cc_tds *tds, const char *statement,
                           struct cc_schema *schema)
{
    struct cc_error error;
    cc_error_init(&error, tds->base.connector->secrets);
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&sql, "SELECT TOP (0) * FROM (%s\n) AS q",
                           statement);
    cc_tds_enter(tds);
    if (!cc_strbuf_failed(&sql) &&
        name_entered(tds, sql.data, schema, &error) < 0)
    {
        cc_debug(tds->base.host, "sqlserver: no names by the wire: %s",
                 error.message);
        cc_tds_abandon(tds);
    }
    cc_tds_leave();
    cc_strbuf_free(&sql);
}

/* Temporary tables are there only when the statement runs, and Babelfish
 * describes no WITH: it does run, and what it returns is kept for the read. */
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

/* ---- all of it ---- */

/* Asks with one of the two. -1 with CC_STAGE_QUERY: it cannot be asked so. */
static int ask(struct description *d, struct cc_tds *tds, const char *statement,
               const int *places,
               int (*write_sql)(const char *statement, struct cc_strbuf *out),
               struct cc_error *error)
{
    struct cc_strbuf sql = CC_STRBUF_INIT;
    d->places = places;
    int status = write_sql(statement, &sql) == 0
                     ? cc_tds_execute(tds, sql.data, described_row, d, error)
                     : cc_error_memory(error);
    cc_strbuf_free(&sql);
    return status;
}

/* Whether a statement failed that leaves room for another one. */
static bool goes_on(const struct cc_tds *tds, int status,
                    const struct cc_error *error)
{
    return status != 0 && !DBDEAD(tds->dbproc) &&
           error->stage == CC_STAGE_QUERY;
}

static int describe_statement(struct cc_tds *tds, const char *statement,
                              bool wraps, struct cc_schema *schema,
                              struct cc_error *error)
{
    struct description d = {schema, NULL, wraps, 0, CC_STRBUF_INIT};
    int status = ask(&d, tds, statement, function_places, function_sql, error);
    if (goes_on(tds, status, error))
    {
        d.failure = NO_FUNCTION;
        status =
            ask(&d, tds, statement, procedure_places, procedure_sql, error);
        if (status == 0 && wraps && schema->count > 0)
            describe_names(tds, statement, schema);
    }
    if (goes_on(tds, status, error))
        status = cc_strbuf_append(&d.reason, error->message);
    if (status == 0 && schema->count == 0)
        status = describe_wire(&d, tds, statement, error);
    if (status != 0 && d.failure != 0 && !wraps && !DBDEAD(tds->dbproc))
        status = describe_by_running(&d, tds, statement, error);
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
        cc_tds_describe_extras(tds, table.data, schema);
        cc_tds_describe_srids(tds, table.data, schema);
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
