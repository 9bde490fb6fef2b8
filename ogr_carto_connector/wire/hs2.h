/* SPDX-License-Identifier: MIT */
/*
 * HiveServer2's calls (Apache Hive's service-rpc/if/TCLIService.thrift,
 * protocol V6) over one connection with one session, and one statement at a
 * time.
 *
 * A connection is used by one thread at a time; only cc_hs2_cancel may be
 * called from another one. All waiting ends when the statement's time is over
 * (CC_STAGE_TIMEOUT) or it is cancelled (CC_STAGE_CANCELLED).
 */
#ifndef CC_WIRE_HS2_H
#define CC_WIRE_HS2_H

#include "connector/connector.h"
#include "connector/host.h"
#include "hs2_message.h"

struct cc_hs2;

/* One entry of the session's configuration. */
struct cc_hs2_setting
{
    const char *name;
    const char *value;
};

/*
 * Connects, logs in and opens a session with `count` settings. What is
 * borrowed outlives the connection. Honours connect_timeout. Stages: resolve,
 * connect, TLS, login, timeout.
 */
int cc_hs2_open(const struct cc_connector *connector,
                const struct cc_host *host,
                const struct cc_hs2_setting *settings, size_t count,
                struct cc_hs2 **hs2, struct cc_error *error) CC_CHECKED;

/* Ends the statement and the session, in whatever state they are; takes about
 * three seconds at the most. NULL is allowed. */
void cc_hs2_close(struct cc_hs2 *hs2);

/* Whether another statement may be begun. No I/O. */
bool cc_hs2_usable(const struct cc_hs2 *hs2);

/* What the server calls itself: "Spark SQL 3.5.6", appended. */
int cc_hs2_server_version(struct cc_hs2 *hs2, struct cc_strbuf *out,
                          struct cc_error *error) CC_CHECKED;

/* Begins a statement: ends the last one, and counts the time the server takes
 * from here; seconds 0: as long as it takes. */
void cc_hs2_begin(struct cc_hs2 *hs2, int64_t seconds);

/* Starts to execute. The server may answer with an error here
 * (CC_STAGE_QUERY), or in cc_hs2_wait. */
int cc_hs2_execute(struct cc_hs2 *hs2, const char *sql,
                   struct cc_error *error) CC_CHECKED;

/* The tables and views whose schema matches a pattern (LIKE's, "_" and "%"),
 * as a result: TABLE_CAT, TABLE_SCHEM, TABLE_NAME, ... */
int cc_hs2_tables(struct cc_hs2 *hs2, const char *schema,
                  struct cc_error *error) CC_CHECKED;

/* Schemas that match, as a result: TABLE_SCHEM, TABLE_CATALOG. */
int cc_hs2_schemas(struct cc_hs2 *hs2, const char *schema,
                   struct cc_error *error) CC_CHECKED;

/* Waits until what was started has finished. An error of the statement is
 * CC_STAGE_QUERY, in Hive's words, with its SQLSTATE. */
int cc_hs2_wait(struct cc_hs2 *hs2, struct cc_error *error) CC_CHECKED;

/* The result's columns; may be asked before it has finished. Free them. */
int cc_hs2_describe(struct cc_hs2 *hs2, struct cc_hs2_fields *fields,
                    struct cc_error *error) CC_CHECKED;

/* The next rows, at most `max_rows`. No row and not `more`: it is complete.
 * *data (borrowed until the next call) is what their spans refer to. */
int cc_hs2_fetch(struct cc_hs2 *hs2, int64_t max_rows, struct cc_hs2_rows *rows,
                 const uint8_t **data, size_t *size,
                 struct cc_error *error) CC_CHECKED;

/*
 * Asks the server to stop the statement, on a connection of its own while
 * this one waits for an answer, and makes what waits here fail with
 * CC_STAGE_CANCELLED, as all that follows until the statement ends. Any
 * thread; returns within a second.
 */
void cc_hs2_cancel(struct cc_hs2 *hs2);

/* Ends the statement and closes its operation. */
void cc_hs2_end(struct cc_hs2 *hs2);

#endif
