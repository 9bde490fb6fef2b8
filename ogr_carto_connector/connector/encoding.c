/* SPDX-License-Identifier: MIT */
#include "encoding.h"
#include "names.h"

#include <stddef.h>
#include <string.h>

/*
 * PostgreSQL's aliases are written as its lookup compares them: lower case,
 * letters and digits only. The canonical name is an alias of itself.
 */
struct row
{
    struct cc_encoding encoding;
    const char *aliases[8];
};

static const struct row rows[] = {
    {{"BIG5", "BIG5", "big5"}, {"win950", "windows950"}},
    {{"EUC_CN", "EUC-CN", "gb2312"}, {NULL}},
    {{"EUC_JP", "EUC-JP", "ujis"}, {NULL}},
    {{"EUC_JIS_2004", "EUC-JISX0213", NULL}, {NULL}},
    {{"EUC_KR", "EUC-KR", "euckr"}, {NULL}},
    {{"EUC_TW", "EUC-TW", NULL}, {NULL}},
    {{"GB18030", "GB18030", "gb18030"}, {NULL}},
    {{"GBK", "GBK", "gbk"}, {"win936", "windows936"}},
    {{"ISO_8859_5", "ISO-8859-5", NULL}, {NULL}},
    {{"ISO_8859_6", "ISO-8859-6", NULL}, {NULL}},
    {{"ISO_8859_7", "ISO-8859-7", "greek"}, {NULL}},
    {{"ISO_8859_8", "ISO-8859-8", "hebrew"}, {NULL}},
    {{"JOHAB", "JOHAB", NULL}, {NULL}},
    {{"KOI8R", "KOI8-R", "koi8r"}, {"koi8"}},
    {{"KOI8U", "KOI8-U", "koi8u"}, {NULL}},
    {{"LATIN1", "ISO-8859-1", "latin1"}, {"iso88591"}},
    {{"LATIN2", "ISO-8859-2", "latin2"}, {"iso88592"}},
    {{"LATIN3", "ISO-8859-3", NULL}, {"iso88593"}},
    {{"LATIN4", "ISO-8859-4", NULL}, {"iso88594"}},
    {{"LATIN5", "ISO-8859-9", "latin5"}, {"iso88599"}},
    {{"LATIN6", "ISO-8859-10", NULL}, {"iso885910"}},
    {{"LATIN7", "ISO-8859-13", "latin7"}, {"iso885913"}},
    {{"LATIN8", "ISO-8859-14", NULL}, {"iso885914"}},
    {{"LATIN9", "ISO-8859-15", NULL}, {"iso885915"}},
    {{"LATIN10", "ISO-8859-16", NULL}, {"iso885916"}},
    {{"MULE_INTERNAL", NULL, NULL}, {NULL}},
    {{"SJIS", "CP932", "cp932"},
     {"mskanji", "shiftjis", "win932", "windows932"}},
    {{"SHIFT_JIS_2004", "SHIFT_JISX0213", NULL}, {NULL}},
    {{"SQL_ASCII", "UTF-8", "binary"}, {NULL}},
    {{"UHC", "UHC", "euckr"}, {"win949", "windows949"}},
    {{"UTF8", "UTF-8", "utf8mb4"}, {"unicode"}},
    {{"WIN866", "CP866", "cp866"}, {"alt", "windows866"}},
    {{"WIN874", "CP874", "tis620"}, {"windows874"}},
    {{"WIN1250", "CP1250", "cp1250"}, {"windows1250"}},
    {{"WIN1251", "CP1251", "cp1251"}, {"win", "windows1251"}},
    {{"WIN1252", "CP1252", "latin1"}, {"windows1252"}},
    {{"WIN1253", "CP1253", "greek"}, {"windows1253"}},
    {{"WIN1254", "CP1254", "latin5"}, {"windows1254"}},
    {{"WIN1255", "CP1255", "hebrew"}, {"windows1255"}},
    {{"WIN1256", "CP1256", "cp1256"}, {"windows1256"}},
    {{"WIN1257", "CP1257", "cp1257"}, {"windows1257"}},
    {{"WIN1258", "CP1258", NULL},
     {"abc", "tcvn", "tcvn5712", "vscii", "windows1258"}},
};

#define ROW_COUNT (sizeof rows / sizeof *rows)
#define LONGEST_NAME 63 /* PostgreSQL's NAMEDATALEN - 1 */

/* Lower case, letters and digits only; false when the name is too long. */
static bool normalise(const char *name, char out[LONGEST_NAME + 1])
{
    size_t length = 0;
    if (strlen(name) > LONGEST_NAME)
        return false;
    for (; *name; name++)
    {
        if (*name >= 'A' && *name <= 'Z')
            out[length++] = (char)(*name - 'A' + 'a');
        else if ((*name >= 'a' && *name <= 'z') ||
                 (*name >= '0' && *name <= '9'))
            out[length++] = *name;
    }
    out[length] = '\0';
    return length > 0;
}

static bool row_has(const struct row *row, const char *wanted)
{
    char canonical[LONGEST_NAME + 1];
    if (normalise(row->encoding.name, canonical) &&
        strcmp(canonical, wanted) == 0)
        return true;
    for (const char *const *alias = row->aliases; *alias; alias++)
    {
        if (strcmp(*alias, wanted) == 0)
            return true;
    }
    return false;
}

const struct cc_encoding *cc_encoding_find(const char *name)
{
    char wanted[LONGEST_NAME + 1];
    if (!normalise(name, wanted))
        return NULL;
    for (size_t i = 0; i < ROW_COUNT; i++)
    {
        if (row_has(&rows[i], wanted))
            return &rows[i].encoding;
    }
    return NULL;
}

const char *cc_encoding_suggest(const char *name)
{
    const char *candidates[ROW_COUNT * 4];
    size_t count = 0;
    for (size_t i = 0; i < ROW_COUNT; i++)
    {
        candidates[count++] = rows[i].encoding.name;
        for (const char *const *alias = rows[i].aliases;
             *alias && count < sizeof candidates / sizeof *candidates; alias++)
            candidates[count++] = *alias;
    }
    const char *nearest = cc_names_nearest(name, candidates, count);
    return nearest ? cc_encoding_find(nearest)->name : NULL;
}
