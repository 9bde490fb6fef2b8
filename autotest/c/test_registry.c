/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "provider/provider.h"

#include <string.h>

/* Every provider is there, or says why it is not. */
static void test_every_provider(void **state)
{
    (void)state;
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
    {
        enum cc_provider_id id = (enum cc_provider_id)i;
        const char *reason = "unset";
        const struct cc_provider *provider = cc_provider_find(id, &reason);
        if (provider)
        {
            assert_int_equal(provider->id, id);
            assert_non_null(provider->dialect);
            assert_non_null(provider->open);
            assert_null(reason);
            continue;
        }
        assert_non_null(reason);
        assert_non_null(strstr(reason, cc_provider_info_get(id)->label));
        assert_non_null(strstr(reason, "not in this build"));
        assert_non_null(strstr(reason, "It needs "));
        assert_non_null(strstr(reason, "-DCARTOCONN_PROVIDER_"));
        assert_ptr_equal(cc_provider_find(id, NULL), provider);
    }
}

static void test_table_list(void **state)
{
    (void)state;
    struct cc_table_list list = {.tables = NULL};
    for (int i = 0; i < 100; i++)
        assert_int_equal(cc_table_list_add(&list, "s", i % 2 ? "odd" : "even"),
                         0);
    assert_int_equal(list.count, 100);
    assert_string_equal(list.tables[99].schema, "s");
    assert_string_equal(list.tables[99].name, "odd");
    cc_table_list_free(&list);
    assert_int_equal(list.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_provider),
        cmocka_unit_test(test_table_list),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
