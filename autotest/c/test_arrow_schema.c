/* SPDX-License-Identifier: MIT */
#include "builder_fixture.h"

static void fill(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture_column(fixture, "id", CC_KIND_INT64, CC_OUT_INT64)->not_null = true;
    fixture_column(fixture, "gone", CC_KIND_UNSUPPORTED, CC_OUT_BOOLEAN)
        ->skipped = true;
    fixture_column(fixture, "t", CC_KIND_TEXT, CC_OUT_STRING);
    fixture_column(fixture, "at", CC_KIND_TIMESTAMPTZ, CC_OUT_TIMESTAMPTZ)
        ->not_null = true;
    fixture_column(fixture, "the_geom", CC_KIND_GEOMETRY, CC_OUT_GEOMETRY);
}

static void assert_child(const struct ArrowSchema *schema, int64_t at,
                         const char *name, const char *format, bool nullable)
{
    const struct ArrowSchema *child = schema->children[at];
    assert_string_equal(child->name, name);
    assert_string_equal(child->format, format);
    assert_int_equal(child->flags, nullable ? ARROW_FLAG_NULLABLE : 0);
    assert_int_equal(child->n_children, 0);
    assert_non_null(child->release);
}

static void test_all(void **state)
{
    (void)state;
    struct fixture fixture;
    struct ArrowSchema schema;
    fill(&fixture);
    assert_int_equal(cc_schema_to_arrow(&fixture.schema, NULL, "OGC_FID",
                                        "ogc.wkb", &schema, &fixture.error),
                     0);
    assert_string_equal(schema.format, "+s");
    assert_int_equal(schema.n_children, 5);
    assert_child(&schema, 0, "OGC_FID", "l", false);
    assert_child(&schema, 1, "id", "l", false);
    assert_child(&schema, 2, "t", "u", true);
    /* NOT NULL there, but infinity is NULL here */
    assert_child(&schema, 3, "at", "tsu:UTC", true);
    assert_child(&schema, 4, "the_geom", "z", true);
    schema.release(&schema);
    assert_null(schema.release);
    fixture_free(&fixture);
}

static void test_metadata(void **state)
{
    (void)state;
    struct fixture fixture;
    struct ArrowSchema schema;
    fill(&fixture);
    assert_int_equal(cc_schema_to_arrow(&fixture.schema, NULL, NULL, "ogc.wkb",
                                        &schema, &fixture.error),
                     0);
    assert_null(schema.children[0]->metadata);
    const int32_t pairs = 1, key_size = 20, value_size = 7;
    const char *at = schema.children[3]->metadata;
    assert_memory_equal(at, &pairs, 4);
    assert_memory_equal(at + 4, &key_size, 4);
    assert_memory_equal(at + 8, "ARROW:extension:name", 20);
    assert_memory_equal(at + 28, &value_size, 4);
    assert_memory_equal(at + 32, "ogc.wkb", 7);
    schema.release(&schema);
    fixture_free(&fixture);
}

static void test_wanted(void **state)
{
    (void)state;
    const bool wanted[] = {false, true, true, false, false};
    struct fixture fixture;
    struct ArrowSchema schema;
    fill(&fixture);
    assert_int_equal(cc_schema_to_arrow(&fixture.schema, wanted, NULL, NULL,
                                        &schema, &fixture.error),
                     0);
    assert_int_equal(schema.n_children, 1);
    assert_child(&schema, 0, "t", "u", true);
    schema.release(&schema);
    fixture_free(&fixture);
}

/* A consumer may move a child out, release the parent and keep the child. */
static void test_moved_child(void **state)
{
    (void)state;
    struct fixture fixture;
    struct ArrowSchema schema;
    fill(&fixture);
    assert_int_equal(cc_schema_to_arrow(&fixture.schema, NULL, NULL, "ogc.wkb",
                                        &schema, &fixture.error),
                     0);
    fixture_free(&fixture);
    struct ArrowSchema moved = *schema.children[3];
    schema.children[3]->release = NULL;
    schema.release(&schema);
    assert_string_equal(moved.name, "the_geom");
    moved.release(&moved);
    assert_null(moved.release);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_moved_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
