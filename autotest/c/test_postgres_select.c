/* SPDX-License-Identifier: MIT */
/* What is left to the server: filters, boxes, counts, extents, SRIDs; see
 * postgres_case.h. */
#include "filter_fixture.h"
#include "postgres_case.h"

/* ---- the table ---- */

static const char make_sql[] =
    "CREATE TABLE things (id int, name text, code char(5), price numeric(8,2),"
    " big bigint, ok boolean, bit1 bit(1), day date, clock time, ts timestamp,"
    " tz timestamptz, u uuid, doc jsonb, tags text[], free numeric, "
    "g geometry(Point, 4326))";

static const char fill_sql[] =
    "INSERT INTO things VALUES "
    "(1, 'Alpha', 'ab', 0.10, 1, true, B'1', '2024-02-29', '10:00', "
    "'2024-02-29 10:00', '2024-02-29 10:00+00', "
    "'00112233-4455-6677-8899-aabbccddeeff', '{}', '{a}', 0.1, "
    "ST_SetSRID(ST_Point(1, 1), 4326)), "
    "(2, 'ALPHA', 'AB', 2.50, 9007199254740993, false, B'0', '2024-03-01', "
    "'11:00', '2024-03-01', '2024-03-01 01:00+02', NULL, NULL, NULL, 1e300, "
    "ST_SetSRID(ST_Point(5, 5), 4326)), "
    "(3, '\xC3\xA9t\xC3\xA9_50%', 'x', -3, -1, NULL, NULL, NULL, NULL, NULL, "
    "NULL, NULL, NULL, NULL, 'NaN', 'SRID=4326;POINT EMPTY'), "
    "(4, 'it''s \\ \"q\"', NULL, NULL, NULL, true, B'1', 'infinity', '24:00', "
    "'-infinity', 'infinity', NULL, NULL, NULL, NULL, NULL), "
    "(5, NULL, '', 99999, 0, false, B'0', '0001-01-01', '00:00', "
    "'0001-01-01', '0001-01-01 00:00+00', NULL, NULL, NULL, 5, "
    "ST_SetSRID(ST_Point(-10, 20), 4326))";

enum column
{
    ID,
    NAME,
    CODE,
    PRICE,
    BIG,
    OK,
    BIT1,
    DAY,
    CLOCK,
    TS,
    TZ,
    UUID,
    DOC,
    TAGS,
    FREE,
    GEOM,
    COLUMNS
};

static struct session session;
static struct read_case things;

static int set_up(void **state)
{
    postgres_set_up(state);
    run(make_sql);
    run(fill_sql);
    session = postgres_session();
    things =
        (struct read_case){.source = {.schema = SCHEMA, .table = "things"}};
    assert_ok(&session, read_describe(&session, &things));
    assert_int_equal(things.schema.count, COLUMNS);
    return 0;
}

static int tear_down(void **state)
{
    read_free(&session, &things);
    session_close(&session);
    return postgres_tear_down(state);
}

/* ---- filters ---- */

static void join_lines(struct cc_strbuf *text)
{
    for (size_t i = 0; i < text->length; i++)
    {
        if (text->data[i] == '\n')
            text->data[i] = ' ';
    }
}

/* The ids of the rows that a filter selects, which the server has to know how
 * to evaluate exactly; the same number is counted. */
static void check_ids(struct cc_expr *filter, const char *ids)
{
    bool wanted[COLUMNS] = {[ID] = true};
    struct read_case read = {.source = things.source, .select = things.select};
    struct cc_select_result result;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    read.select.wanted = wanted;
    read.select.filter = filter;
    cc_schema_init(&read.schema);
    assert_int_equal(
        cc_select_sql(session.provider->dialect, &read.select, &sql, &result),
        0);
    assert_true(result.filter_exact);
    assert_ok(&session, read_start(&session, &read));
    if (read_to_end(&session, &read) != CC_FETCH_END)
        fail_msg("%s: %s", sql.data, session.error.message);
    join_lines(&read.text);
    if (strcmp(cc_strbuf_text(&read.text), ids) != 0)
        fail_msg("%s: %s", sql.data, cc_strbuf_text(&read.text));
    int64_t count = 0;
    assert_ok(&session,
              session.provider->count(session.connection, &read.select, &count,
                                      &session.error));
    assert_int_equal(count, read.rows);
    read_free(&session, &read);
    cc_strbuf_free(&sql);
    cc_expr_free(filter);
}

static void check_eq(enum column column, struct cc_expr *value, const char *ids)
{
    check_ids(op(CC_OP_EQ, col(column), value, NULL), ids);
}

static void check_op(enum column column, enum cc_operator operator,
                     struct cc_expr * value, const char *ids)
{
    check_ids(op(operator, col(column), value, NULL), ids);
}

