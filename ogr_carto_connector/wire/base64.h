/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648). */
#ifndef CC_WIRE_BASE64_H
#define CC_WIRE_BASE64_H

#include "column/buffer.h"
#include "connector/strbuf.h"

/* Appends the Base64 text (RFC 4648 section 4), or base64url without padding
 * (section 5). */
int cc_base64(const void *data, size_t size, bool for_url,
              struct cc_strbuf *out);

/* Appends the bytes of a Base64 text of either alphabet, white space
 * and missing padding allowed; -1 when it is none
 * or memory runs out. */
int cc_base64_decode(const char *text, size_t size, struct cc_buffer *out);

#endif
