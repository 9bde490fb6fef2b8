/* SPDX-License-Identifier: MIT */
#include "connector_case.h"

#include "column/schema.h"

/* ---- fixture: columns as a provider describes them, and options ---- */

struct described
{
    const char *name;
    enum cc_kind kind;
    int precision;
    int scale;
};

static struct cc_connector *connector_with(const struct pair *options)
{
    static const char json[] =
        "{\"provider\": \"postgres\", \"table\": \"t\", \"connection\": "
        "{\"server\": \"s\", \"database\": \"d\", \"username\": \"u\"}}";
    return case_valid((struct connector_case){json, NULL, options, NULL, NULL});
}

static void describe(struct cc_schema *schema, const struct described *columns,
                     size_t count)
{
    cc_schema_init(schema);
    for (size_t i = 0; i < count; i++)
    {
        struct cc_column *column =
            cc_schema_add(schema, columns[i].name, "native");
        assert_non_null(column);
        assert_int_equal(column->kind, CC_KIND_UNSUPPORTED);
        assert_int_equal(column->srid, CC_SRID_UNKNOWN);
        column->kind = columns[i].kind;
        column->precision = columns[i].precision;
        column->scale = columns[i].scale;
    }
}

static void resolve(struct cc_schema *schema, const struct described *columns,
                    size_t count, const struct pair *options)
{
    struct cc_connector *connector = connector_with(options);
    struct cc_error error = CC_ERROR_INIT;
    describe(schema, columns, count);
    assert_int_equal(cc_schema_resolve(schema, connector, &error), 0);
    assert_string_equal(error.message, "");
    cc_connector_free(connector);
}

#define RESOLVE(schema, columns, options)                                      \
    resolve(schema, columns, sizeof columns / sizeof *columns, options)

static const struct pair lossless[] = {{"LOSSLESS", "YES"}, {NULL, NULL}};

/* ---- types ---- */

static void test_types(void **state)
{
    (void)state;
    static const struct
    {
        struct described column;
        enum cc_type type, lossless;
    } cases[] = {
        {{"a", CC_KIND_BOOLEAN, 0, 0}, CC_OUT_BOOLEAN, CC_OUT_BOOLEAN},
        {{"b", CC_KIND_INT16, 0, 0}, CC_OUT_INT16, CC_OUT_INT16},
        {{"c", CC_KIND_INT32, 0, 0}, CC_OUT_INT32, CC_OUT_INT32},
        {{"d", CC_KIND_UINT32, 0, 0}, CC_OUT_INT64, CC_OUT_INT64},
        {{"e", CC_KIND_INT64, 0, 0}, CC_OUT_INT64, CC_OUT_INT64},
        {{"f", CC_KIND_UINT64, 0, 0}, CC_OUT_INT64, CC_OUT_STRING},
        {{"g", CC_KIND_DECIMAL, 9, 0}, CC_OUT_INT32, CC_OUT_INT32},
        {{"h", CC_KIND_DECIMAL, 10, 0}, CC_OUT_INT64, CC_OUT_INT64},
        {{"i", CC_KIND_DECIMAL, 18, 0}, CC_OUT_INT64, CC_OUT_INT64},
        {{"j", CC_KIND_DECIMAL, 19, 0}, CC_OUT_INT64, CC_OUT_STRING},
        {{"k", CC_KIND_DECIMAL, 38, 0}, CC_OUT_INT64, CC_OUT_STRING},
        {{"l", CC_KIND_DECIMAL, 15, 2}, CC_OUT_FLOAT64, CC_OUT_FLOAT64},
        {{"m", CC_KIND_DECIMAL, 16, 2}, CC_OUT_FLOAT64, CC_OUT_STRING},
        {{"n", CC_KIND_DECIMAL, 0, 0}, CC_OUT_FLOAT64, CC_OUT_STRING},
        {{"o", CC_KIND_DECIMAL, 5, -4}, CC_OUT_INT32, CC_OUT_INT32},
        {{"p", CC_KIND_DECIMAL, 5, -5}, CC_OUT_INT64, CC_OUT_INT64},
        {{"q", CC_KIND_DECIMAL, 15, -4}, CC_OUT_INT64, CC_OUT_STRING},
        {{"r", CC_KIND_FLOAT32, 0, 0}, CC_OUT_FLOAT32, CC_OUT_FLOAT32},
        {{"s", CC_KIND_FLOAT64, 0, 0}, CC_OUT_FLOAT64, CC_OUT_FLOAT64},
        {{"t", CC_KIND_TEXT, 0, 0}, CC_OUT_STRING, CC_OUT_STRING},
        {{"u", CC_KIND_JSON, 0, 0}, CC_OUT_STRING, CC_OUT_STRING},
        {{"v", CC_KIND_UUID, 0, 0}, CC_OUT_STRING, CC_OUT_STRING},
        {{"w", CC_KIND_BINARY, 0, 0}, CC_OUT_BINARY, CC_OUT_BINARY},
        {{"x", CC_KIND_DATE, 0, 0}, CC_OUT_DATE, CC_OUT_STRING},
        {{"y", CC_KIND_TIME, 0, 0}, CC_OUT_TIME, CC_OUT_STRING},
        {{"z", CC_KIND_TIMESTAMP, 0, 0}, CC_OUT_TIMESTAMP, CC_OUT_STRING},
        {{"aa", CC_KIND_TIMESTAMPTZ, 0, 0}, CC_OUT_TIMESTAMPTZ, CC_OUT_STRING},
        {{"ab", CC_KIND_GEOMETRY, 0, 0}, CC_OUT_GEOMETRY, CC_OUT_GEOMETRY}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        struct cc_schema schema;
        resolve(&schema, &cases[i].column, 1, NULL);
        assert_int_equal(schema.columns[0].type, cases[i].type);
        assert_false(cc_column_wants_text(&schema.columns[0]));
        cc_schema_free(&schema);

        resolve(&schema, &cases[i].column, 1, lossless);
        assert_int_equal(schema.columns[0].type, cases[i].lossless);
        assert_int_equal(cc_column_wants_text(&schema.columns[0]),
                         cases[i].lossless != cases[i].type);
        cc_schema_free(&schema);
    }
}

