/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of the core fails once, alone and with all that follow it:
 * what asked for it has to report an error, and (under LeakSanitizer) to free
 * what it had. The linker puts the functions below in front of the allocator's
 * in the core and in this file; the libraries' own allocations do not fail.
 */
#include "connector_case.h"
#include "scripted_provider.h"
#include "sql_fixture.h"

#include "column/geometry.h"
#include "pipe/pipe.h"

#define MOST_ALLOCATIONS 20000

/* ---- an allocator that fails ---- */

static atomic_bool armed;
static atomic_bool failed;      /* an allocation has, since it was armed */
static atomic_long allocations; /* that still succeed */
static bool all_behind;         /* those behind the first that fails, too */

static bool fails(void)
{
    if (!atomic_load(&armed))
        return false;
    long left = atomic_fetch_sub(&allocations, 1);
    if (left > 0 || (left < 0 && !all_behind))
        return false;
    atomic_store(&failed, true);
    return true;
}

/* The linker's names. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return fails() ? NULL : __real_realloc(block, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return fails() ? NULL : __real_strndup(text, size);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* 0, or -1 with the error set. */
typedef int (*path)(struct cc_error *error);

/* Whether the path was as short of memory as the n-th allocation. */
static bool run_failing(path run, long n)
{
    struct cc_error error = CC_ERROR_INIT;
    atomic_store(&allocations, n);
    atomic_store(&failed, false);
    atomic_store(&armed, true);
    int result = run(&error);
    atomic_store(&armed, false);
    bool short_of = atomic_load(&failed);
    if (short_of && result == 0)
        fail_msg("nothing said that allocation %ld failed", n);
    if (!short_of && result != 0)
        fail_msg("with %ld allocations: %s", n, error.message);
    if (result != 0)
        assert_string_not_equal(error.message, "");
    return short_of;
}

static void fail_each(path run)
{
    for (int i = 0; i < 2; i++)
    {
        long n = 0;
        all_behind = i == 1;
        while (run_failing(run, n))
            assert_true(++n < MOST_ALLOCATIONS);
        assert_true(n > 0);
    }
}

/* ---- a connector ---- */

static int open_connector(struct cc_error *error)
{
    static const char json[] =
        "{\"connector\": {\"provider\": \"postgres\", \"connection\": "
        "{\"server\": \"h\", \"database\": \"d\", \"username\": \"u\", "
        "\"password\": \"hunter22\"}, \"table\": \"t\", \"encoding\": "
        "\"LATIN1\",}, \"interval\": 3600}";
    struct connector_case c = {.json = json};
    struct cc_connector_input input = {c.json,      NULL,           case_option,
                                       case_config, case_read_file, &c};
    struct cc_connector *connector = NULL;
    if (cc_connector_new(&input, &connector, error) != 0)
        return -1;
    char *description = cc_connector_description(connector, json);
    int result = description ? 0 : cc_error_memory(error);
    free(description);
    cc_connector_free(connector);
    return result;
}

static int open_mistaken(struct cc_error *error)
{
    static const char json[] =
        "{\"provider\": \"mysql\", \"tabel\": \"t\", \"connection\": "
        "{\"server\": \"h\", \"password\": \"hunter22\", \"port\": \"x\"}}";
    struct connector_case c = {.json = json};
    struct cc_connector_input input = {c.json,      NULL,           case_option,
                                       case_config, case_read_file, &c};
    struct cc_connector *connector = NULL;
    if (cc_connector_new(&input, &connector, error) == 0)
        cc_connector_free(connector);
    /* It fails either way: what counts is why. */
    bool mistaken = strstr(error->message, "tabel") != NULL;
    return mistaken && !atomic_load(&failed) ? 0 : -1;
}

static void test_connector(void **state)
{
    (void)state;
    fail_each(open_connector);
    fail_each(open_mistaken);
}

/* ---- a schema ---- */

