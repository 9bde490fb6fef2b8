/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "provider/provider.h"

#include <stdio.h>
#include <string.h>

static void test_add(void **state)
{
    (void)state;
    struct cc_table_list list = {.tables = NULL};
    char name[16];
    for (int i = 0; i < 100; i++)
    {
        snprintf(name, sizeof name, "t%d", i);
        assert_int_equal(cc_table_list_add(&list, i % 2 ? "s" : NULL, name), 0);
    }
    assert_int_equal(list.count, 100);
    for (size_t i = 0; i < 100; i++)
    {
        snprintf(name, sizeof name, "t%zu", i);
        assert_string_equal(list.tables[i].name, name);
        assert_string_equal(list.tables[i].schema, i % 2 ? "s" : "");
    }
    list.more = true;
    cc_table_list_free(&list);
    assert_null(list.tables);
    assert_int_equal(list.count, 0);
    assert_false(list.more);
    cc_table_list_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_add)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
