/* SPDX-License-Identifier: MIT */
/*
 * The differences between GDAL 3.6 and 3.13 that touch a vector driver, all in
 * one place (GDAL's MIGRATION_GUIDE.TXT says when each came).
 */
#ifndef CARTOCONN_GDAL_COMPAT_H
#define CARTOCONN_GDAL_COMPAT_H

#include <ogr_recordbatch.h>
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
#endif

#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal_version.h>
#include <ogr_feature.h>
#include <ogr_swq.h>
#include <ogrsf_frmts.h>

#define CARTOCONN_GDAL_AT_LEAST(major, minor)                                  \
    (GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(major, minor, 0))

/* 3.7: geometry field definitions hand out const spatial references. */
#if CARTOCONN_GDAL_AT_LEAST(3, 7)
using GeomFieldSRSRet = const OGRSpatialReference *;
#else
using GeomFieldSRSRet = OGRSpatialReference *;
#endif

/* 3.9: SetIgnoredFields takes a string list. */
#if CARTOCONN_GDAL_AT_LEAST(3, 9)
using IgnoredFieldsArg = CSLConstList;
#else
using IgnoredFieldsArg = const char **;
#endif

/* 3.12: read accessors are const. */
#if CARTOCONN_GDAL_AT_LEAST(3, 12)
#define CARTOCONN_CONST const
using LayerRet = const OGRLayer *;
using FeatureDefnRet = const OGRFeatureDefn *;
#else
#define CARTOCONN_CONST
using LayerRet = OGRLayer *;
using FeatureDefnRet = OGRFeatureDefn *;
#endif

/* 3.13: metadata lists are const. */
#if CARTOCONN_GDAL_AT_LEAST(3, 13)
using MetadataRet = CSLConstList;
#else
using MetadataRet = char **;
#endif

/* 3.8: which extension name geometry columns of Arrow streams carry. */
#define GEOMETRY_METADATA_OPTION "GEOMETRY_METADATA_ENCODING"

#endif