static void test_text_filters(void **state)
{
    (void)state;
    check_eq(NAME, str("alpha"), "1 2 ");
    check_eq(NAME, str("it's \\ \"q\""), "4 ");
    check_eq(NAME, str("\xC3\xA9t\xC3\xA9_50%"), "3 ");
    check_eq(NAME, str("\xC3\x89T\xC3\x89_50%"), "");
    check_op(NAME, CC_OP_NE, str("ALPHA"), "3 4 ");
    check_op(NAME, CC_OP_LT, str("b"), "1 2 ");
    check_op(NAME, CC_OP_GT, str("Z"), "3 ");
    check_ids(op(CC_OP_BETWEEN, col(NAME), str("ALP"), str("IZ")), "1 2 4 ");
    check_ids(op(CC_OP_IN, col(NAME), str("Alpha"), str("x")), "1 2 ");
    check_ids(
        op(CC_OP_NOT, op(CC_OP_EQ, col(NAME), str("alpha"), NULL), NULL, NULL),
        "3 4 ");
    check_eq(CODE, str("ab"), "1 2 ");
    check_eq(CODE, str("ab   "), "1 2 ");
    check_eq(CODE, str(""), "5 ");
    check_op(CODE, CC_OP_GE, str("B"), "3 ");
    check_eq(UUID, str("00112233-4455-6677-8899-AABBCCDDEEFF"), "1 ");
    check_eq(DOC, str("{}"), "1 ");
    check_eq(NAME, col(CODE), "");
    check_eq(NAME, col(NAME), "1 2 3 4 ");
}

static void test_like_filters(void **state)
{
    (void)state;
    check_op(NAME, CC_OP_LIKE, str("Al%"), "1 ");
    check_op(NAME, CC_OP_ILIKE, str("aL%"), "1 2 ");
    check_op(NAME, CC_OP_LIKE, str("_t__50%"), "3 ");
    check_op(NAME, CC_OP_LIKE, str("%\\%"), "4 ");
}

static void test_escaped_like(void **state)
{
    (void)state;
    check_ids(op(CC_OP_LIKE, col(NAME), str("%50!%"), str("!")), "3 ");
    check_ids(op(CC_OP_LIKE, col(NAME), str("%\\_50%"), str("\\")), "3 ");
    check_ids(op(CC_OP_ILIKE, col(NAME), str("%!_50!%"), str("!")), "3 ");
    check_op(CODE, CC_OP_LIKE, str("ab"), "");
    check_op(CODE, CC_OP_LIKE, str("ab%"), "1 ");
}

static void test_number_filters(void **state)
{
    (void)state;
    check_eq(ID, num(3), "3 ");
    check_eq(ID, str("3"), "3 ");
    check_op(ID, CC_OP_GT, cc_expr_real(3.5), "4 5 ");
    check_eq(PRICE, cc_expr_real(0.1), "1 ");
    check_op(PRICE, CC_OP_LE, cc_expr_real(2.5), "1 2 3 ");
    check_eq(BIG, num(9007199254740993), "2 ");
    check_eq(BIG, num(9007199254740992), "");
    check_op(BIG, CC_OP_GE, num(INT64_MIN), "1 2 3 5 ");
    check_eq(FREE, cc_expr_real(0.1), "1 ");
    check_op(FREE, CC_OP_LT, cc_expr_real(1e299), "1 5 ");
    check_ids(op(CC_OP_IN, col(ID), num(1), num(5)), "1 5 ");
    check_ids(op(CC_OP_BETWEEN, col(PRICE), num(0), num(3)), "1 2 ");
    check_eq(ID, col(BIG), "1 ");
}

static void test_boolean_filters(void **state)
{
    (void)state;
    check_eq(OK, num(1), "1 4 ");
    check_eq(OK, num(0), "2 5 ");
    check_op(OK, CC_OP_NE, num(0), "1 4 ");
    check_ids(col(OK), "1 4 ");
    check_ids(op(CC_OP_NOT, col(OK), NULL, NULL), "2 5 ");
    check_eq(BIT1, num(1), "1 4 ");
    check_ids(op(CC_OP_IS_NULL, col(OK), NULL, NULL), "3 ");
}

static void test_datetime_filters(void **state)
{
    (void)state;
    check_eq(DAY, str("2024/02/29"), "1 ");
    check_op(DAY, CC_OP_LT, str("2024-03-01"), "1 5 ");
    check_op(DAY, CC_OP_GE, str("2024-03-01"), "2 4 ");
    check_op(CLOCK, CC_OP_GT, str("10:30"), "2 4 ");
    check_eq(TS, str("2024/02/29 10:00:00"), "1 ");
    check_op(TS, CC_OP_LT, str("2024/03/01"), "1 4 5 ");
    check_eq(TZ, str("2024/02/29 10:00:00"), "1 ");
    check_eq(TZ, str("2024/02/29 12:00:00+02"), "1 ");
    check_eq(TZ, str("2024/02/29 23:00:00"), "2 ");
    check_op(DAY, CC_OP_EQ, col(DAY), "1 2 4 5 ");
}

