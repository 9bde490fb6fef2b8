/* SPDX-License-Identifier: MIT */
/*
 * A connector JSON of any bytes: it is refused with a message, or becomes a
 * connector whose description gives no secret away.
 */
#include "connector/connector.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Any file is a service account or a private key. */
static char *read_any_file(void *context, const char *name)
{
    (void)context;
    (void)name;
    return strdup("{\"type\": \"service_account\", \"private_key\": \"pem\"}");
}

/* "***" may make up a password of asterisks again. */
static void check_description(const struct cc_connector *connector,
                              const char *json)
{
    char *description = cc_connector_description(connector, json);
    const char *password = connector->values[CC_P_PASSWORD];
    if (!description)
        abort();
    if (password && strlen(password) >= 4 && !strchr(password, '*') &&
        strstr(description, password))
        abort();
    free(description);
}

static void check_connector(const struct cc_connector *connector,
                            const char *json)
{
    for (int i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        enum cc_parameter_id id = (enum cc_parameter_id)i;
        (void)cc_connector_text(connector, id);
        if (cc_parameters[i].type == CC_TYPE_INTEGER &&
            cc_connector_integer(connector, id) < 0)
            abort();
    }
    if (connector->row_limit < 1)
        abort();
    check_description(connector, json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *json = malloc(size + 1);
    if (!json)
        return 0;
    memcpy(json, data, size);
    json[size] = '\0';

    struct cc_connector_input input = {.json = json,
                                       .read_file = read_any_file};
    struct cc_connector *connector = NULL;
    struct cc_error error = CC_ERROR_INIT;
    if (cc_connector_new(&input, &connector, &error) == 0)
        check_connector(connector, json);
    else if (!error.message[0])
        abort();
    cc_connector_free(connector);
    free(json);
    return 0;
}
