/* SPDX-License-Identifier: MIT */
/*
 * Decimal numbers as text, and their conversion to binary. Nothing here
 * depends on the process locale.
 */
#ifndef CC_COLUMN_DECIMAL_H
#define CC_COLUMN_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C"
{
#endif

/* Decimal digits that a double always holds (DBL_DIG). */
#define CC_DOUBLE_DIGITS 15
/* Integers whose magnitude is below this have no more. */
#define CC_DOUBLE_DIGITS_LIMIT INT64_C(1000000000000000)

enum cc_decimal_form
{
    CC_DECIMAL_FINITE = 0,
    CC_DECIMAL_INFINITE,
    CC_DECIMAL_NAN
};

/* (-1)^negative * coefficient * 10^exponent, leading and trailing zeros of
 * the text removed. When `cut`, the coefficient is only the first 19 of
 * `digits` significant digits. */
struct cc_decimal
{
    enum cc_decimal_form form;
    bool negative;
    bool cut;
    uint64_t coefficient;
    int64_t digits;   /* significant ones; 0: the number is zero */
    int64_t exponent; /* of the coefficient */
};

/* "-12.50", ".5", "1e5", "NaN", "-Infinity", blanks around allowed. false
 * when the text is no number. */
bool cc_decimal_parse(const char *text, size_t size,
                      struct cc_decimal *decimal);

/* false when the number is not an integer of 64 bits. */
bool cc_decimal_to_int64(const struct cc_decimal *decimal, int64_t *value);

/*
 * The nearest double, ties to even. `text` is what was parsed (used for
 * numbers of more than 19 digits). *held, when not NULL, tells whether the
 * double, written with as many digits as the decimal has, gives the
 * decimal again.
 */
double cc_decimal_to_double(const struct cc_decimal *decimal, const char *text,
                            size_t size, bool *held);

/* The decimal unscaled / 10^scale. */
void cc_decimal_from_int64(int64_t unscaled, int scale,
                           struct cc_decimal *decimal);

/* The shortest text that reads back as the same double, NUL-terminated;
 * "NaN", "Infinity". Returns its length. */
#define CC_DOUBLE_TEXT_SIZE 32
size_t cc_double_format(double value, char out[CC_DOUBLE_TEXT_SIZE]);

/* unscaled / 10^scale in plain notation ("-0.05"), NUL-terminated; 0 <=
 * scale <= 38. Returns its length. */
#define CC_DECIMAL64_TEXT_SIZE 64
size_t cc_decimal64_format(int64_t unscaled, int scale,
                           char out[CC_DECIMAL64_TEXT_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