static void test_junction_filters(void **state)
{
    (void)state;
    check_ids(
        op(CC_OP_AND,
           op(CC_OP_OR, col(OK), op(CC_OP_EQ, col(ID), num(2), NULL), NULL),
           op(CC_OP_LT, col(ID), num(4), NULL), NULL),
        "1 2 ");
    check_ids(
        op(CC_OP_NOT,
           op(CC_OP_AND, col(OK), op(CC_OP_LT, col(ID), num(4), NULL), NULL),
           NULL, NULL),
        "2 4 5 ");
    check_ids(op(CC_OP_IS_NULL, col(TAGS), NULL, NULL), "2 3 4 5 ");
}

/* ---- boxes, extents ---- */

static void check_box(struct cc_box box, const char *ids)
{
    bool wanted[COLUMNS] = {[ID] = true};
    struct read_case read = {.source = things.source, .select = things.select};
    cc_schema_init(&read.schema);
    read.select.wanted = wanted;
    read.select.box = &box;
    read.select.box_column = GEOM;
    assert_ok(&session, read_start(&session, &read));
    assert_ok(&session, read_to_end(&session, &read));
    join_lines(&read.text);
    assert_string_equal(cc_strbuf_text(&read.text), ids);
    int64_t count = 0;
    assert_ok(&session,
              session.provider->count(session.connection, &read.select, &count,
                                      &session.error));
    assert_int_equal(count, -1);
    read_free(&session, &read);
}

static void test_boxes(void **state)
{
    (void)state;
    check_box((struct cc_box){0, 0, 2, 2}, "1 ");
    check_box((struct cc_box){1, 1, 1, 1}, "1 ");
    check_box((struct cc_box){-180, -90, 180, 90}, "1 2 5 ");
    check_box((struct cc_box){-1e300, -1e300, 1e300, 1e300}, "1 2 5 ");
    check_box((struct cc_box){100, 0, 101, 1}, "");
}

/* Out of the search path, PostGIS is found all the same. */
static void test_hidden_postgis(void **state)
{
    (void)state;
    char *user = ask("SELECT quote_ident(current_user)");
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&sql, "ALTER ROLE %s SET search_path TO pg_catalog",
                           user);
    run(sql.data);
    struct session kept = session;
    session = postgres_session();
    check_box((struct cc_box){0, 0, 2, 2}, "1 ");
    session_close(&session);
    session = kept;
    cc_strbuf_clear(&sql);
    (void)cc_strbuf_printf(&sql, "ALTER ROLE %s RESET search_path", user);
    run(sql.data);
    cc_strbuf_free(&sql);
    free(user);
}

static void test_extent(void **state)
{
    (void)state;
    struct cc_box box = {0, 0, 0, 0};
    int64_t rows = 0;
    bool empty = true;
    bool known = false;
    struct cc_select select = things.select;
    assert_ok(&session,
              session.provider->extent(session.connection, &select, GEOM, &box,
                                       &rows, &empty, &known, &session.error));
    assert_true(known && !empty);
    assert_int_equal(rows, 5);
    assert_true(box.min_x == -10 && box.min_y == 1 && box.max_x == 5 &&
                box.max_y == 20);
    struct cc_expr *filter = op(CC_OP_IN, col(ID), num(3), num(4));
    select.filter = filter;
    assert_ok(&session,
              session.provider->extent(session.connection, &select, GEOM, &box,
                                       &rows, &empty, &known, &session.error));
    assert_true(known && empty);
    assert_int_equal(rows, 2);
    cc_expr_free(filter);
    filter = cc_expr_new(CC_OP_OTHER);
    select.filter = filter;
    assert_ok(&session,
              session.provider->extent(session.connection, &select, GEOM, &box,
                                       &rows, &empty, &known, &session.error));
    assert_false(known);
    cc_expr_free(filter);
}

static void test_extent_of_a_query(void **state)
{
    (void)state;
    struct read_case read = {.source = {.query =
                                            "SELECT g, 1 AS one FROM \"" SCHEMA
                                            "\".things WHERE id < 3; -- two"}};
    struct cc_box box = {0, 0, 0, 0};
    int64_t rows = 0;
    bool empty = true;
    bool known = false;
    assert_ok(&session, read_describe(&session, &read));
    assert_ok(&session, session.provider->extent(
                            session.connection, &read.select, 0, &box, &rows,
                            &empty, &known, &session.error));
    assert_true(known && !empty);
    assert_int_equal(rows, 2);
    assert_true(box.min_x == 1 && box.max_x == 5);
    read_free(&session, &read);
}

