/* SPDX-License-Identifier: MIT */
/*
 * The peer of the sqlserver provider: FreeTDS's ODBC driver, rows fetched in
 * arrays of bound columns, every column in the C type of its SQL type.
 *
 *   sqlserver_odbc CONNECTION-STRING STATEMENT
 *
 * prints, as read_layer_bench: rows, seconds, seconds to the first rows, peak
 * KiB above idle. A geography is bound as bytes; nothing parses it.
 */
#include <sql.h>
#include <sqlext.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define ARRAY 1000
#define MAX_COLUMNS 32
#define MAX_WIDTH 512

struct column
{
    SQLSMALLINT c_type;
    SQLLEN width;
    char *values;
    SQLLEN *lengths;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void check(SQLRETURN status, SQLSMALLINT kind, SQLHANDLE handle)
{
    if (SQL_SUCCEEDED(status) || status == SQL_NO_DATA)
        return;
    SQLCHAR state[6] = "";
    SQLCHAR text[512] = "";
    SQLINTEGER native;
    SQLGetDiagRec(kind, handle, 1, state, &native, text, sizeof text, NULL);
    fprintf(stderr, "%s %s\n", state, text);
    exit(1);
}

static void choose_type(struct column *column, SQLSMALLINT sql_type,
                        SQLULEN size)
{
    column->c_type = SQL_C_CHAR;
    column->width =
        size > 0 && size < MAX_WIDTH / 4 ? (SQLLEN)size * 4 + 1 : MAX_WIDTH;
    switch (sql_type)
    {
        case SQL_BIT:
        case SQL_TINYINT:
        case SQL_SMALLINT:
        case SQL_INTEGER:
            column->c_type = SQL_C_LONG;
            column->width = sizeof(SQLINTEGER);
            break;
        case SQL_BIGINT:
            column->c_type = SQL_C_SBIGINT;
            column->width = sizeof(SQLBIGINT);
            break;
        case SQL_REAL:
        case SQL_FLOAT:
        case SQL_DOUBLE:
        case SQL_DECIMAL:
        case SQL_NUMERIC:
            column->c_type = SQL_C_DOUBLE;
            column->width = sizeof(double);
            break;
        case SQL_TYPE_DATE:
        case SQL_TYPE_TIMESTAMP:
            column->c_type = SQL_C_TYPE_TIMESTAMP;
            column->width = sizeof(SQL_TIMESTAMP_STRUCT);
            break;
        case SQL_BINARY:
        case SQL_VARBINARY:
        case SQL_LONGVARBINARY:
        case -151: /* SQL_SS_UDT */
            column->c_type = SQL_C_BINARY;
            column->width = MAX_WIDTH;
            break;
        default:
            break;
    }
}

static void bind(SQLHSTMT statement, SQLUSMALLINT number, struct column *column)
{
    SQLSMALLINT sql_type;
    SQLULEN size;
    check(SQLDescribeCol(statement, number, NULL, 0, NULL, &sql_type, &size,
                         NULL, NULL),
          SQL_HANDLE_STMT, statement);
    choose_type(column, sql_type, size);
    column->values = calloc(ARRAY, (size_t)column->width);
    column->lengths = calloc(ARRAY, sizeof *column->lengths);
    check(SQLBindCol(statement, number, column->c_type, column->values,
                     column->width, column->lengths),
          SQL_HANDLE_STMT, statement);
}

static SQLHSTMT run(SQLHENV *environment, SQLHDBC *connection,
                    const char *string, const char *sql, double *start)
{
    SQLHSTMT statement;
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, environment);
    SQLSetEnvAttr(*environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3,
                  0);
    SQLAllocHandle(SQL_HANDLE_DBC, *environment, connection);
    check(SQLDriverConnect(*connection, NULL, (SQLCHAR *)string, SQL_NTS, NULL,
                           0, NULL, SQL_DRIVER_NOPROMPT),
          SQL_HANDLE_DBC, *connection);
    SQLAllocHandle(SQL_HANDLE_STMT, *connection, &statement);
    SQLSetStmtAttr(statement, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)ARRAY, 0);
    *start = now();
    check(SQLExecDirect(statement, (SQLCHAR *)sql, SQL_NTS), SQL_HANDLE_STMT,
          statement);
    return statement;
}

int main(int argc, char **argv)
{
    SQLHENV environment;
    SQLHDBC connection;
    SQLSMALLINT count = 0;
    SQLULEN fetched = 0;
    struct column columns[MAX_COLUMNS];
    double start;
    double first = 0;
    long long rows = 0;
    if (argc != 3)
        return 2;
    SQLHSTMT statement =
        run(&environment, &connection, argv[1], argv[2], &start);
    long idle = peak_kib();
    SQLSetStmtAttr(statement, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0);
    SQLNumResultCols(statement, &count);
    for (SQLSMALLINT i = 0; i < count && i < MAX_COLUMNS; i++)
        bind(statement, (SQLUSMALLINT)(i + 1), &columns[i]);
    SQLRETURN status;
    while ((status = SQLFetch(statement)) != SQL_NO_DATA)
    {
        check(status, SQL_HANDLE_STMT, statement);
        rows += (long long)fetched;
        if (first <= 0)
            first = now() - start;
    }
    printf("%lld\t%.6f\t%.6f\t%ld\n", rows, now() - start, first,
           peak_kib() - idle);
    return 0;
}