static int add_columns(struct cc_schema *schema, struct cc_error *error)
{
    static const struct
    {
        const char *name;
        enum cc_kind kind;
    } columns[] = {{"n", CC_KIND_INT64},
                   {"n", CC_KIND_TEXT},
                   {"", CC_KIND_DECIMAL},
                   {"a name that has more than the sixty-three bytes that a "
                    "name may have in the output",
                    CC_KIND_TIMESTAMP},
                   {"odd", CC_KIND_UNSUPPORTED},
                   {"geom", CC_KIND_GEOMETRY},
                   {"wkt", CC_KIND_TEXT}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    {
        struct cc_column *column =
            cc_schema_add(schema, columns[i].name, "native");
        if (!column)
            return cc_error_memory(error);
        column->kind = columns[i].kind;
    }
    return 0;
}

static struct cc_connector *connector;

static int resolve_schema(struct cc_error *error)
{
    struct cc_schema schema;
    struct ArrowSchema arrow = {.release = NULL};
    cc_schema_init(&schema);
    int result = add_columns(&schema, error);
    if (result == 0)
        result = cc_schema_resolve(&schema, connector, error);
    if (result == 0)
        result = cc_schema_to_arrow(&schema, NULL, "fid", "geoarrow.wkb",
                                    &arrow, error);
    if (arrow.release)
        arrow.release(&arrow);
    cc_schema_free(&schema);
    return result;
}

static void test_schema(void **state)
{
    (void)state;
    connector = valid_json("{" POSTGRES ",\"table\":\"t\"}");
    fail_each(resolve_schema);
    cc_connector_free(connector);
}

/* ---- a batch ---- */

static struct fixture fixture;

static int append_row(struct cc_builder *columns, struct cc_error *error)
{
    static const char polygon[] =
        "{\"type\": \"Polygon\", \"coordinates\": [[[0, 0], [1.5, 0], [1, 1], "
        "[0, 0]]]}";
    static const char text[] = "caf\xE9";
    if (cc_builder_int64(&columns[0], 7, error) != 0 ||
        cc_builder_text(&columns[1], text, 4, error) != 0 ||
        cc_builder_decimal(&columns[2], "123456789.12345678901", 21, error) !=
            0 ||
        cc_builder_timestamp(&columns[3], INT64_MAX, error) != 0 ||
        cc_builder_text(&columns[4], polygon, sizeof polygon - 1, error) != 0)
        return -1;
    return cc_builder_bytes(&columns[5], polygon, sizeof polygon - 1, error);
}

static int fill_batches(struct cc_batch_builder *builder,
                        struct cc_error *error)
{
    for (int i = 0; i < 3; i++)
    {
        struct ArrowArray batch;
        while (!cc_batch_full(builder))
        {
            if (append_row(builder->columns, error) != 0)
                return -1;
            cc_batch_end_row(builder);
        }
        if (cc_batch_finish(builder, &batch, error) != 0)
            return -1;
        batch.release(&batch);
    }
    return 0;
}

static int describe_losses(struct cc_batch_builder *builder,
                           struct cc_error *error)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    int result = 0;
    for (size_t i = 0; i < builder->count && result == 0; i++)
    {
        for (int kind = 0; kind < CC_LOSS_KINDS && result == 0; kind++)
            result = cc_loss_describe(&builder->columns[i],
                                      (enum cc_loss_kind)kind, &text);
    }
    cc_strbuf_free(&text);
    return result == 0 ? 0 : cc_error_memory(error);
}

static int build_batches(struct cc_error *error)
{
    const struct cc_batch_options options = {.batch_rows = 16,
                                             .first_rows = 4,
                                             .iconv_name = "ISO-8859-1",
                                             .target_srs = "EPSG:3857"};
    struct cc_batch_builder *builder = NULL;
    if (cc_batch_builder_new(&fixture.schema, NULL, NULL, &options, &builder,
                             error) != 0)
        return -1;
    int result = fill_batches(builder, error);
    if (result == 0)
        result = describe_losses(builder, error);
    cc_batch_builder_free(builder);
    return result;
}

static void test_batches(void **state)
{
    (void)state;
    fixture_init(&fixture);
    fixture_column(&fixture, "n", CC_KIND_INT64, CC_OUT_INT64);
    fixture_column(&fixture, "t", CC_KIND_TEXT, CC_OUT_STRING);
    fixture_column(&fixture, "d", CC_KIND_DECIMAL, CC_OUT_FLOAT64);
    fixture_column(&fixture, "s", CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP);
    fixture_column(&fixture, "g", CC_KIND_TEXT, CC_OUT_GEOMETRY);
    fixture_column(&fixture, "b", CC_KIND_BINARY, CC_OUT_BINARY);
    fail_each(build_batches);
    fixture_free(&fixture);
}

/* ---- geometry ---- */

static int decode_one(const char *text, struct cc_error *error)
{
    struct cc_buffer out = CC_BUFFER_INIT;
    struct cc_geometry_result result;
    enum cc_geometry_status status = cc_geometry_decode(
        CC_GEOMETRY_AUTO, (const uint8_t *)text, strlen(text), &out, &result);
    cc_buffer_free(&out);
    if (status == CC_GEOMETRY_NO_MEMORY)
        return cc_error_memory(error);
    return status == CC_GEOMETRY_OK
               ? 0
               : cc_error_set(error, CC_STAGE_FETCH, NULL, "%s", result.reason);
}