static void test_counts(void **state)
{
    (void)state;
    int64_t count = 0;
    struct cc_select select = things.select;
    assert_ok(&session, session.provider->count(session.connection, &select,
                                                &count, &session.error));
    assert_int_equal(count, 5);
    struct cc_expr *filter = cc_expr_new(CC_OP_OTHER);
    select.filter = filter;
    assert_ok(&session, session.provider->count(session.connection, &select,
                                                &count, &session.error));
    assert_int_equal(count, -1);
    cc_expr_free(filter);
    struct cc_source show = {.query = "SHOW ALL"};
    select.filter = NULL;
    select.source = &show;
    assert_ok(&session, session.provider->count(session.connection, &select,
                                                &count, &session.error));
    assert_int_equal(count, -1);
}

static void check_srs(int32_t srid, const char *expected)
{
    char *definition = NULL;
    assert_ok(&session, session.provider->srs(session.connection, srid,
                                              &definition, &session.error));
    if (!expected)
        assert_null(definition);
    else
    {
        assert_non_null(definition);
        assert_memory_equal(definition, expected, strlen(expected));
    }
    free(definition);
}

static void test_srs(void **state)
{
    (void)state;
    run("INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext) "
        "VALUES (990001, 'own', 1, 'LOCAL_CS[\"x\"]'), "
        "(990002, 'ESRI', 102100, 'ignored'), (990003, NULL, NULL, NULL)");
    check_srs(4326, "EPSG:4326");
    check_srs(990001, "LOCAL_CS[\"x\"]");
    check_srs(990002, "ESRI:102100");
    check_srs(990003, NULL);
    check_srs(123456, NULL);
    run("DELETE FROM spatial_ref_sys WHERE srid BETWEEN 990001 AND 990003");
}

/* ---- columns ---- */

static void test_wanted_columns(void **state)
{
    (void)state;
    struct read_case read = {
        .source = {.query = "SELECT 1 AS a, ARRAY[2] AS b, 3 AS a"}};
    assert_ok(&session, read_describe(&session, &read));
    const bool wanted[] = {false, true, true};
    read.select.wanted = wanted;
    assert_ok(&session, read_start(&session, &read));
    assert_ok(&session, read_to_end(&session, &read));
    assert_string_equal(cc_strbuf_text(&read.text), "[2]|3\n");
    read_free(&session, &read);
}

static void test_no_column_wanted(void **state)
{
    (void)state;
    bool wanted[COLUMNS] = {false};
    struct read_case read = {.source = things.source, .select = things.select};
    cc_schema_init(&read.schema);
    read.select.wanted = wanted;
    assert_ok(&session, read_start(&session, &read));
    assert_ok(&session, read_to_end(&session, &read));
    assert_int_equal(read.rows, 5);
    read_free(&session, &read);
}

static void test_part_of_show(void **state)
{
    (void)state;
    struct read_case read = {.source = {.query = "SHOW ALL"}};
    assert_ok(&session, read_describe(&session, &read));
    assert_int_equal(read.schema.count, 3);
    const bool wanted[] = {true, false, false};
    read.select.wanted = wanted;
    assert_ok(&session, read_start(&session, &read));
    assert_ok(&session, read_to_end(&session, &read));
    assert_non_null(strstr(cc_strbuf_text(&read.text), "\nwork_mem\n"));
    assert_true(read.rows > 100);
    read_free(&session, &read);
}

static void test_wide_result(void **state)
{
    (void)state;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&sql, "SELECT 0 AS c");
    for (int i = 1; i < 256; i++)
        (void)cc_strbuf_printf(&sql, ", %d AS c", i);
    struct read_case read = {.source = {.query = sql.data}};
    assert_ok(&session, read_describe(&session, &read));
    assert_ok(&session, read_start(&session, &read));
    assert_ok(&session, read_to_end(&session, &read));
    assert_int_equal(read.rows, 1);
    assert_memory_equal(cc_strbuf_text(&read.text), "0|1|2|", 6);
    read_free(&session, &read);
    cc_strbuf_free(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_filters),
        cmocka_unit_test(test_like_filters),
        cmocka_unit_test(test_escaped_like),
        cmocka_unit_test(test_number_filters),
        cmocka_unit_test(test_boolean_filters),
        cmocka_unit_test(test_datetime_filters),
        cmocka_unit_test(test_junction_filters),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_hidden_postgis),
        cmocka_unit_test(test_extent),
        cmocka_unit_test(test_extent_of_a_query),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_srs),
        cmocka_unit_test(test_wanted_columns),
        cmocka_unit_test(test_no_column_wanted),
        cmocka_unit_test(test_part_of_show),
        cmocka_unit_test(test_wide_result),
    };
    if (!postgres_begin())
        return 77;
    return cmocka_run_group_tests_name("postgres_select", tests, set_up,
                                       tear_down);
}
