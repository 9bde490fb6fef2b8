/* SPDX-License-Identifier: MIT */
/*
 * Reads the first layer of a connector through OGR's C API:
 *
 *   cc read_layer.c $(gdal-config --cflags) $(gdal-config --libs) -o read_layer
 *   ./read_layer CARTOCONN:parcels.json PASSWORD=... MAX_ROWS=1000
 *
 * Arguments after the dataset's name are open options. Prints the fields and
 * the first features; the exit status says whether all was read.
 */
#include <cpl_error.h>
#include <cpl_string.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include <stdio.h>

#define SHOWN 5

static void print_fields(OGRLayerH layer)
{
    OGRFeatureDefnH defn = OGR_L_GetLayerDefn(layer);
    for (int i = 0; i < OGR_FD_GetGeomFieldCount(defn); i++)
    {
        OGRGeomFieldDefnH field = OGR_FD_GetGeomFieldDefn(defn, i);
        OGRSpatialReferenceH srs = OGR_GFld_GetSpatialRef(field);
        const char *code = srs ? OSRGetAuthorityCode(srs, NULL) : NULL;
        printf("%s: %s, EPSG:%s\n", OGR_GFld_GetNameRef(field),
               OGRGeometryTypeToName(OGR_GFld_GetType(field)),
               code ? code : "unknown");
    }
    for (int i = 0; i < OGR_FD_GetFieldCount(defn); i++)
    {
        OGRFieldDefnH field = OGR_FD_GetFieldDefn(defn, i);
        printf("%s: %s\n", OGR_Fld_GetNameRef(field),
               OGR_GetFieldTypeName(OGR_Fld_GetType(field)));
    }
}

static void print_feature(OGRFeatureH feature)
{
    printf("%lld:", (long long)OGR_F_GetFID(feature));
    for (int i = 0; i < OGR_F_GetFieldCount(feature); i++)
        printf(" %s", OGR_F_IsFieldNull(feature, i)
                          ? "NULL"
                          : OGR_F_GetFieldAsString(feature, i));
    OGRGeometryH geometry = OGR_F_GetGeometryRef(feature);
    char *wkt = NULL;
    if (geometry && OGR_G_ExportToIsoWkt(geometry, &wkt) == OGRERR_NONE)
        printf(" %s", wkt);
    CPLFree(wkt);
    printf("\n");
}

/* The number of features; an error on the way shows in CPLGetLastErrorType. */
static long long read_features(OGRLayerH layer)
{
    long long count = 0;
    OGRFeatureH feature;
    CPLErrorReset();
    OGR_L_ResetReading(layer);
    while ((feature = OGR_L_GetNextFeature(layer)) != NULL)
    {
        if (count++ < SHOWN)
            print_feature(feature);
        OGR_F_Destroy(feature);
    }
    return count;
}

static int read_layer(OGRLayerH layer)
{
    printf("layer %s\n", OGR_L_GetName(layer));
    print_fields(layer);
    long long count = read_features(layer);
    if (CPLGetLastErrorType() == CE_Failure)
    {
        fprintf(stderr, "the read failed after %lld features\n", count);
        return 1;
    }
    const char *truncated = GDALGetMetadataItem(layer, "TRUNCATED", NULL);
    printf("%lld features%s\n", count,
           truncated ? ", more were left at the server" : "");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
    {
        fprintf(stderr, "usage: %s CARTOCONN:... [OPTION=VALUE]...\n", argv[0]);
        return 2;
    }
    GDALAllRegister();
    static const char *const drivers[] = {"CARTOCONN", NULL};
    GDALDatasetH dataset =
        GDALOpenEx(argv[1], GDAL_OF_VECTOR | GDAL_OF_READONLY, drivers,
                   (const char *const *)argv + 2, NULL);
    int status = 1; /* GDAL has said why on stderr */
    if (dataset && GDALDatasetGetLayerCount(dataset) > 0)
        status = read_layer(GDALDatasetGetLayer(dataset, 0));
    if (dataset)
        GDALClose(dataset);
    GDALDestroyDriverManager();
    return status;
}
