/* SPDX-License-Identifier: MIT */
/*
 * Characters of ASCII, whatever the locale.
 */
#ifndef CC_CONNECTOR_ASCII_H
#define CC_CONNECTOR_ASCII_H

#include <stdbool.h>

static inline bool cc_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The value of a hexadecimal digit, or -1. */
static inline int cc_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

#endif
