/* SPDX-License-Identifier: MIT */
/*
 * Text: UTF-8 validation and repair, conversion from other encodings, the
 * text forms of UUIDs and bytes. Nothing here depends on the process locale.
 */
#ifndef CC_COLUMN_TEXT_H
#define CC_COLUMN_TEXT_H

#include "buffer.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C"
{
#endif

/* The length of the longest prefix that is well-formed UTF-8 (Unicode
 * 15.0, table 3-7) without NUL bytes: `size` when all is valid. */
size_t cc_utf8_valid_prefix(const char *text, size_t size);

/* Whether every byte is in 1..127. */
bool cc_is_plain_ascii(const char *text, size_t size);

/* Appends `text` with every NUL byte and every maximal ill-formed
 * subsequence (Unicode 15.0, section 3.9, "U+FFFD Substitution of Maximal
 * Subparts") replaced by U+FFFD. 0, or -1 when out of memory. */
int cc_utf8_repair(struct cc_buffer *out, const char *text, size_t size);

/* A converter to UTF-8. One thread at a time. */
struct cc_recoder;

/* NULL with errno set: EINVAL where iconv has no such encoding. */
struct cc_recoder *cc_recoder_new(const char *iconv_name);
void cc_recoder_free(struct cc_recoder *recoder);

/*
 * Appends `text` as UTF-8. Bytes that are invalid in the encoding, an
 * incomplete character at the end and NUL become U+FFFD; *replaced tells
 * whether there were any. 0, or -1 when out of memory.
 */
int cc_recode(struct cc_recoder *recoder, struct cc_buffer *out,
              const char *text, size_t size, bool *replaced);

/* A UUID's 16 bytes in RFC 4122 order as 36 characters, lower case, no
 * terminator. */
void cc_uuid_format(const uint8_t value[16], char out[36]);

/* Appends the bytes that `text` spells in hexadecimal, "\x" or "0x" in
 * front allowed. 1 (and nothing appended) when it is not hexadecimal, -1
 * when out of memory. */
int cc_hex_decode(struct cc_buffer *out, const char *text, size_t size);

/* Compares `size` bytes, ignoring the case of ASCII letters. */
bool cc_ascii_equal(const char *a, const char *b, size_t size);

#ifdef __cplusplus
}
#endif

#endif
