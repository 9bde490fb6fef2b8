/* SPDX-License-Identifier: MIT */
/*
 * A connector while it is built. The steps, each a function of one file:
 * sources (which source gives which parameter), values (each one's text) and
 * rules (what they must satisfy together). A step returns -1 only when memory
 * ran out; what is wrong with the input is collected in `mistakes`.
 */
#ifndef CC_CONNECTOR_BUILD_H
#define CC_CONNECTOR_BUILD_H

#include "connector.h"

struct json_object;

/* Mistakes of the user, one a line. */
struct cc_mistakes
{
    struct cc_strbuf text;
    size_t count;
    size_t omitted; /* of count: did not fit in a message */
};

void cc_mistake(struct cc_mistakes *mistakes, const char *format, ...)
    CC_PRINTF(2, 3);

/* 0 when there was none, else sets the error. */
int cc_mistakes_report(const struct cc_mistakes *mistakes,
                       struct cc_error *error) CC_CHECKED;

enum cc_origin
{
    CC_FROM_NOWHERE = 0,
    CC_FROM_JSON,
    CC_FROM_OPTION,
    CC_FROM_CONFIG
};

/* Where a parameter is given, and what: `json` or `text`. */
struct cc_given
{
    enum cc_origin origin;
    enum cc_parameter_place place; /* CC_FROM_JSON */
    struct json_object *json;      /* CC_FROM_JSON; borrowed */
    const char *text;              /* the others; borrowed */
};

struct cc_build
{
    const struct cc_connector_input *input;
    struct cc_connector *connector;
    struct json_object *root;       /* the JSON; owned */
    struct json_object *top;        /* its connector object, or NULL */
    struct json_object *connection; /* its "connection" object, or NULL */
    bool body;          /* `top` is a member of an Import API body */
    bool inline_secret; /* the JSON holds a secret */
    bool provider_known;
    struct cc_given given[CC_PARAMETER_COUNT];
    struct cc_mistakes mistakes;
};

/* sources.c */
int cc_build_sources(struct cc_build *build) CC_CHECKED;

/* The text of the configuration option CARTOCONN_<OPTION>; NULL when it is not
 * set or empty. */
const char *cc_build_config(const struct cc_build *build,
                            const struct cc_parameter *row);

/* values.c */
int cc_build_values(struct cc_build *build) CC_CHECKED;

/*
 * Checks one value and makes its text: *out is the caller's, NULL when there
 * was a mistake. `choices` replaces the row's when not NULL.
 */
int cc_value_read(struct cc_build *build, const struct cc_parameter *row,
                  const char *const *choices, char **out) CC_CHECKED;

/* rules.c */
int cc_build_rules(struct cc_build *build) CC_CHECKED;

/* How messages name a parameter that is given: "port" in "connection",
 * open option PORT, configuration option CARTOCONN_PORT. */
#define CC_LABEL_SIZE 96
void cc_label(const struct cc_parameter *row, const struct cc_given *given,
              char out[CC_LABEL_SIZE]);

/* How they name one that is missing. */
void cc_missing_label(const struct cc_build *build,
                      const struct cc_parameter *row, char out[CC_LABEL_SIZE]);

/* Adds every text and number in `json` to the connector's secrets, except what
 * is public in a service account's key (its project, Google's addresses). */
int cc_build_add_secret(struct cc_build *build,
                        struct json_object *json) CC_CHECKED;

#endif
