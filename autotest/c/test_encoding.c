/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "connector/encoding.h"

#include <iconv.h>
#include <string.h>

struct expectation
{
    const char *name;
    const char *canonical;
    const char *mysql;
};

/* PostgreSQL 16, table 24.3, all names and aliases. */
static const struct expectation expectations[] = {
    {"BIG5", "BIG5", "big5"},
    {"WIN950", "BIG5", "big5"},
    {"Windows950", "BIG5", "big5"},
    {"EUC_CN", "EUC_CN", "gb2312"},
    {"EUC_JP", "EUC_JP", "ujis"},
    {"EUC_JIS_2004", "EUC_JIS_2004", NULL},
    {"EUC_KR", "EUC_KR", "euckr"},
    {"EUC_TW", "EUC_TW", NULL},
    {"GB18030", "GB18030", "gb18030"},
    {"GBK", "GBK", "gbk"},
    {"WIN936", "GBK", "gbk"},
    {"Windows936", "GBK", "gbk"},
    {"ISO_8859_5", "ISO_8859_5", NULL},
    {"ISO_8859_6", "ISO_8859_6", NULL},
    {"ISO_8859_7", "ISO_8859_7", "greek"},
    {"ISO_8859_8", "ISO_8859_8", "hebrew"},
    {"JOHAB", "JOHAB", NULL},
    {"KOI8R", "KOI8R", "koi8r"},
    {"KOI8", "KOI8R", "koi8r"},
    {"KOI8U", "KOI8U", "koi8u"},
    {"LATIN1", "LATIN1", "latin1"},
    {"ISO88591", "LATIN1", "latin1"},
    {"LATIN2", "LATIN2", "latin2"},
    {"ISO88592", "LATIN2", "latin2"},
    {"LATIN3", "LATIN3", NULL},
    {"ISO88593", "LATIN3", NULL},
    {"LATIN4", "LATIN4", NULL},
    {"ISO88594", "LATIN4", NULL},
    {"LATIN5", "LATIN5", "latin5"},
    {"ISO88599", "LATIN5", "latin5"},
    {"LATIN6", "LATIN6", NULL},
    {"ISO885910", "LATIN6", NULL},
    {"LATIN7", "LATIN7", "latin7"},
    {"ISO885913", "LATIN7", "latin7"},
    {"LATIN8", "LATIN8", NULL},
    {"ISO885914", "LATIN8", NULL},
    {"LATIN9", "LATIN9", NULL},
    {"ISO885915", "LATIN9", NULL},
    {"LATIN10", "LATIN10", NULL},
    {"ISO885916", "LATIN10", NULL},
    {"MULE_INTERNAL", "MULE_INTERNAL", NULL},
    {"SJIS", "SJIS", "cp932"},
    {"Mskanji", "SJIS", "cp932"},
    {"ShiftJIS", "SJIS", "cp932"},
    {"WIN932", "SJIS", "cp932"},
    {"Windows932", "SJIS", "cp932"},
    {"SHIFT_JIS_2004", "SHIFT_JIS_2004", NULL},
    {"SQL_ASCII", "SQL_ASCII", "binary"},
    {"UHC", "UHC", "euckr"},
    {"WIN949", "UHC", "euckr"},
    {"Windows949", "UHC", "euckr"},
    {"UTF8", "UTF8", "utf8mb4"},
    {"Unicode", "UTF8", "utf8mb4"},
    {"WIN866", "WIN866", "cp866"},
    {"ALT", "WIN866", "cp866"},
    {"Windows866", "WIN866", "cp866"},
    {"WIN874", "WIN874", "tis620"},
    {"Windows874", "WIN874", "tis620"},
    {"WIN1250", "WIN1250", "cp1250"},
    {"Windows1250", "WIN1250", "cp1250"},
    {"WIN1251", "WIN1251", "cp1251"},
    {"WIN", "WIN1251", "cp1251"},
    {"Windows1251", "WIN1251", "cp1251"},
    {"WIN1252", "WIN1252", "latin1"},
    {"Windows1252", "WIN1252", "latin1"},
    {"WIN1253", "WIN1253", "greek"},
    {"Windows1253", "WIN1253", "greek"},
    {"WIN1254", "WIN1254", "latin5"},
    {"Windows1254", "WIN1254", "latin5"},
    {"WIN1255", "WIN1255", "hebrew"},
    {"Windows1255", "WIN1255", "hebrew"},
    {"WIN1256", "WIN1256", "cp1256"},
    {"Windows1256", "WIN1256", "cp1256"},
    {"WIN1257", "WIN1257", "cp1257"},
    {"Windows1257", "WIN1257", "cp1257"},
    {"WIN1258", "WIN1258", NULL},
    {"ABC", "WIN1258", NULL},
    {"TCVN", "WIN1258", NULL},
    {"TCVN5712", "WIN1258", NULL},
    {"VSCII", "WIN1258", NULL},
    {"Windows1258", "WIN1258", NULL},
};

#define EXPECTATION_COUNT (sizeof expectations / sizeof *expectations)

