/* SPDX-License-Identifier: MIT */
#include "sql_fixture.h"

#include "sql/lexer.h"

static const struct cc_dialect bigquery_like = {
    .quote_open = '`',
    .quote_close = '`',
    .lexical = CC_LEX_BACKSLASH | CC_LEX_DOUBLE_STRING | CC_LEX_BACKTICK |
               CC_LEX_HASH | CC_LEX_TRIPLE,
};

static const struct cc_dialect snowflake_like = {
    .quote_open = '"',
    .quote_close = '"',
    .lexical = CC_LEX_BACKSLASH | CC_LEX_DOLLAR | CC_LEX_SLASHES,
};

/* The tokens between blanks, each with a letter for its kind. */
static void check_tokens(const struct cc_dialect *dialect, const char *sql,
                         const char *expected)
{
    static const char letters[] = {'e', 'w', 'q', 's', 'y'};
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_lexer lexer;
    cc_lexer_init(&lexer, dialect, sql);
    for (;;)
    {
        struct cc_token token = cc_lexer_next(&lexer);
        if (token.kind == CC_TOKEN_END)
            break;
        (void)cc_strbuf_printf(&out, "%s%c:%.*s", out.length > 0 ? " " : "",
                               letters[token.kind], (int)token.length,
                               token.start);
    }
    assert_string_equal(cc_strbuf_text(&out), expected);
    struct cc_token token = cc_lexer_next(&lexer);
    assert_int_equal(token.kind, CC_TOKEN_END);
    cc_strbuf_free(&out);
}

static void test_standard(void **state)
{
    (void)state;
    check_tokens(&full_dialect, "SELECT a1, \"b\"\"c\" FROM t",
                 "w:SELECT w:a1 y:, q:\"b\"\"c\" w:FROM w:t");
    check_tokens(&full_dialect, "'it''s' -- it's\n x /* ' */ y",
                 "s:'it''s' w:x w:y");
    check_tokens(&full_dialect, "/* a /* b */ c */ d", "w:d");
    check_tokens(&poor_dialect, "/* a /* b */ c", "w:c");
    check_tokens(&full_dialect, "'a\\' b", "s:'a\\' w:b");
    check_tokens(&full_dialect, "E'a\\' b' c e'\\\\' d",
                 "s:E'a\\' b' w:c s:e'\\\\' w:d");
    check_tokens(&full_dialect, "\xC3\xA9t\xC3\xA9 1.5",
                 "w:\xC3\xA9t\xC3\xA9 w:1 y:. w:5");
}

static void test_dollars(void **state)
{
    (void)state;
    check_tokens(&full_dialect, "$$a;'b$$ x", "s:$$a;'b$$ w:x");
    check_tokens(&full_dialect, "$q$ $$ $Q$ $q$ x", "s:$q$ $$ $Q$ $q$ w:x");
    check_tokens(&full_dialect, "a$b$ $1 + $2", "w:a$b$ y:$ w:1 y:+ y:$ w:2");
    check_tokens(&poor_dialect, "$$a$$", "y:$ y:$ w:a y:$ y:$");
}

static void test_mysql(void **state)
{
    (void)state;
    check_tokens(&with_dialect, "`a``b` \"x\\\"y\" 'z\\'' # c\nd",
                 "q:`a``b` s:\"x\\\"y\" s:'z\\'' w:d");
    check_tokens(&with_dialect, "5--6 -- c\n7", "w:5 y:- y:- w:6 w:7");
    check_tokens(&with_dialect, "5 --", "w:5");
}

static void test_others(void **state)
{
    (void)state;
    check_tokens(&poor_dialect, "[a]]b] 'c'", "q:[a]]b] s:'c'");
    check_tokens(&snowflake_like, "a // b '\nc", "w:a w:c");
    check_tokens(&full_dialect, "a / / b", "w:a y:/ y:/ w:b");
    check_tokens(&bigquery_like, "'''a'b''c''' r'\\d' \"\"\"x\"y\"\"\" z",
                 "s:'''a'b''c''' s:r'\\d' s:\"\"\"x\"y\"\"\" w:z");
    check_tokens(&bigquery_like, "'' \"\" z", "s:'' s:\"\" w:z");
}

static void check_trim(const char *sql, const char *expected, bool open)
{
    bool unterminated = !open;
    size_t length = cc_sql_trimmed_length(&full_dialect, sql, &unterminated);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(sql, expected, length);
    assert_int_equal(unterminated, open);
}

static void test_trim(void **state)
{
    (void)state;
    check_trim("", "", false);
    check_trim(" ; ;-- x", "", false);
    check_trim("SELECT 1", "SELECT 1", false);
    check_trim("SELECT 1 ;\n ; -- done;\n/* really */ ", "SELECT 1", false);
    check_trim("SELECT ';' ; ", "SELECT ';'", false);
    check_trim("SELECT 1; SELECT 2;", "SELECT 1; SELECT 2", false);
    check_trim("SELECT $$;$$;", "SELECT $$;$$", false);
    check_trim("SELECT 'a;", "SELECT 'a;", true);
    check_trim("SELECT \"a;", "SELECT \"a;", true);
    check_trim("SELECT 1 /* ;", "SELECT 1", true);
    check_trim("SELECT $a$ ; $b$", "SELECT $a$ ; $b$", true);
    check_trim("SELECT E'\\';", "SELECT E'\\';", true);
}

static void check_first(const char *sql, const char *expected)
{
    char word[8];
    cc_sql_first_word(&full_dialect, sql, word, sizeof word);
    assert_string_equal(word, expected);
}

static void test_first_word(void **state)
{
    (void)state;
    check_first("  select 1", "SELECT");
    check_first("-- c\n/* x */ With a AS (SELECT 1) SELECT 1", "WITH");
    check_first("(select 1)", "(");
    check_first("", "");
    check_first("'x'", "");
    check_first("\"select\"", "");
    check_first("EXPLAINED", "");
    check_first("explain", "EXPLAIN");
}

static void test_mentions(void **state)
{
    (void)state;
    assert_true(cc_sql_mentions(&full_dialect, "SELECT * FROM Towns", "towns"));
    assert_true(cc_sql_mentions(&full_dialect, "FROM \"My \"\"t\"", "My \"t"));
    assert_false(cc_sql_mentions(&full_dialect, "FROM \"Towns\"", "towns"));
    assert_false(cc_sql_mentions(&full_dialect, "FROM towns2", "towns"));
    assert_false(cc_sql_mentions(&full_dialect, "SELECT 'towns'", "towns"));
    assert_false(cc_sql_mentions(&full_dialect, "1 -- towns", "towns"));
    assert_false(cc_sql_mentions(&full_dialect, "1 /* towns */", "towns"));
    assert_false(cc_sql_mentions(&full_dialect, "$$ towns $$", "towns"));
    assert_false(cc_sql_mentions(&full_dialect, "FROM \"", ""));
    assert_true(cc_sql_mentions(&with_dialect, "FROM `a``b`", "a`b"));
    assert_false(cc_sql_mentions(&with_dialect, "SELECT \"a\"", "a"));
    assert_true(cc_sql_mentions(&poor_dialect, "FROM [a]]b]", "a]b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standard), cmocka_unit_test(test_dollars),
        cmocka_unit_test(test_mysql),    cmocka_unit_test(test_others),
        cmocka_unit_test(test_trim),     cmocka_unit_test(test_first_word),
        cmocka_unit_test(test_mentions),
    };
    return cmocka_run_group_tests_name("lexer", tests, NULL, NULL);
}
