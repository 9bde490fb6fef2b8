/* SPDX-License-Identifier: MIT */
/*
 * Reading a layer feature by feature, and what is said at the end of a read.
 */
#include "layer.h"

#include "report.h"

namespace cartoconn
{

/************************************************************************/
/*                            StartReading()                            */
/************************************************************************/

std::unique_ptr<Reader> Layer::NewReader(const Selection &oSelection,
                                         size_t nBatchRows)
{
    Reader::Options oOptions;
    oOptions.nRowLimit =
        LocalFilter(oSelection) ? -1 : m_poSession->Connector()->row_limit;
    oOptions.panSRIDs = m_anSRIDs.data();
    oOptions.nBatchRows = nBatchRows;
    m_bStartFailed = false;
    SetMetadataItem("SQL", SQL(oSelection.sSelect).c_str());
    auto poReader = std::make_unique<Reader>(m_poSession);
    if (poReader->Start(oSelection.sSelect, oOptions, &m_sError) &&
        poReader->Peek(&m_sError))
    {
        AdoptSRIDs(oSelection, *poReader);
        return poReader;
    }
    ReportError(m_poSession->Connector(), m_sError);
    return nullptr;
}

/* For the next row; what fails is reported once a read. */
bool Layer::ReadyToRead()
{
    if (m_bStartFailed)
    {
        m_bStartFailed = false;
        m_bEOF = true;
        ReportError(m_poSession->Connector(), m_sError);
    }
    if (m_bEOF)
        return false;
    m_bEOF = !DescribeToRead();
    return !m_bEOF && (m_poReader || StartReading());
}

bool Layer::StartReading()
{
    m_poSelection = Select();
    m_bLocalFilter = LocalFilter(*m_poSelection);
    m_nDelivered = 0;
    m_nBoundBatch = 0;
    m_poReader = NewReader(*m_poSelection, 0);
    if (!m_poReader)
    {
        m_bEOF = true;
        return false;
    }
    m_poBuilder = std::make_unique<FeatureBuilder>(
        m_sSchema, m_poSelection->sSelect.wanted, m_poSelection->aoTargets,
        m_poDefn);
    ResolveSRS();
    return true;
}

/* What the first values said of columns without a SRID in the catalog. */
void Layer::AdoptSRIDs(const Selection &oSelection, const Reader &oReader)
{
    const cc_batch_builder &oBuilder = *oReader.Builder();
    size_t iBuilder = 0;
    for (size_t i = 0; i < m_sSchema.count; i++)
    {
        if (!oSelection.sSelect.wanted[i])
            continue;
        const cc_builder &sColumn = oBuilder.columns[iBuilder++];
        if (sColumn.type == CC_OUT_GEOMETRY && m_anSRIDs[i] == 0)
            m_anSRIDs[i] = sColumn.srid > 0 ? sColumn.srid
                                            : m_sSchema.columns[i].default_srid;
    }
}

/************************************************************************/
/*                            ResetReading()                            */
/************************************************************************/

/* A reader that only served to learn the spatial reference is kept: its
 * statement need not run again. */
void Layer::ResetReading()
{
    if (m_poReader && !m_poReader->IsFresh())
        m_poReader.reset();
    m_bEOF = false;
    m_nDelivered = 0;
}

/* What is read next is another selection. */
void Layer::ForgetRead()
{
    m_poReader.reset();
    m_bStartFailed = false;
    ResetReading();
}

/************************************************************************/
/*                           GetNextFeature()                           */
/************************************************************************/

bool Layer::MatchesFilters(OGRFeature &oFeature)
{
    if (m_poFilterGeom &&
        !FilterGeometry(oFeature.GetGeomFieldRef(m_iGeomFieldFilter)))
        return false;
    if (m_poAttrQuery && !m_poSelection->bFilterExact &&
        !m_poAttrQuery->Evaluate(&oFeature))
        return false;
    for (const int iField : m_poSelection->anUnset)
        oFeature.UnsetField(iField);
    for (const int iField : m_poSelection->anUnsetGeom)
        oFeature.SetGeomFieldDirectly(iField, nullptr);
    return true;
}

/* The next row that passes the filters evaluated here; null at the end and
 * after a failure, which is reported. */
OGRFeatureUniquePtr Layer::NextMatch()
{
    for (;;)
    {
        const cc_fetch eFetch = m_poReader->NextRow(&m_sError);
        if (eFetch != CC_FETCH_BATCH)
        {
            EndRead(eFetch == CC_FETCH_ERROR, m_poReader->Truncated());
            return nullptr;
        }
        if (m_nBoundBatch != m_poReader->BatchSerial())
        {
            m_poBuilder->Bind(m_poReader->Batch());
            m_nBoundBatch = m_poReader->BatchSerial();
        }
        auto poFeature =
            m_poBuilder->Build(m_poReader->Row(), m_poReader->RowOrdinal());
        if (!m_bLocalFilter || MatchesFilters(*poFeature))
            return poFeature;
    }
}

OGRFeature *Layer::GetNextFeature()
{
    if (!ReadyToRead())
        return nullptr;
    auto poFeature = NextMatch();
    if (!poFeature)
        return nullptr;
    const int64_t nLimit = m_poSession->Connector()->row_limit;
    if (nLimit >= 0 && m_nDelivered >= nLimit)
    {
        EndRead(false, true);
        return nullptr;
    }
    m_nDelivered++;
    m_nFeaturesRead++;
    return poFeature.release();
}

/************************************************************************/
/*                           SetNextByIndex()                           */
/************************************************************************/

OGRErr Layer::SetNextByIndex(GIntBig nIndex)
{
    if (nIndex < 0)
        return OGRERR_FAILURE;
    ResetReading();
    if (!ReadyToRead())
        return OGRERR_FAILURE;
    for (; m_nDelivered < nIndex && !m_bEOF; m_nDelivered++)
    {
        if (m_bLocalFilter)
        {
            if (!NextMatch())
                return OGRERR_NON_EXISTING_FEATURE;
            continue;
        }
        const cc_fetch eFetch = m_poReader->NextRow(&m_sError);
        if (eFetch != CC_FETCH_BATCH)
        {
            EndRead(eFetch == CC_FETCH_ERROR, m_poReader->Truncated());
            return OGRERR_NON_EXISTING_FEATURE;
        }
    }
    return OGRERR_NONE;
}

/************************************************************************/
/*                              EndRead()                               */
/************************************************************************/

void Layer::EndRead(bool bFailed, bool bTruncated)
{
    if (m_poBuilder->RoundedToMilliseconds())
        CPLDebug("CARTOCONN", "layer %s: times were rounded to milliseconds",
                 m_osName.c_str());
    FinishRead(*m_poReader, m_nDelivered, bTruncated);
    if (bFailed)
        ReportError(m_poSession->Connector(), m_sError);
    m_bEOF = true;
    m_poReader.reset();
}

/* Warnings come before the failure: programs look at the last error. */
void Layer::FinishRead(Reader &oReader, GIntBig nRows, bool bTruncated)
{
    oReader.Stop();
    const uint64_t nInvalid = ReportLosses(*oReader.Builder());
    SetMetadataItem("INVALID_GEOMETRIES",
                    CPLSPrintf(CPL_FRMT_GUIB, static_cast<GUIntBig>(nInvalid)));
    SetMetadataItem("ROWS_READ", CPLSPrintf(CPL_FRMT_GIB, nRows));
    SetMetadataItem("TRUNCATED", bTruncated ? "YES" : nullptr);
    if (bTruncated)
        CPLError(CE_Warning, CPLE_AppDefined,
                 "CARTOCONN: layer %s was truncated at " CPL_FRMT_GIB
                 " rows: the source has more than the row limit",
                 m_osName.c_str(), nRows);
}

/* Returns how many geometries are lost. */
uint64_t Layer::ReportLosses(const cc_batch_builder &oBuilder)
{
    uint64_t nInvalid = 0;
    for (size_t i = 0; i < oBuilder.count; i++)
    {
        const cc_builder &sColumn = oBuilder.columns[i];
        nInvalid += sColumn.losses[CC_LOSS_GEOMETRY].count +
                    sColumn.losses[CC_LOSS_REPROJECTION].count;
        for (int k = 0; k < CC_LOSS_KINDS; k++)
        {
            const cc_loss_kind eKind = static_cast<cc_loss_kind>(k);
            Text osSentence;
            if (sColumn.losses[k].count == 0 ||
                cc_loss_describe(&sColumn, eKind, osSentence) != 0)
                continue;
            if (eKind == CC_LOSS_SUBMICROSECOND)
                CPLDebug("CARTOCONN", "layer %s: %s", m_osName.c_str(),
                         osSentence.c_str());
            else
                CPLError(CE_Warning, CPLE_AppDefined, "CARTOCONN: layer %s: %s",
                         m_osName.c_str(), osSentence.c_str());
        }
    }
    return nInvalid;
}

/************************************************************************/
/*                             GetFeature()                             */
/************************************************************************/

OGRFeature *Layer::GetFeature(GIntBig nFID)
{
    if (!Describe())
        return nullptr;
    return FIDIsKey() ? FeatureByKey(nFID) : FeatureByOrdinal(nFID);
}

/* Filters do not apply to GetFeature; ignored fields do. */
std::unique_ptr<Layer::Selection> Layer::SelectUnfiltered() const
{
    auto poSelection = std::make_unique<Selection>();
    poSelection->sSelect = WholeSelect();
    SelectWanted(*poSelection);
    for (const int iField : poSelection->anUnsetGeom)
        poSelection
            ->pabWanted[m_anColumnOfGeomField[static_cast<size_t>(iField)]] =
            false;
    return poSelection;
}

OGRFeature *Layer::FeatureByKey(GIntBig nFID)
{
    ExprPtr poFilter(cc_expr_new(CC_OP_EQ));
    if (!poFilter ||
        cc_expr_add(poFilter.get(), cc_expr_column(m_sSchema.key)) != 0 ||
        cc_expr_add(poFilter.get(), cc_expr_integer(nFID)) != 0)
        return nullptr;
    const auto poSelection = SelectUnfiltered();
    poSelection->sSelect.filter = poFilter.get();
    return SingleFeature(*poSelection, 0, nFID);
}

/* Row numbers are those of the unfiltered read. */
OGRFeature *Layer::FeatureByOrdinal(GIntBig nFID)
{
    const int64_t nLimit = m_poSession->Connector()->row_limit;
    if (nFID < 0 || (nLimit >= 0 && nFID >= nLimit))
        return nullptr;
    return SingleFeature(*SelectUnfiltered(), nFID, nFID);
}

/* On a connection of its own: a read under way is not disturbed. */
OGRFeature *Layer::SingleFeature(const Selection &oSelection, GIntBig nSkip,
                                 GIntBig nOrdinal)
{
    Reader oReader(m_poSession);
    Reader::Options oOptions;
    oOptions.panSRIDs = m_anSRIDs.data();
    oOptions.nRowLimit = nSkip + 1;
    Error oError(m_poSession->Connector());
    bool bOK = oReader.Start(oSelection.sSelect, oOptions, oError);
    cc_fetch eFetch = CC_FETCH_ERROR;
    for (GIntBig i = 0; bOK && i <= nSkip; i++)
    {
        eFetch = oReader.NextRow(oError);
        bOK = eFetch == CC_FETCH_BATCH;
    }
    if (eFetch == CC_FETCH_ERROR)
        oError.Report();
    if (!bOK)
        return nullptr;
    AdoptSRIDs(oSelection, oReader);
    ResolveSRS();
    FeatureBuilder oBuilder(m_sSchema, oSelection.sSelect.wanted,
                            oSelection.aoTargets, m_poDefn);
    oBuilder.Bind(oReader.Batch());
    auto poFeature = oBuilder.Build(oReader.Row(), nOrdinal);
    oReader.Stop();
    if (nSkip == 0) /* what rows before it lose is not its own */
        ReportLosses(*oReader.Builder());
    return poFeature.release();
}

}  // namespace cartoconn