static int decode_geometries(struct cc_error *error)
{
    static const char *const texts[] = {
        "POINT(1.5 2.5)",
        "SRID=4326;POINT Z (1 2 3)",
        "MULTIPOINT(1 2, 3 4, EMPTY)",
        "GEOMETRYCOLLECTION(POLYGON((0 0,1.25 0,1 1,0 0)),CURVEPOLYGON("
        "CIRCULARSTRING(0 0,1 1,2 0,1 -1,0 0)),LINESTRING(0 0,1 1 5))",
        "0101000020E6100000000000000000F03F0000000000000040",
        "{\"type\": \"GeometryCollection\", \"geometries\": [{\"type\": "
        "\"Point\", \"coordinates\": [1, 2, 3]}, {\"coordinates\": [[[[0, 0], "
        "[1, 0], [1, 1], [0, 0]]]], \"type\": \"MultiPolygon\"}]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    {
        if (decode_one(texts[i], error) != 0)
            return -1;
    }
    return 0;
}

static void test_geometry(void **state)
{
    (void)state;
    fail_each(decode_geometries);
}

/* ---- SQL ---- */

/* Takes the arguments over; NULL when one of them is. */
static struct cc_expr *both(enum cc_operator operator, struct cc_expr * a,
                            struct cc_expr *b)
{
    struct cc_expr *expr = cc_expr_new(operator);
    if (!expr)
    {
        cc_expr_free(a);
        cc_expr_free(b);
        return NULL;
    }
    bool added = cc_expr_add(expr, a) == 0;
    added = cc_expr_add(expr, b) == 0 && added;
    if (added)
        return expr;
    cc_expr_free(expr);
    return NULL;
}

static struct cc_schema schema;

static int write_select(const struct cc_expr *filter, struct cc_error *error)
{
    const struct cc_source source = {.schema = "s", .table = "t"};
    const struct cc_source query = {.query = "SELECT 1; -- one"};
    const struct cc_box box = {0, 0, 1, 1};
    const struct cc_select selects[] = {
        {.source = &source,
         .schema = &schema,
         .filter = filter,
         .box = &box,
         .box_column = 2},
        {.source = &query, .schema = &schema, .filter = filter}};
    int result = 0;
    for (size_t i = 0; i < 2 && result == 0; i++)
    {
        struct cc_strbuf sql = CC_STRBUF_INIT;
        result = cc_select_sql(&full_dialect, &selects[i], &sql, NULL);
        cc_strbuf_free(&sql);
    }
    return result == 0 ? 0 : cc_error_memory(error);
}

static int compile_filter(struct cc_error *error)
{
    struct cc_expr *filter = both(
        CC_OP_AND, both(CC_OP_EQ, cc_expr_column(0), cc_expr_integer(5)),
        both(CC_OP_OR, both(CC_OP_GT, cc_expr_column(0), cc_expr_real(1.5)),
             both(CC_OP_EQ, cc_expr_column(1), cc_expr_string("a'b"))));
    if (!filter)
        return cc_error_memory(error);
    int result = write_select(filter, error);
    cc_expr_free(filter);
    return result;
}

static void test_sql(void **state)
{
    (void)state;
    cc_schema_init(&schema);
    schema_column(&schema, "n", CC_KIND_INT64, CC_OUT_INT64);
    schema_column(&schema, "t", CC_KIND_TEXT, CC_OUT_STRING);
    schema_column(&schema, "g", CC_KIND_GEOMETRY, CC_OUT_GEOMETRY);
    fail_each(compile_filter);
    cc_schema_free(&schema);
}

/* ---- a pipe ---- */

static const struct cc_provider provider = {.fetch = script_fetch,
                                            .cancel = script_cancel,
                                            .close_cursor =
                                                script_close_cursor};
static struct script script;

static int drain(struct cc_pipe *pipe, struct cc_error *error)
{
    struct ArrowArray batch;
    enum cc_fetch fetch;
    while ((fetch = cc_pipe_next(pipe, &batch, error)) == CC_FETCH_BATCH)
        batch.release(&batch);
    return fetch == CC_FETCH_END ? 0 : -1;
}

static int read_pipe(struct cc_error *error)
{
    const struct cc_pipe_options options = {.row_limit = 30};
    struct cc_pipe *pipe = NULL;
    if (cc_pipe_start(&script.cursor, &options, &pipe, error) != 0)
        return -1;
    int result = drain(pipe, error);
    cc_pipe_close(pipe);
    return result;
}

/* Each run needs a cursor of its own, made while memory lasts. */
static int read_script(struct cc_error *error)
{
    static const struct step steps[] = {
        {PLAY_BATCH, 5}, {PLAY_BATCH, 20}, {PLAY_BATCH, 20}, {PLAY_END, 0}};
    atomic_store(&armed, false);
    script_init(&script, &provider, steps, 64);
    script.text = 100;
    atomic_store(&armed, true);
    int result = read_pipe(error);
    atomic_store(&armed, false);
    assert_int_equal(atomic_load(&script.closes), 1);
    script_free(&script);
    return result;
}

static void test_pipe(void **state)
{
    (void)state;
    fail_each(read_script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connector), cmocka_unit_test(test_schema),
        cmocka_unit_test(test_batches),   cmocka_unit_test(test_geometry),
        cmocka_unit_test(test_sql),       cmocka_unit_test(test_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
