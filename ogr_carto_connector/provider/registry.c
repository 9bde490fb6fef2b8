/* SPDX-License-Identifier: MIT */
#include "provider.h"

/* One row a provider; the build defines CARTOCONN_HAVE_<NAME>. */
struct row
{
    const struct cc_provider *provider; /* NULL: not in this build */
    const char *reason;
};

#define MISSING(label, name, needs)                                            \
    label " support is not in this build of the driver. It needs " needs       \
          "; install that, configure with -DCARTOCONN_PROVIDER_" name          \
          "=ON and build again."

static const struct row rows[CC_PROVIDER_COUNT] = {
    [CC_MYSQL] =
        {
#ifdef CARTOCONN_HAVE_MYSQL
            &cc_provider_mysql,
#else
            NULL,
#endif
            MISSING("MySQL", "MYSQL",
                    "libmariadb or libmysqlclient, and libcrypto")},
    [CC_POSTGRES] =
        {
#ifdef CARTOCONN_HAVE_POSTGRES
            &cc_provider_postgres,
#else
            NULL,
#endif
            MISSING("PostgreSQL", "POSTGRES", "libpq")},
    [CC_SQLSERVER] =
        {
#ifdef CARTOCONN_HAVE_SQLSERVER
            &cc_provider_sqlserver,
#else
            NULL,
#endif
            MISSING("SQL Server", "SQLSERVER", "FreeTDS (libsybdb)")},
    [CC_HIVE] =
        {
#ifdef CARTOCONN_HAVE_HIVE
            &cc_provider_hive,
#else
            NULL,
#endif
            MISSING("Hive", "HIVE", "libcurl")},
    [CC_BIGQUERY] =
        {
#ifdef CARTOCONN_HAVE_BIGQUERY
            &cc_provider_bigquery,
#else
            NULL,
#endif
            MISSING("BigQuery", "BIGQUERY",
                    "libcurl, OpenSSL, LZ4, ZSTD and protobuf-c")},
    [CC_REDSHIFT] =
        {
#ifdef CARTOCONN_HAVE_REDSHIFT
            &cc_provider_redshift,
#else
            NULL,
#endif
            MISSING("Redshift", "REDSHIFT", "libpq")},
    [CC_SNOWFLAKE] =
        {
#ifdef CARTOCONN_HAVE_SNOWFLAKE
            &cc_provider_snowflake,
#else
            NULL,
#endif
            MISSING("Snowflake", "SNOWFLAKE",
                    "libcurl, OpenSSL, zlib, liblz4 and libzstd")},
};

const struct cc_provider *cc_provider_find(enum cc_provider_id id,
                                           const char **reason)
{
    if (reason)
        *reason = rows[id].provider ? NULL : rows[id].reason;
    return rows[id].provider;
}
