/* SPDX-License-Identifier: MIT */
#ifndef CARTOCONN_FEATURE_BUILDER_H
#define CARTOCONN_FEATURE_BUILDER_H

#include "gdal_compat.h"

#include "column/schema.h"

#include <vector>

namespace cartoconn
{

/* Where a schema column goes in a feature. */
struct FieldTarget
{
    int iField = -1;     /* attribute field, or -1 */
    int iGeomField = -1; /* geometry field, or -1 */
};

/* The integer of a key column. */
GIntBig KeyValue(cc_type eType, const void *pValues, int64_t iRow);

/* Rows of batches to features. */
class FeatureBuilder
{
  public:
    /*
     * For batches of the columns i of `sSchema` with pabWanted[i];
     * aoTargets[i] says where column i goes.
     */
    FeatureBuilder(const cc_schema &sSchema, const bool *pabWanted,
                   const std::vector<FieldTarget> &aoTargets,
                   OGRFeatureDefn *poDefn);

    /* To be called once a batch before Build. */
    void Bind(const ArrowArray &sBatch);

    /* A feature of row iRow. Its FID is the key column's value, or else
     * nOrdinal. */
    OGRFeatureUniquePtr Build(int64_t iRow, GIntBig nOrdinal);

    /* Whether digits finer than milliseconds were rounded. */
    bool RoundedToMilliseconds() const
    {
        return m_bRounded;
    }

  private:
    struct Column
    {
        cc_type eType;
        FieldTarget oTarget;
        bool bKey;
        /* of the batch */
        const uint8_t *pabyValidity;
        const void *pValues;
        const int32_t *panOffsets;
        const char *pachData;
    };

    void SetField(OGRFeature &oFeature, const Column &oColumn, int64_t iRow);
    void SetGeometry(OGRFeature &oFeature, const Column &oColumn,
                     int64_t iRow) const;
    void SetDateTime(OGRFeature &oFeature, const Column &oColumn, int iField,
                     int64_t iRow);

    OGRFeatureDefn *m_poDefn;
    std::vector<Column> m_aoColumns{};
    bool m_bRounded = false;
};

}  // namespace cartoconn

#endif
