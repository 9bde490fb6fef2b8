/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "connector/names.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static void check_add(struct cc_names *names, const char *name,
                      const char *expected, bool expected_cut)
{
    static size_t position;
    char out[CC_NAME_MAX + 1];
    bool cut = !expected_cut;
    assert_int_equal(cc_names_add(names, name, ++position, out, &cut), 0);
    assert_string_equal(out, expected);
    assert_int_equal(cut, expected_cut);
}

static void test_plain(void **state)
{
    (void)state;
    struct cc_names *names = cc_names_new();
    check_add(names, "id", "id", false);
    check_add(names, "name", "name", false);
    check_add(names, "a b;\"c", "a b;\"c", false);
    cc_names_free(names);
    cc_names_free(NULL);
}

static void test_empty(void **state)
{
    (void)state;
    struct cc_names *names = cc_names_new();
    char out[CC_NAME_MAX + 1];
    assert_int_equal(cc_names_add(names, "column_2", 1, out, NULL), 0);
    assert_int_equal(cc_names_add(names, "", 2, out, NULL), 0);
    assert_string_equal(out, "column_2_1");
    assert_int_equal(cc_names_add(names, NULL, 3, out, NULL), 0);
    assert_string_equal(out, "column_3");
    cc_names_free(names);
}

static void test_duplicates(void **state)
{
    (void)state;
    struct cc_names *names = cc_names_new();
    check_add(names, "id", "id", false);
    check_add(names, "ID", "ID_1", false);
    check_add(names, "id_1", "id_1_1", false);
    check_add(names, "id", "id_2", false);
    cc_names_free(names);
}

static void test_long(void **state)
{
    (void)state;
    struct cc_names *names = cc_names_new();
    char name[100], expected[CC_NAME_MAX + 1];
    memset(name, 'n', 63);
    name[63] = '\0';
    check_add(names, name, name, false);

    memset(name, 'n', 64);
    name[64] = '\0';
    memset(expected, 'n', 61);
    strcpy(expected + 61, "_1");
    check_add(names, name, expected, true);
    cc_names_free(names);
}

/* 62 bytes and a two-byte character: the 63rd byte would split it. */
static void test_utf8_boundary(void **state)
{
    (void)state;
    struct cc_names *names = cc_names_new();
    char name[100], expected[CC_NAME_MAX + 1];
    memset(name, 'n', 62);
    strcpy(name + 62, "\xC3\xA9t\xC3\xA9");
    memset(expected, 'n', 62);
    expected[62] = '\0';
    check_add(names, name, expected, true);

    memset(expected, 'n', 61);
    strcpy(expected + 61, "_1");
    check_add(names, name, expected, true);
    cc_names_free(names);
}

/* A suffix takes its room from a base that ends inside a character. */
static void test_suffix_at_utf8_boundary(void **state)
{
    (void)state;
    struct cc_names *names = cc_names_new();
    char name[100], expected[CC_NAME_MAX + 1];
    memset(name, 'n', 60);
    strcpy(name + 60, "\xE2\x82\xAC");
    check_add(names, name, name, false);
    memset(expected, 'n', 60);
    strcpy(expected + 60, "_1");
    check_add(names, name, expected, false);
    cc_names_free(names);
}

static void test_many(void **state)
{
    (void)state;
    struct cc_names *names = cc_names_new();
    char out[CC_NAME_MAX + 1], expected[CC_NAME_MAX + 1];
    for (size_t i = 0; i < 500; i++)
    {
        assert_int_equal(cc_names_add(names, "same", i + 1, out, NULL), 0);
        if (i == 0)
            strcpy(expected, "same");
        else
            snprintf(expected, sizeof expected, "same_%zu", i);
        assert_string_equal(out, expected);
    }
    cc_names_free(names);
}

static void test_compare(void **state)
{
    (void)state;
    assert_int_equal(cc_name_compare("Title", "tITLE"), 0);
    assert_true(cc_name_compare("a", "b") < 0);
    assert_true(cc_name_compare("ab", "a") > 0);
    assert_true(cc_name_compare("", "a") < 0);
    assert_int_not_equal(cc_name_compare("\xC3\x89", "\xC3\xA9"), 0);
    if (setlocale(LC_ALL, "tr_TR.UTF-8"))
        assert_int_equal(cc_name_compare("TITLE", "title"), 0);
    setlocale(LC_ALL, "C");
}

static void check_nearest(const char *name, const char *expected)
{
    static const char *const known[] = {"server",   "port",     "database",
                                        "username", "password", "table"};
    const char *nearest =
        cc_names_nearest(name, known, sizeof known / sizeof *known);
    if (expected)
        assert_string_equal(nearest, expected);
    else
        assert_null(nearest);
}

static void test_nearest(void **state)
{
    (void)state;
    check_nearest("pasword", "password");
    check_nearest("PASWORD", "password");
    check_nearest("passowrd", "password");
    check_nearest("sever", "server");
    check_nearest("prt", "port");
    check_nearest("tabel", "table");
    check_nearest("tbael", NULL);
    check_nearest("databse", "database");
    check_nearest("data", NULL);
    check_nearest("x", NULL);
    check_nearest("", NULL);
    check_nearest("port", "port");
}

static void test_nearest_long(void **state)
{
    (void)state;
    char name[200];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const char *const known[] = {name, "b"};
    assert_null(cc_names_nearest(name, known, 2));
    assert_string_equal(cc_names_nearest("b", known, 2), "b");
    assert_null(cc_names_nearest("b", known, 0));
}

/* Of equally near names the first; of others the nearest, not the first. */
static void test_nearest_choice(void **state)
{
    (void)state;
    static const char *const known[] = {"sslcerts", "sslkey", "sslcert"};
    assert_string_equal(cc_names_nearest("sslcert", known, 3), "sslcert");
    assert_string_equal(cc_names_nearest("sslcertx", known, 3), "sslcerts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_utf8_boundary),
        cmocka_unit_test(test_suffix_at_utf8_boundary),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_nearest_long),
        cmocka_unit_test(test_nearest_choice),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
