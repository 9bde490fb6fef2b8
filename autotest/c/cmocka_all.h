/* SPDX-License-Identifier: MIT */
/* cmocka.h with what it needs before it. */
#ifndef CC_CMOCKA_ALL_H
#define CC_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