static void test_formats(void **state)
{
    (void)state;
    static const char *const formats[] = {"b",    "s",       "i", "l",   "f",
                                          "g",    "u",       "z", "tdD", "ttu",
                                          "tsu:", "tsu:UTC", "z"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        assert_string_equal(cc_type_format((enum cc_type)i), formats[i]);
}

/* ---- what is left out ---- */

static void test_skipped(void **state)
{
    (void)state;
    static const struct described columns[] = {
        {"a", CC_KIND_INT32, 0, 0},
        {"odd", CC_KIND_UNSUPPORTED, 0, 0},
        {"", CC_KIND_UNSUPPORTED, 0, 0},
        {"b", CC_KIND_INT32, 0, 0}};
    struct cc_schema schema;
    RESOLVE(&schema, columns, NULL);
    assert_false(schema.columns[0].skipped);
    assert_true(schema.columns[1].skipped);
    assert_true(schema.columns[2].skipped);
    assert_string_equal(cc_strbuf_text(&schema.skipped), "odd,column_3");
    assert_string_equal(
        cc_strbuf_text(&schema.warnings),
        "column \"odd\" is left out: its type native cannot be read\n"
        "column \"column_3\" is left out: its type native cannot be read\n");
    cc_schema_free(&schema);
}

static int resolve_many(size_t delivered, size_t skipped,
                        struct cc_error *error)
{
    struct cc_connector *connector = connector_with(NULL);
    struct cc_schema schema;
    cc_schema_init(&schema);
    for (size_t i = 0; i < delivered + skipped; i++)
    {
        struct cc_column *column = cc_schema_add(&schema, "c", "native");
        assert_non_null(column);
        column->kind = i < delivered ? CC_KIND_INT32 : CC_KIND_UNSUPPORTED;
    }
    cc_error_init(error, NULL);
    int result = cc_schema_resolve(&schema, connector, error);
    cc_schema_free(&schema);
    cc_connector_free(connector);
    return result;
}

static void test_column_limit(void **state)
{
    (void)state;
    struct cc_error error;
    assert_int_equal(resolve_many(256, 0, &error), 0);
    assert_int_equal(resolve_many(256, 3, &error), 0);
    assert_int_equal(resolve_many(257, 0, &error), -1);
    assert_int_equal(error.stage, CC_STAGE_LIMIT);
    assert_string_equal(error.message,
                        "the result has 257 columns, the limit is 256; name "
                        "the columns that are needed in an sql_query");
}

/* ---- names ---- */

static void test_names(void **state)
{
    (void)state;
    static const struct described columns[] = {
        {"id", CC_KIND_INT32, 0, 0},
        {"ID", CC_KIND_INT32, 0, 0},
        {"", CC_KIND_INT32, 0, 0},
        {"a23456789012345678901234567890123456789012345678901234567890123456",
         CC_KIND_TEXT, 0, 0}};
    struct cc_schema schema;
    RESOLVE(&schema, columns, NULL);
    assert_string_equal(schema.columns[0].output_name, "id");
    assert_string_equal(schema.columns[1].output_name, "ID_1");
    assert_string_equal(schema.columns[2].output_name, "column_3");
    assert_string_equal(
        schema.columns[3].output_name,
        "a23456789012345678901234567890123456789012345678901234567890123");
    assert_string_equal(
        cc_strbuf_text(&schema.warnings),
        "column "
        "\"a23456789012345678901234567890123456789012345678901234567890123456\""
        " is called "
        "\"a23456789012345678901234567890123456789012345678901234567890123\": "
        "names have at most 63 bytes\n");
    cc_schema_free(&schema);
}

static void test_key(void **state)
{
    (void)state;
    struct cc_connector *connector = connector_with(NULL);
    static const struct described columns[] = {{"a", CC_KIND_TEXT, 0, 0},
                                               {"b", CC_KIND_INT32, 0, 0}};
    struct cc_schema schema;
    RESOLVE(&schema, columns, NULL);
    assert_int_equal(schema.key, SIZE_MAX);
    cc_schema_free(&schema);

    describe(&schema, columns, 2);
    schema.columns[1].key = true;
    struct cc_error error = CC_ERROR_INIT;
    assert_int_equal(cc_schema_resolve(&schema, connector, &error), 0);
    assert_int_equal(schema.key, 1);
    cc_schema_free(&schema);
    cc_connector_free(connector);
}

/* ---- geometry ---- */

/* One letter a column: g native, t text, b binary, j json, u uuid; upper case
 * where it is expected to be geometry. `names` are blank separated. */
static void assert_geometry(const char *names, const char *kinds,
                            const char *possible_names, size_t expected,
                            const char *output_names)
{
    const struct pair options[] = {{"GEOM_POSSIBLE_NAMES", possible_names},
                                   {NULL, NULL}};
    struct described columns[8];
    char copy[128];
    snprintf(copy, sizeof copy, "%s", names);
    size_t count = 0;
    for (char *rest = copy, *name; (name = strtok_r(rest, " ", &rest));)
    {
        char kind = (char)(kinds[count] | 0x20);
        columns[count++] = (struct described){name,
                                              kind == 'g'   ? CC_KIND_GEOMETRY
                                              : kind == 't' ? CC_KIND_TEXT
                                              : kind == 'b' ? CC_KIND_BINARY
                                              : kind == 'j' ? CC_KIND_JSON
                                                            : CC_KIND_UUID,
                                              0, 0};
    }
    struct cc_schema schema;
    resolve(&schema, columns, count, possible_names ? options : NULL);
    char joined[256] = "";
    for (size_t i = 0; i < count; i++)
    {
        bool upper = kinds[i] < 'a';
        assert_int_equal(schema.columns[i].is_geometry, upper);
        assert_int_equal(schema.columns[i].type == CC_OUT_GEOMETRY, upper);
        strcat(joined, i ? " " : "");
        strcat(joined, schema.columns[i].output_name);
    }
    assert_int_equal(schema.geometry, expected);
    assert_string_equal(joined, output_names);
    cc_schema_free(&schema);
}

static void test_geometry(void **state)
{
    (void)state;
    /* none, native ones in column order, by name */
    assert_geometry("a b", "tu", NULL, SIZE_MAX, "a b");
    assert_geometry("a b", "GG", NULL, 0, "the_geom b");
    assert_geometry("a wkt", "tT", NULL, 1, "a the_geom");
    assert_geometry("a WKT", "tB", NULL, 1, "a the_geom");
    assert_geometry("geojson", "J", NULL, 0, "the_geom");
    assert_geometry("geom", "u", NULL, SIZE_MAX, "geom");
    /* the order of the names decides, native or not */
    assert_geometry("wkt geojson geom wkb_geometry geometry the_geom", "TTTTTT",
                    NULL, 5, "wkt geojson geom wkb_geometry geometry the_geom");
    assert_geometry("wkt geojson geom", "TTT", NULL, 2, "wkt geojson the_geom");
    assert_geometry("shape geom", "GG", NULL, 1, "shape the_geom");
    assert_geometry("shape wkt", "GT", NULL, 1, "shape the_geom");
    assert_geometry("geom the_geom", "GT", NULL, 1, "geom the_geom");
    /* the first of one name */
    assert_geometry("geom geom", "TT", NULL, 0, "the_geom geom");
}

static void test_geometry_possible_names(void **state)
{
    (void)state;
    assert_geometry("geom shape", "tT", "shape", 1, "geom the_geom");
    assert_geometry("a b c", "TTt", " b , A", 1, "a the_geom c");
    assert_geometry("geom shape", "GT", "shape", 1, "geom the_geom");
    assert_geometry("geom other", "Gt", "shape", 0, "the_geom other");
    assert_geometry("geom wkt", "tt", "none", SIZE_MAX, "geom wkt");
    assert_geometry("shape geom wkt", "GGt", "NONE", 1, "shape the_geom wkt");
    /* a column that is called as the geometry will be */
    assert_geometry("the_geom geom", "tT", "geom", 1, "the_geom_1 the_geom");
    assert_geometry("geom the_geom", "Gt", "NONE", 0, "the_geom the_geom_1");
}

/* ---- SRIDs ---- */

static void assert_srids(int32_t catalog, const char *srs, int32_t srid,
                         int32_t default_srid, const char *custom)
{
    const struct pair options[] = {{"SRS", srs}, {NULL, NULL}};
    struct cc_connector *connector = connector_with(srs ? options : NULL);
    struct described column = {"g", CC_KIND_GEOMETRY, 0, 0};
    struct cc_schema schema;
    struct cc_error error = CC_ERROR_INIT;
    describe(&schema, &column, 1);
    schema.columns[0].srid = catalog;
    assert_int_equal(cc_schema_resolve(&schema, connector, &error), 0);
    assert_int_equal(schema.columns[0].srid, srid);
    assert_int_equal(schema.columns[0].default_srid, default_srid);
    if (custom)
        assert_string_equal(schema.custom_srs, custom);
    else
        assert_null(schema.custom_srs);
    cc_schema_free(&schema);
    cc_connector_free(connector);
}

static void test_srids(void **state)
{
    (void)state;
    assert_srids(3857, NULL, 3857, 4326, NULL);
    assert_srids(0, NULL, CC_SRID_UNKNOWN, 4326, NULL);
    assert_srids(CC_SRID_UNKNOWN, NULL, CC_SRID_UNKNOWN, 4326, NULL);
    assert_srids(CC_SRID_UNKNOWN, "EPSG:25832", CC_SRID_UNKNOWN, 25832, NULL);
    assert_srids(3857, "epsg:25832", 3857, 25832, NULL);
    assert_srids(0, "25832", CC_SRID_UNKNOWN, 25832, NULL);
    assert_srids(0, "ESRI:102003", CC_SRID_UNKNOWN, CC_SRID_CUSTOM,
                 "ESRI:102003");
    assert_srids(0, "+proj=merc", CC_SRID_UNKNOWN, CC_SRID_CUSTOM,
                 "+proj=merc");
}

static void test_srs_invalid(void **state)
{
    (void)state;
    static const char *const invalid[] = {"EPSG:0", "0", "EPSG:99999999999"};
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
    {
        const struct pair options[] = {{"SRS", invalid[i]}, {NULL, NULL}};
        struct cc_connector *connector = connector_with(options);
        struct described column = {"g", CC_KIND_GEOMETRY, 0, 0};
        struct cc_schema schema;
        struct cc_error error = CC_ERROR_INIT;
        describe(&schema, &column, 1);
        assert_int_equal(cc_schema_resolve(&schema, connector, &error), -1);
        assert_int_equal(error.stage, CC_STAGE_PARAMETER);
        assert_non_null(strstr(error.message, invalid[i]));
        cc_schema_free(&schema);
        cc_connector_free(connector);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_skipped),
        cmocka_unit_test(test_column_limit),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_geometry),
        cmocka_unit_test(test_geometry_possible_names),
        cmocka_unit_test(test_srids),
        cmocka_unit_test(test_srs_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