static void test_all_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXPECTATION_COUNT; i++)
    {
        const struct cc_encoding *encoding =
            cc_encoding_find(expectations[i].name);
        assert_non_null(encoding);
        assert_string_equal(encoding->name, expectations[i].canonical);
        if (expectations[i].mysql)
            assert_string_equal(encoding->mysql, expectations[i].mysql);
        else
            assert_null(encoding->mysql);
    }
}

static void test_spelling(void **state)
{
    (void)state;
    static const struct expectation spellings[] = {
        {"iso88591", "LATIN1", NULL},      {"ISO-8859-1", "LATIN1", NULL},
        {"iso_8859_1", "LATIN1", NULL},    {"Latin 1", "LATIN1", NULL},
        {"UTF-8", "UTF8", NULL},           {"utf8", "UTF8", NULL},
        {"windows-1252", "WIN1252", NULL}, {"euc-jp", "EUC_JP", NULL},
        {"iso-8859-5", "ISO_8859_5", NULL}};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
    {
        const struct cc_encoding *encoding =
            cc_encoding_find(spellings[i].name);
        assert_non_null(encoding);
        assert_string_equal(encoding->name, spellings[i].canonical);
    }
}

static void test_unknown(void **state)
{
    (void)state;
    assert_null(cc_encoding_find("LATIN11"));
    assert_null(cc_encoding_find("klingon"));
    assert_null(cc_encoding_find(""));
    assert_null(cc_encoding_find("---"));
    char name[300];
    memset(name, '8', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_null(cc_encoding_find(name));
}

/* Every converter exists, and converts: here the digit 5 to itself. */
static void test_iconv(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXPECTATION_COUNT; i++)
    {
        const struct cc_encoding *encoding =
            cc_encoding_find(expectations[i].name);
        if (strcmp(encoding->name, "MULE_INTERNAL") == 0)
        {
            assert_null(encoding->iconv);
            continue;
        }
        iconv_t converter = iconv_open("UTF-8", encoding->iconv);
        assert_true(converter != (iconv_t)-1);
        char in[] = "5", out[8] = "";
        char *from = in, *to = out;
        size_t in_left = 1, out_left = sizeof out - 1;
        assert_int_equal(iconv(converter, &from, &in_left, &to, &out_left), 0);
        assert_int_equal(iconv(converter, NULL, NULL, &to, &out_left), 0);
        assert_string_equal(out, "5");
        iconv_close(converter);
    }
}

static void check_conversion(const char *name, const char *bytes,
                             const char *utf8)
{
    iconv_t converter = iconv_open("UTF-8", cc_encoding_find(name)->iconv);
    assert_true(converter != (iconv_t)-1);
    char in[16], out[16] = "";
    strcpy(in, bytes);
    char *from = in, *to = out;
    size_t in_left = strlen(in), out_left = sizeof out - 1;
    assert_int_equal(iconv(converter, &from, &in_left, &to, &out_left), 0);
    (void)iconv(converter, NULL, NULL, &to, &out_left);
    assert_string_equal(out, utf8);
    iconv_close(converter);
}

/* One character that tells each from its neighbours in the table. */
static void test_right_converter(void **state)
{
    (void)state;
    check_conversion("LATIN1", "\xA4", "\xC2\xA4");
    check_conversion("LATIN9", "\xA4", "\xE2\x82\xAC");
    check_conversion("LATIN5", "\xF0", "\xC4\x9F");
    check_conversion("LATIN6", "\xBF", "\xC5\x8B");
    check_conversion("LATIN7", "\xFE", "\xC5\xBE");
    check_conversion("LATIN8", "\xA1", "\xE1\xB8\x82");
    check_conversion("LATIN10", "\xAA", "\xC8\x98");
    check_conversion("KOI8R", "\xC1", "\xD0\xB0");
    check_conversion("KOI8U", "\xA4", "\xD1\x94");
    check_conversion("WIN1252", "\x80", "\xE2\x82\xAC");
    check_conversion("WIN1251", "\xE0", "\xD0\xB0");
    check_conversion("WIN866", "\xA0", "\xD0\xB0");
    check_conversion("SJIS", "\x87\x40", "\xE2\x91\xA0");
    check_conversion("UHC", "\x81\x41", "\xEA\xB0\x82");
}

static void test_suggest(void **state)
{
    (void)state;
    assert_string_equal(cc_encoding_suggest("LATTIN1"), "LATIN1");
    assert_string_equal(cc_encoding_suggest("iso88599x"), "LATIN5");
    assert_string_equal(cc_encoding_suggest("utf9"), "UTF8");
    assert_string_equal(cc_encoding_suggest("windos1252"), "WIN1252");
    assert_null(cc_encoding_suggest("klingon"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_names),       cmocka_unit_test(test_spelling),
        cmocka_unit_test(test_unknown),         cmocka_unit_test(test_iconv),
        cmocka_unit_test(test_right_converter), cmocka_unit_test(test_suggest),
    };
    return cmocka_run_group_tests_name("encoding", tests, NULL, NULL);
}
