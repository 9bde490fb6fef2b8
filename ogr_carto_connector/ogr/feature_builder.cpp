/* SPDX-License-Identifier: MIT */
#include "feature_builder.h"

#include <cstring>

namespace cartoconn
{

FeatureBuilder::FeatureBuilder(const cc_schema &sSchema, const bool *pabWanted,
                               const std::vector<FieldTarget> &aoTargets,
                               OGRFeatureDefn *poDefn)
    : m_poDefn(poDefn)
{
    for (size_t i = 0; i < sSchema.count; i++)
    {
        if (!pabWanted[i])
            continue;
        Column oColumn{};
        oColumn.eType = sSchema.columns[i].type;
        oColumn.oTarget = aoTargets[i];
        oColumn.bKey = i == sSchema.key;
        m_aoColumns.push_back(oColumn);
    }
}

void FeatureBuilder::Bind(const ArrowArray &sBatch)
{
    for (size_t i = 0; i < m_aoColumns.size(); i++)
    {
        const ArrowArray &sChild = *sBatch.children[i];
        Column &oColumn = m_aoColumns[i];
        const bool bVariable = sChild.n_buffers == 3;
        oColumn.pabyValidity = static_cast<const uint8_t *>(sChild.buffers[0]);
        oColumn.pValues = sChild.buffers[1];
        oColumn.panOffsets =
            bVariable ? static_cast<const int32_t *>(sChild.buffers[1])
                      : nullptr;
        oColumn.pachData =
            bVariable ? static_cast<const char *>(sChild.buffers[2]) : nullptr;
    }
}

static bool IsNull(const uint8_t *pabyValidity, int64_t iRow)
{
    return pabyValidity && !((pabyValidity[iRow >> 3] >> (iRow & 7)) & 1);
}

template <class T> static T Value(const void *pValues, int64_t iRow)
{
    return static_cast<const T *>(pValues)[iRow];
}

GIntBig KeyValue(cc_type eType, const void *pValues, int64_t iRow)
{
    switch (eType)
    {
        case CC_OUT_INT16:
            return Value<int16_t>(pValues, iRow);
        case CC_OUT_INT32:
            return Value<int32_t>(pValues, iRow);
        default:
            return Value<int64_t>(pValues, iRow);
    }
}

/************************************************************************/
/*                               Build()                                */
/************************************************************************/

OGRFeatureUniquePtr FeatureBuilder::Build(int64_t iRow, GIntBig nOrdinal)
{
    OGRFeatureUniquePtr poFeature(OGRFeature::CreateFeature(m_poDefn));
    poFeature->SetFID(nOrdinal);
    for (const Column &oColumn : m_aoColumns)
    {
        const bool bNull = IsNull(oColumn.pabyValidity, iRow);
        if (oColumn.bKey && !bNull)
            poFeature->SetFID(KeyValue(oColumn.eType, oColumn.pValues, iRow));
        if (oColumn.oTarget.iField >= 0)
        {
            if (bNull)
                poFeature->SetFieldNull(oColumn.oTarget.iField);
            else
                SetField(*poFeature, oColumn, iRow);
        }
        else if (oColumn.oTarget.iGeomField >= 0 && !bNull)
            SetGeometry(*poFeature, oColumn, iRow);
    }
    return poFeature;
}

/************************************************************************/
/*                              SetField()                              */
/************************************************************************/

/* A new feature's fields are unset and of the very types, so the setters that
 * check neither are safe. */
void FeatureBuilder::SetField(OGRFeature &oFeature, const Column &oColumn,
                              int64_t iRow)
{
    const int iField = oColumn.oTarget.iField;
    const void *pValues = oColumn.pValues;
    switch (oColumn.eType)
    {
        case CC_OUT_BOOLEAN:
            oFeature.SetFieldSameTypeUnsafe(
                iField, (static_cast<const uint8_t *>(pValues)[iRow >> 3] >>
                         (iRow & 7)) &
                            1);
            break;
        case CC_OUT_INT16:
            oFeature.SetFieldSameTypeUnsafe(
                iField, static_cast<int>(Value<int16_t>(pValues, iRow)));
            break;
        case CC_OUT_INT32:
            oFeature.SetFieldSameTypeUnsafe(iField,
                                            Value<int32_t>(pValues, iRow));
            break;
        case CC_OUT_INT64:
            oFeature.SetFieldSameTypeUnsafe(
                iField, static_cast<GIntBig>(Value<int64_t>(pValues, iRow)));
            break;
        case CC_OUT_FLOAT32:
            oFeature.SetFieldSameTypeUnsafe(
                iField, static_cast<double>(Value<float>(pValues, iRow)));
            break;
        case CC_OUT_FLOAT64:
            oFeature.SetFieldSameTypeUnsafe(iField,
                                            Value<double>(pValues, iRow));
            break;
        case CC_OUT_STRING:
        {
            const int32_t nStart = oColumn.panOffsets[iRow];
            const size_t nSize =
                static_cast<size_t>(oColumn.panOffsets[iRow + 1] - nStart);
            char *pszCopy = static_cast<char *>(CPLMalloc(nSize + 1));
            if (nSize > 0)
                memcpy(pszCopy, oColumn.pachData + nStart, nSize);
            pszCopy[nSize] = '\0';
            oFeature.SetFieldSameTypeUnsafe(iField, pszCopy);
            break;
        }
        case CC_OUT_BINARY:
        case CC_OUT_GEOMETRY:
        {
            const int32_t nStart = oColumn.panOffsets[iRow];
            oFeature.SetField(iField, oColumn.panOffsets[iRow + 1] - nStart,
                              oColumn.pachData + nStart);
            break;
        }
        case CC_OUT_DATE:
        case CC_OUT_TIME:
        case CC_OUT_TIMESTAMP:
        case CC_OUT_TIMESTAMPTZ:
            SetDateTime(oFeature, oColumn, iField, iRow);
            break;
    }
}

/************************************************************************/
/*                            SetDateTime()                             */
/************************************************************************/

constexpr int64_t MS_PER_DAY = 86400 * INT64_C(1000);

/* Days since 1970-01-01 to the proleptic Gregorian calendar, by eras of 400
 * years that begin on 1 March. */
static void SetDate(OGRField &oField, int64_t nDays)
{
    const int64_t nShifted = nDays + 719468;
    const int64_t nEra =
        (nShifted >= 0 ? nShifted : nShifted - 146096) / 146097;
    const int64_t nDayOfEra = nShifted - nEra * 146097;
    const int64_t nYearOfEra = (nDayOfEra - nDayOfEra / 1460 +
                                nDayOfEra / 36524 - nDayOfEra / 146096) /
                               365;
    const int64_t nDayOfYear =
        nDayOfEra - (365 * nYearOfEra + nYearOfEra / 4 - nYearOfEra / 100);
    const int64_t nMonth = (5 * nDayOfYear + 2) / 153; /* 0 = March */
    oField.Date.Day =
        static_cast<GByte>(nDayOfYear - (153 * nMonth + 2) / 5 + 1);
    oField.Date.Month =
        static_cast<GByte>(nMonth < 10 ? nMonth + 3 : nMonth - 9);
    oField.Date.Year =
        static_cast<GInt16>(nYearOfEra + nEra * 400 + (nMonth >= 10 ? 1 : 0));
}

static void SetTime(OGRField &oField, int64_t nMilliseconds)
{
    oField.Date.Hour = static_cast<GByte>(nMilliseconds / 3600000);
    oField.Date.Minute = static_cast<GByte>(nMilliseconds / 60000 % 60);
    oField.Date.Second =
        static_cast<float>(static_cast<double>(nMilliseconds % 60000) / 1000.0);
}

static int64_t FloorDivide(int64_t nValue, int64_t nBy)
{
    return nValue / nBy - (nValue % nBy < 0 ? 1 : 0);
}

void FeatureBuilder::SetDateTime(OGRFeature &oFeature, const Column &oColumn,
                                 int iField, int64_t iRow)
{
    OGRField &oField = *oFeature.GetRawFieldRef(iField);
    memset(&oField, 0, sizeof(oField));
    if (oColumn.eType == CC_OUT_DATE)
    {
        SetDate(oField, Value<int32_t>(oColumn.pValues, iRow));
        return;
    }
    const int64_t nMicroseconds = Value<int64_t>(oColumn.pValues, iRow);
    m_bRounded = m_bRounded || nMicroseconds % 1000 != 0;
    int64_t nMilliseconds = FloorDivide(nMicroseconds + 500, 1000);
    if (oColumn.eType == CC_OUT_TIME)
    {
        if (nMilliseconds >= MS_PER_DAY)
            nMilliseconds = MS_PER_DAY - 1;
        SetTime(oField, nMilliseconds);
        return;
    }
    const int64_t nDays = FloorDivide(nMilliseconds, MS_PER_DAY);
    SetDate(oField, nDays);
    SetTime(oField, nMilliseconds - nDays * MS_PER_DAY);
    oField.Date.TZFlag = oColumn.eType == CC_OUT_TIMESTAMPTZ ? 100 : 0;
}

/************************************************************************/
/*                            SetGeometry()                             */
/************************************************************************/

constexpr size_t WKB_POINT_SIZE = 21;
constexpr unsigned char WKB_POINT_NDR[5] = {1, 1, 0, 0, 0};

static OGRGeometry *GeometryFromWKB(const char *pachWKB, size_t nSize)
{
    if (nSize == WKB_POINT_SIZE &&
        memcmp(pachWKB, WKB_POINT_NDR, sizeof(WKB_POINT_NDR)) == 0)
    {
        double adf[2];
        memcpy(adf, pachWKB + sizeof(WKB_POINT_NDR), sizeof(adf));
        CPL_LSBPTR64(&adf[0]);
        CPL_LSBPTR64(&adf[1]);
        return std::isnan(adf[0]) ? new OGRPoint()
                                  : new OGRPoint(adf[0], adf[1]);
    }
    OGRGeometry *poGeometry = nullptr;
    OGRGeometryFactory::createFromWkb(pachWKB, nullptr, &poGeometry, nSize,
                                      wkbVariantIso);
    return poGeometry;
}

void FeatureBuilder::SetGeometry(OGRFeature &oFeature, const Column &oColumn,
                                 int64_t iRow) const
{
    const int32_t nStart = oColumn.panOffsets[iRow];
    OGRGeometry *poGeometry = GeometryFromWKB(
        oColumn.pachData + nStart,
        static_cast<size_t>(oColumn.panOffsets[iRow + 1] - nStart));
    if (!poGeometry)
        return;
    const int iGeomField = oColumn.oTarget.iGeomField;
    poGeometry->assignSpatialReference(
        m_poDefn->GetGeomFieldDefn(iGeomField)->GetSpatialRef());
    oFeature.SetGeomFieldDirectly(iGeomField, poGeometry);
}

}  // namespace cartoconn
