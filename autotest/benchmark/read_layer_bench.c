/* SPDX-License-Identifier: MIT */
/*
 * Reads the first layer of a dataset and prints one line:
 *   rows <TAB> seconds <TAB> seconds to the first row <TAB> peak KiB above idle
 *
 *   read_layer_bench feature|arrow NAME [-oo KEY=VALUE]... [-sql STATEMENT]
 *
 * "Seconds" begin after the dataset is open; "idle" is the resident set at
 * that moment.
 */
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_recordbatch.h>
#include <cpl_conv.h>
#include <cpl_string.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double Now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* A value of /proc/self/status in KiB: "VmRSS:", "VmHWM:". */
static long StatusKiB(const char *key)
{
    char line[256];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, key, strlen(key)) == 0)
            value = atol(line + strlen(key));
    if (file)
        fclose(file);
    return value;
}

static long long ReadFeatures(OGRLayerH layer, double start, double *first)
{
    long long rows = 0;
    OGRFeatureH feature;
    while ((feature = OGR_L_GetNextFeature(layer)) != NULL)
    {
        if (rows++ == 0)
            *first = Now() - start;
        OGR_F_Destroy(feature);
    }
    return rows;
}

static long long ReadArrow(OGRLayerH layer, double start, double *first)
{
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    long long rows = 0;
    if (!OGR_L_GetArrowStream(layer, &stream, NULL))
        return -1;
    while (stream.get_next(&stream, &array) == 0 && array.release != NULL)
    {
        if (rows == 0)
            *first = Now() - start;
        rows += array.length;
        array.release(&array);
    }
    stream.release(&stream);
    return rows;
}

int main(int argc, char *argv[])
{
    char **options = NULL;
    const char *sql = NULL;
    GDALDatasetH dataset;
    OGRLayerH layer;
    double start, first = 0, seconds;
    long idle;
    long long rows;
    int i;

    if (argc < 3)
        return 2;
    for (i = 3; i + 1 < argc; i += 2)
    {
        if (strcmp(argv[i], "-oo") == 0)
            options = CSLAddString(options, argv[i + 1]);
        else if (strcmp(argv[i], "-sql") == 0)
            sql = argv[i + 1];
    }
    GDALAllRegister();
    dataset = GDALOpenEx(argv[2], GDAL_OF_VECTOR, NULL,
                         (const char *const *)options, NULL);
    CSLDestroy(options);
    if (!dataset)
        return 1;
    layer = sql ? GDALDatasetExecuteSQL(dataset, sql, NULL, NULL)
                : GDALDatasetGetLayer(dataset, 0);
    if (!layer)
        return 1;

    idle = StatusKiB("VmRSS:");
    CPLErrorReset();
    start = Now();
    rows = strcmp(argv[1], "arrow") == 0 ? ReadArrow(layer, start, &first)
                                         : ReadFeatures(layer, start, &first);
    seconds = Now() - start;
    printf("%lld\t%.3f\t%.4f\t%ld\n", rows, seconds, first,
           StatusKiB("VmHWM:") - idle);
    i = CPLGetLastErrorType() == CE_Failure;
    if (sql)
        GDALDatasetReleaseResultSet(dataset, layer);
    GDALClose(dataset);
    return i;
}
