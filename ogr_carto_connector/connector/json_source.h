/* SPDX-License-Identifier: MIT */
/*
 * The text of a connector JSON (RFC 8259), made into json-c objects. Beyond
 * the RFC it accepts a byte order mark and trailing commas, each of which
 * draws a hint; it refuses a member given twice, deep nesting and long texts.
 */
#ifndef CC_CONNECTOR_JSON_SOURCE_H
#define CC_CONNECTOR_JSON_SOURCE_H

#include "strbuf.h"

struct json_object;

#define CC_JSON_MAX_SIZE ((size_t)1024 * 1024) /* bytes */
#define CC_JSON_MAX_DEPTH 16

/*
 * Parses `text`. `name` is what messages call it ("connector.json"). Remarks
 * are appended to `hints`, one a line. Messages give line and column (in
 * characters, from 1) and what was expected; they quote nothing but
 * punctuation and keys, because the text may hold secrets. On success *root is
 * the caller's, to be released with json_object_put; the JSON text "null"
 * gives NULL.
 */
int cc_json_parse(const char *text, const char *name, struct json_object **root,
                  struct cc_strbuf *hints, struct cc_error *error) CC_CHECKED;

/* Only the syntax: what cc_json_parse does first. */
int cc_json_check(const char *text, const char *name, struct cc_strbuf *hints,
                  struct cc_error *error) CC_CHECKED;

#endif
