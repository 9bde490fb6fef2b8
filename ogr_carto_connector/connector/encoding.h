/* SPDX-License-Identifier: MIT */
/*
 * The character set names a connector's `encoding` accepts: those of
 * PostgreSQL and their aliases (PostgreSQL manual, "Character Set Support",
 * table 24.1; matching as pg_char_to_encoding does: case and everything that
 * is not a letter or digit are ignored).
 */
#ifndef CC_CONNECTOR_ENCODING_H
#define CC_CONNECTOR_ENCODING_H

#ifdef __cplusplus
extern "C"
{
#endif

struct cc_encoding
{
    const char *name;  /* PostgreSQL's canonical name: "LATIN1" */
    const char *iconv; /* NULL: iconv has no such converter (MULE_INTERNAL) */
    const char *mysql; /* MySQL character set; NULL: none */
};

/* NULL when the name is unknown. */
const struct cc_encoding *cc_encoding_find(const char *name);

/* The known canonical name nearest to `name`, for "did you mean"; NULL when
 * none is near. */
const char *cc_encoding_suggest(const char *name);

#ifdef __cplusplus
}
#endif

#endif
