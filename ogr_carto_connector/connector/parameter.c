/* SPDX-License-Identifier: MIT */
#include "parameter.h"
#include "names.h"

#define TOP CC_PLACE_TOP
#define CONNECTION CC_PLACE_CONNECTION

static const char *const sslmodes[] = {"disable",   "prefer",      "require",
                                       "verify-ca", "verify-full", NULL};
static const char *const hive_auths[] = {"plain", "nosasl", NULL};
static const char *const hive_transports[] = {"binary", "http", NULL};
static const char *const geometry_errors[] = {"WARN", "ERROR", NULL};

/* One row per parameter. Names of members only where they say something:
 * a row is key, option, synonyms, places, type and then what applies. */
#define ROW(name, key_, option_, synonyms_, places_, type_, ...)               \
    [name] = {.id = name,                                                      \
              .key = key_,                                                     \
              .option = option_,                                               \
              .synonyms = synonyms_,                                           \
              .places = places_,                                               \
              .type = type_,                                                   \
              __VA_ARGS__}

/* clang-format off */
const struct cc_parameter cc_parameters[CC_PARAMETER_COUNT] = {
    ROW(CC_P_PROVIDER, "provider", "PROVIDER", "type driver", TOP,
        CC_TYPE_STRING,
        .description = "The kind of remote database."),
    ROW(CC_P_CONNECTION, "connection", NULL, NULL, TOP, CC_TYPE_OBJECT,
        .description = "The parameters that permit connection to the remote "
                       "database."),
    ROW(CC_P_TABLE, "table", "TABLE", "table_name layer", TOP, CC_TYPE_STRING,
        .description = "The remote table or view to read."),
    ROW(CC_P_SQL_QUERY, "sql_query", "SQL_QUERY", "sql query statement", TOP,
        CC_TYPE_TEXT,
        .description = "A query in the remote server's own SQL, sent "
                       "verbatim; its result is read."),
    ROW(CC_P_SCHEMA, "schema", "SCHEMA", "schema_name namespace", TOP,
        CC_TYPE_STRING,
        .description = "The remote schema of the table, or whose tables are "
                       "listed."),
    ROW(CC_P_IMPORT_AS, "import_as", "IMPORT_AS", "name layer_name", TOP,
        CC_TYPE_STRING,
        .description = "The name of the resulting layer (default: the "
                       "table's name)."),
    ROW(CC_P_ENCODING, "encoding", "ENCODING", "charset character_set", TOP,
        CC_TYPE_STRING,
        .description = "The character encoding used by the remote database: "
                       "a PostgreSQL character set name or alias."),
    ROW(CC_P_BILLING_PROJECT, "billing_project", "BILLING_PROJECT",
        "project_id quota_project", TOP | CONNECTION, CC_TYPE_STRING,
        .description = "The Google Cloud project that runs, and pays for, "
                       "the queries."),
    ROW(CC_P_PROJECT, "project", "PROJECT", NULL, TOP, CC_TYPE_STRING,
        .description = "The Google Cloud project that contains the table."),
    ROW(CC_P_DATASET, "dataset", "DATASET", NULL, TOP, CC_TYPE_STRING,
        .description = "The BigQuery dataset that contains the table, and "
                       "required with it; without both, all are listed."),
    ROW(CC_P_INTERVAL, "interval", "INTERVAL", NULL, CC_PLACE_BODY,
        CC_TYPE_INTEGER, .min = 900, .max = INT64_MAX, .unit = "seconds",
        .description = "The synchronization period, kept as metadata."),

    ROW(CC_P_SERVER, "server", "SERVER", "host hostname address", CONNECTION,
        CC_TYPE_STRING,
        .description = "The host name or address of the database server."),
    ROW(CC_P_PORT, "port", "PORT", NULL, CONNECTION, CC_TYPE_INTEGER,
        .min = 1, .max = 65535,
        .description = "The TCP port of the database server."),
    ROW(CC_P_DATABASE, "database", "DATABASE", "dbname db", CONNECTION,
        CC_TYPE_STRING,
        .description = "The name of the database to connect to."),
    ROW(CC_P_USERNAME, "username", "USERNAME", "user uid login", CONNECTION,
        CC_TYPE_STRING,
        .description = "The name of the user account."),
    ROW(CC_P_PASSWORD, "password", "PASSWORD", "pwd pass", CONNECTION,
        CC_TYPE_TEXT, .secret = true,
        .description = "The password of the user account."),
    ROW(CC_P_CLUSTER, "cluster", "CLUSTER", "host", CONNECTION,
        CC_TYPE_STRING,
        .description = "The address of the Redshift cluster (server is the "
                       "same)."),
    ROW(CC_P_ACCOUNT, "account", "ACCOUNT", NULL, CONNECTION, CC_TYPE_STRING,
        .description = "The Snowflake account identifier, when it does not "
                       "follow from server, or instead of it."),
    ROW(CC_P_WAREHOUSE, "warehouse", "WAREHOUSE", NULL, CONNECTION,
        CC_TYPE_STRING,
        .description = "The Snowflake warehouse that runs the queries."),
    ROW(CC_P_ROLE, "role", "ROLE", NULL, CONNECTION, CC_TYPE_STRING,
        .description = "The Snowflake role of the session."),
    ROW(CC_P_TOKEN, "token", "TOKEN", "pat", CONNECTION, CC_TYPE_STRING,
        .secret = true,
        .description = "A Snowflake programmatic access token."),
    ROW(CC_P_PASSCODE, "passcode", "PASSCODE", "totp otp", CONNECTION,
        CC_TYPE_STRING, .secret = true,
        .description = "The current code of the user's authenticator, for "
                       "multi-factor authentication."),
    ROW(CC_P_OAUTH_TOKEN, "oauth_token", "OAUTH_TOKEN", NULL, CONNECTION,
        CC_TYPE_STRING, .secret = true,
        .description = "An OAuth access token for Snowflake."),
    ROW(CC_P_PRIVATE_KEY, "private_key", "PRIVATE_KEY", NULL, CONNECTION,
        CC_TYPE_TEXT, .secret = true,
        .description = "The PEM text of the user's private key, for key pair "
                       "authentication."),
    ROW(CC_P_PRIVATE_KEY_FILE, "private_key_file", "PRIVATE_KEY_FILE",
        "private_key_path", CONNECTION, CC_TYPE_STRING,
        .description = "The file with the user's private key."),
    ROW(CC_P_PRIVATE_KEY_PASSPHRASE, "private_key_passphrase",
        "PRIVATE_KEY_PASSPHRASE", "passphrase", CONNECTION, CC_TYPE_TEXT,
        .secret = true,
        .description = "The passphrase of an encrypted private key."),
    ROW(CC_P_CLIENT_APP_ID, "client_app_id", "CLIENT_APP_ID", NULL,
        CONNECTION, CC_TYPE_STRING,
        .description = "The client that Snowflake is told, and its version: "
                       "those it knows as drivers get results in Arrow, "
                       "others in JSON."),
    ROW(CC_P_SERVICE_ACCOUNT, "service_account", "SERVICE_ACCOUNT",
        "credentials credentials_file key_file", CONNECTION,
        CC_TYPE_OBJECT_FILE, .secret = true,
        .description = "The service account's key: the JSON object, or the "
                       "name of a file with it."),
    ROW(CC_P_ACCESS_TOKEN, "access_token", "ACCESS_TOKEN", NULL, CONNECTION,
        CC_TYPE_STRING, .secret = true,
        .description = "An OAuth access token for BigQuery."),
    ROW(CC_P_REFRESH_TOKEN, "refresh_token", "REFRESH_TOKEN", NULL,
        CONNECTION, CC_TYPE_STRING, .secret = true,
        .description = "An OAuth refresh token, with client_id and "
                       "client_secret."),
    ROW(CC_P_CLIENT_ID, "client_id", "CLIENT_ID", NULL, CONNECTION,
        CC_TYPE_STRING,
        .description = "The OAuth client that the refresh token was issued "
                       "to."),
    ROW(CC_P_CLIENT_SECRET, "client_secret", "CLIENT_SECRET", NULL,
        CONNECTION, CC_TYPE_STRING, .secret = true,
        .description = "The secret of the OAuth client."),
    ROW(CC_P_SSLMODE, "sslmode", "SSLMODE", "ssl tls ssl_mode encrypt",
        CONNECTION, CC_TYPE_CHOICE, .choices = sslmodes,
        .description = "How the connection is encrypted and the server's "
                       "certificate verified."),
    ROW(CC_P_SSLROOTCERT, "sslrootcert", "SSLROOTCERT", "sslca cafile",
        CONNECTION, CC_TYPE_STRING,
        .description = "The file with the certificate authorities to trust "
                       "(default: the system's)."),
    ROW(CC_P_SSLCERT, "sslcert", "SSLCERT", NULL, CONNECTION, CC_TYPE_STRING,
        .description = "The file with the client's certificate."),
    ROW(CC_P_SSLKEY, "sslkey", "SSLKEY", NULL, CONNECTION, CC_TYPE_STRING,
        .description = "The file with the client certificate's private "
                       "key."),
    ROW(CC_P_CONNECT_TIMEOUT, "connect_timeout", "CONNECT_TIMEOUT",
        "timeout login_timeout", CONNECTION, CC_TYPE_INTEGER, .min = 1,
        .max = 86400, .unit = "seconds",
        .description = "How long to wait for a connection."),
    ROW(CC_P_QUERY_TIMEOUT, "query_timeout", "QUERY_TIMEOUT",
        "statement_timeout", CONNECTION, CC_TYPE_INTEGER, .min = 0,
        .max = 2147483, .unit = "seconds",
        .description = "How long a query may take; 0: no limit."),
    ROW(CC_P_INSECURE, "insecure", "INSECURE", NULL, CONNECTION,
        CC_TYPE_BOOLEAN,
        .description = "Allows plain HTTP to another host than this one."),
    ROW(CC_P_AUTH, "auth", "AUTH", "authentication", CONNECTION,
        CC_TYPE_CHOICE, .choices = hive_auths,
        .not_chosen = "Kerberos is not supported",
        .description = "The authentication of HiveServer2: plain for NONE, "
                       "LDAP, PAM and CUSTOM."),
    ROW(CC_P_TRANSPORT, "transport", "TRANSPORT", "transport_mode",
        CONNECTION, CC_TYPE_CHOICE, .choices = hive_transports,
        .description = "The transport mode of HiveServer2."),
    ROW(CC_P_HTTP_PATH, "http_path", "HTTP_PATH", "path", CONNECTION,
        CC_TYPE_STRING,
        .description = "The path of HiveServer2's HTTP endpoint."),
    ROW(CC_P_CONFIGURATION, "configuration", "CONFIGURATION", "conf settings",
        CONNECTION, CC_TYPE_OBJECT,
        .description = "Settings of the Hive session, as an object of "
                       "names and values."),
    ROW(CC_P_MAXIMUM_BYTES_BILLED, "maximum_bytes_billed",
        "MAXIMUM_BYTES_BILLED", NULL, CONNECTION, CC_TYPE_INTEGER, .min = 1,
        .max = INT64_MAX,
        .description = "The bytes a query may bill; one that would bill more "
                       "fails without a charge."),
    ROW(CC_P_ENDPOINT, "endpoint", "ENDPOINT", NULL, CONNECTION,
        CC_TYPE_STRING,
        .description = "The address of the BigQuery REST service."),
    ROW(CC_P_STORAGE_ENDPOINT, "storage_endpoint", "STORAGE_ENDPOINT", NULL,
        CONNECTION, CC_TYPE_STRING,
        .description = "The address of the BigQuery Storage Read service."),

    ROW(CC_P_MAX_ROWS, "max_rows", "MAX_ROWS", "limit row_limit", TOP,
        CC_TYPE_INTEGER, .min = 1, .max = INT64_MAX,
        .description = "Lowers the limit of rows read; only the "
                       "configuration option CARTOCONN_MAX_ROWS raises it."),
    ROW(CC_P_LOSSLESS, "lossless", "LOSSLESS", NULL, TOP, CC_TYPE_BOOLEAN,
        .description = "Delivers columns that no OGR type holds exactly as "
                       "text."),
    ROW(CC_P_GEOM_POSSIBLE_NAMES, "geom_possible_names",
        "GEOM_POSSIBLE_NAMES", "geometry_name", TOP, CC_TYPE_STRING,
        .description = "The names of geometry columns, comma separated, the "
                       "preferred first; NONE: no text or binary column is "
                       "one."),
    ROW(CC_P_SRS, "srs", "SRS", "srid", TOP, CC_TYPE_STRING,
        .description = "The reference system of geometries that do not say "
                       "theirs."),
    ROW(CC_P_TARGET_SRS, "target_srs", "TARGET_SRS", NULL, TOP,
        CC_TYPE_STRING,
        .description = "The reference system that all geometries are "
                       "reprojected to."),
    ROW(CC_P_INVALID_GEOMETRY, "invalid_geometry", "INVALID_GEOMETRY", NULL,
        TOP, CC_TYPE_CHOICE, .choices = geometry_errors,
        .description = "What a geometry that cannot be parsed does: WARN "
                       "reads NULL and counts it, ERROR ends the read."),
    ROW(CC_P_TINYINT1_AS_BOOLEAN, "tinyint1_as_boolean",
        "TINYINT1_AS_BOOLEAN", NULL, TOP, CC_TYPE_BOOLEAN,
        .description = "Reads tinyint(1) columns, MySQL's BOOLEAN, as "
                       "boolean: other values than 0 become true."),
};
/* clang-format on */

const struct cc_parameter *cc_parameter_by_key(const char *key)
{
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        if (cc_name_compare(cc_parameters[i].key, key) == 0)
            return &cc_parameters[i];
    }
    return NULL;
}

const struct cc_parameter *cc_parameter_by_option(const char *option)
{
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        if (cc_parameters[i].option &&
            cc_name_compare(cc_parameters[i].option, option) == 0)
            return &cc_parameters[i];
    }
    return NULL;
}
