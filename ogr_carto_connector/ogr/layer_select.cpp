/* SPDX-License-Identifier: MIT */
/*
 * From the state of a layer (filters, ignored fields) to what is asked of the
 * server: selects, counts, extents.
 */
#include "layer.h"

#include "report.h"

#include <cmath>

namespace cartoconn
{

/************************************************************************/
/*                               Select()                               */
/************************************************************************/

cc_select Layer::WholeSelect() const
{
    cc_select sSelect{};
    sSelect.source = &m_sSource;
    sSelect.schema = &m_sSchema;
    return sSelect;
}

std::string Layer::SQL(const cc_select &sSelect) const
{
    Text osSQL;
    cc_select_result sResult{};
    if (cc_select_sql(m_poSession->Provider()->dialect, &sSelect, osSQL,
                      &sResult) != 0)
        return std::string();
    char *pszClean =
        cc_redact(m_poSession->Connector()->secrets, osSQL.c_str());
    std::string osClean(pszClean ? pszClean : "");
    free(pszClean);
    return osClean;
}

std::unique_ptr<Layer::Selection> Layer::Select() const
{
    auto poSelection = std::make_unique<Selection>();
    poSelection->sSelect = WholeSelect();
    if (FiltersRowNumbers())
        poSelection->bFilterExact = false;
    else
        SelectBox(*poSelection);
    if (m_poFilter && poSelection->bFilterExact)
    {
        poSelection->sSelect.filter = m_poFilter.get();
        Text osWhere;
        cc_select_result sResult{};
        poSelection->bFilterExact =
            cc_select_sql(m_poSession->Provider()->dialect,
                          &poSelection->sSelect, osWhere, &sResult) == 0 &&
            sResult.filter_exact;
    }
    SelectWanted(*poSelection);
    return poSelection;
}

/* Row numbers are those of all rows: a filter that looks at them needs all. */
bool Layer::FiltersRowNumbers() const
{
    if (!m_poAttrQuery || FIDIsKey() || m_poDefn->GetFieldIndex("FID") >= 0)
        return false;
    const CPLStringList aosUsed(m_poAttrQuery->GetUsedFields());
    return aosUsed.FindString("FID") >= 0;
}

/* The columns that are not ignored, the key, and what filters evaluated here
 * look at. */
void Layer::SelectWanted(Selection &oSelection) const
{
    oSelection.pabWanted = std::make_unique<bool[]>(m_sSchema.count + 1);
    oSelection.aoTargets = m_aoTargets;
    for (size_t i = 0; i < m_anColumnOfField.size(); i++)
    {
        const size_t iColumn = m_anColumnOfField[i];
        const int iField = static_cast<int>(i);
        const bool bIgnored = m_poDefn->GetFieldDefn(iField)->IsIgnored();
        const bool bNeeded = oSelection.bFilterExact ? false : Filtered(iField);
        oSelection.pabWanted[iColumn] =
            !bIgnored || bNeeded || iColumn == m_sSchema.key;
        if (bIgnored && bNeeded)
            oSelection.anUnset.push_back(iField);
        else if (bIgnored)
            oSelection.aoTargets[iColumn].iField = -1;
    }
    const bool bNeedsGeometry =
        !oSelection.bFilterExact &&
        const_cast<Layer *>(this)->AttributeFilterEvaluationNeedsGeometry();
    for (size_t i = 0; i < m_anColumnOfGeomField.size(); i++)
    {
        const int iField = static_cast<int>(i);
        const bool bIgnored = m_poDefn->GetGeomFieldDefn(iField)->IsIgnored();
        const bool bNeeded =
            bNeedsGeometry || (m_poFilterGeom && iField == m_iGeomFieldFilter);
        oSelection.pabWanted[m_anColumnOfGeomField[i]] = !bIgnored || bNeeded;
        if (bIgnored && bNeeded)
            oSelection.anUnsetGeom.push_back(iField);
    }
    oSelection.sSelect.wanted = oSelection.pabWanted.get();
}

/* Whether the attribute filter looks at a field. */
bool Layer::Filtered(int iField) const
{
    if (!m_poAttrQuery)
        return false;
    const CPLStringList aosUsed(m_poAttrQuery->GetUsedFields());
    return aosUsed.FindString(m_poDefn->GetFieldDefn(iField)->GetNameRef()) >=
           0;
}

/* Whether every value is in the SRID that the server's catalog gives. */
static bool CatalogSRID(const cc_column &sColumn)
{
    return sColumn.kind == CC_KIND_GEOMETRY && sColumn.srid > 0 &&
           sColumn.srid != CC_SRID_CUSTOM;
}

/* Whether the server may be asked for the extent of a column. */
bool Layer::ExtentIsRemote(size_t iColumn) const
{
    const cc_column &sColumn = m_sSchema.columns[iColumn];
    return m_poSession->Provider()->extent != nullptr && CatalogSRID(sColumn) &&
           !sColumn.geodetic &&
           !cc_connector_text(m_poSession->Connector(), CC_P_TARGET_SRS);
}

/* A box may be pushed where every value is in the layer's own SRID, and the
 * catalog says so. */
bool Layer::PushableBox(int iGeomField, cc_box &sBox) const
{
    const cc_column &sColumn =
        m_sSchema
            .columns[m_anColumnOfGeomField[static_cast<size_t>(iGeomField)]];
    sBox = {m_sFilterEnvelope.MinX, m_sFilterEnvelope.MinY,
            m_sFilterEnvelope.MaxX, m_sFilterEnvelope.MaxY};
    return CatalogSRID(sColumn) &&
           m_poSession->Provider()->dialect->box != nullptr &&
           !cc_connector_text(m_poSession->Connector(), CC_P_TARGET_SRS);
}

void Layer::SelectBox(Selection &oSelection) const
{
    if (!m_poFilterGeom || m_iGeomFieldFilter < 0 ||
        m_iGeomFieldFilter >= m_poDefn->GetGeomFieldCount() ||
        !PushableBox(m_iGeomFieldFilter, oSelection.sBox))
        return;
    const cc_box &sBox = oSelection.sBox;
    if (!std::isfinite(sBox.min_x) || !std::isfinite(sBox.min_y) ||
        !std::isfinite(sBox.max_x) || !std::isfinite(sBox.max_y))
        return;
    oSelection.sSelect.box = &oSelection.sBox;
    oSelection.sSelect.box_column =
        m_anColumnOfGeomField[static_cast<size_t>(m_iGeomFieldFilter)];
}

/* Whether rows have to be looked at here after they arrived. */
bool Layer::LocalFilter(const Selection &oSelection) const
{
    return m_poFilterGeom != nullptr ||
           (m_poAttrQuery != nullptr && !oSelection.bFilterExact);
}

/************************************************************************/
/*                         SetAttributeFilter()                         */
/************************************************************************/

OGRErr Layer::SetAttributeFilter(const char *pszQuery)
{
    if (!Describe())
        return OGRERR_FAILURE;
    ForgetRead();
    m_poFilter.reset();
    const OGRErr eErr = OGRLayer::SetAttributeFilter(pszQuery);
    if (eErr != OGRERR_NONE || !m_poAttrQuery)
        return eErr;
    const auto *poNode =
        static_cast<const swq_expr_node *>(m_poAttrQuery->GetSWQExpr());
    m_poFilter = TranslateFilter(poNode, m_anColumnOfField,
                                 FIDIsKey() ? m_sSchema.key : SIZE_MAX);
    return m_poFilter ? OGRERR_NONE : OGRERR_NOT_ENOUGH_MEMORY;
}

OGRErr Layer::SetIgnoredFields(IgnoredFieldsArg papszFields)
{
    if (!Describe())
        return OGRERR_FAILURE;
    const OGRErr eErr = OGRLayer::SetIgnoredFields(papszFields);
    ForgetRead();
    /* no row has told of geometries that were ignored */
    for (const size_t iColumn : m_anColumnOfGeomField)
        m_bSRSResolved = m_bSRSResolved && m_anSRIDs[iColumn] != 0;
    return eErr;
}

/************************************************************************/
/*                          SetSpatialFilter()                          */
/************************************************************************/

OGRErr Layer::SetSpatialFilterOfField(int iGeomField, const OGRGeometry *poGeom)
{
    if (!Describe())
        return OGRERR_FAILURE;
    const bool bInRange =
        iGeomField >= 0 && iGeomField < m_poDefn->GetGeomFieldCount();
    if (!bInRange && !(iGeomField == 0 && poGeom == nullptr))
    {
        CPLError(CE_Failure, CPLE_AppDefined,
                 "CARTOCONN: layer %s has no geometry field %d",
                 m_osName.c_str(), iGeomField);
        return OGRERR_FAILURE;
    }
    m_iGeomFieldFilter = iGeomField;
    if (InstallFilter(const_cast<OGRGeometry *>(poGeom)))
        ForgetRead();
    return OGRERR_NONE;
}

#if CARTOCONN_GDAL_AT_LEAST(3, 11)
OGRErr Layer::ISetSpatialFilter(int iGeomField, const OGRGeometry *poGeom)
{
    return SetSpatialFilterOfField(iGeomField, poGeom);
}

OGRErr Layer::IGetExtent(int iGeomField, OGREnvelope *psExtent, bool bForce)
{
    return ExtentOfField(iGeomField, psExtent, bForce);
}
#else
void Layer::SetSpatialFilter(OGRGeometry *poGeom)
{
    SetSpatialFilterOfField(0, poGeom);
}

void Layer::SetSpatialFilter(int iGeomField, OGRGeometry *poGeom)
{
    SetSpatialFilterOfField(iGeomField, poGeom);
}

OGRErr Layer::GetExtent(OGREnvelope *psExtent, int bForce)
{
    return ExtentOfField(0, psExtent, CPL_TO_BOOL(bForce));
}

OGRErr Layer::GetExtent(int iGeomField, OGREnvelope *psExtent, int bForce)
{
    return ExtentOfField(iGeomField, psExtent, CPL_TO_BOOL(bForce));
}
#endif

/************************************************************************/
/*                          GetFeatureCount()                           */
/************************************************************************/

GIntBig Layer::GetFeatureCount(int bForce)
{
    if (!Describe())
        return 0;
    const cc_provider *psProvider = m_poSession->Provider();
    const auto poSelection = Select();
    int64_t nCount = -1;
    if (psProvider->count && !LocalFilter(*poSelection))
    {
        Connection oConnection(*m_poSession);
        Error oError(m_poSession->Connector());
        if (!oConnection.Acquire(oError) ||
            psProvider->count(oConnection.Get(), &poSelection->sSelect, &nCount,
                              oError) != 0)
        {
            oError.Report();
            return -1;
        }
    }
    if (nCount < 0)
        return OGRLayer::GetFeatureCount(bForce);
    const int64_t nLimit = m_poSession->Connector()->row_limit;
    return nLimit >= 0 ? std::min(nCount, nLimit) : nCount;
}

/************************************************************************/
/*                           ExtentOfField()                            */
/************************************************************************/

/* The server's extent is the layer's where all its rows are within the row
 * limit and all its geometries are in the layer's SRID. */
bool Layer::RemoteExtent(int iGeomField, OGREnvelope &oExtent, bool &bEmpty)
{
    const cc_provider *psProvider = m_poSession->Provider();
    const size_t iColumn =
        m_anColumnOfGeomField[static_cast<size_t>(iGeomField)];
    const auto poSelection = Select();
    if (!ExtentIsRemote(iColumn) || LocalFilter(*poSelection))
        return false;

    Connection oConnection(*m_poSession);
    Error oError(m_poSession->Connector());
    cc_box sBox{};
    int64_t nRows = 0;
    bool bKnown = false;
    if (!oConnection.Acquire(oError) ||
        psProvider->extent(oConnection.Get(), &poSelection->sSelect, iColumn,
                           &sBox, &nRows, &bEmpty, &bKnown, oError) != 0)
    {
        CPLDebug("CARTOCONN", "extent: %s", oError->message);
        return false;
    }
    const int64_t nLimit = m_poSession->Connector()->row_limit;
    if (!bKnown || (nLimit >= 0 && nRows > nLimit))
        return false;
    oExtent.MinX = sBox.min_x;
    oExtent.MinY = sBox.min_y;
    oExtent.MaxX = sBox.max_x;
    oExtent.MaxY = sBox.max_y;
    return true;
}

OGRErr Layer::ExtentOfField(int iGeomField, OGREnvelope *psExtent, bool bForce)
{
    if (!Describe())
        return OGRERR_FAILURE;
    if (iGeomField < 0 || iGeomField >= m_poDefn->GetGeomFieldCount())
    {
        if (iGeomField != 0)
            CPLError(CE_Failure, CPLE_AppDefined,
                     "CARTOCONN: layer %s has no geometry field %d",
                     m_osName.c_str(), iGeomField);
        return OGRERR_FAILURE;
    }
    bool bEmpty = false;
    if (RemoteExtent(iGeomField, *psExtent, bEmpty))
        return bEmpty ? OGRERR_FAILURE : OGRERR_NONE;
#if CARTOCONN_GDAL_AT_LEAST(3, 11)
    return OGRLayer::IGetExtent(iGeomField, psExtent, bForce);
#else
    return GetExtentInternal(iGeomField, psExtent, bForce);
#endif
}

}  // namespace cartoconn
