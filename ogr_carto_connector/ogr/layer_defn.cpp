/* SPDX-License-Identifier: MIT */
/*
 * The definition of a layer: columns to OGR fields, spatial references,
 * capabilities, metadata.
 */
#include "layer.h"

#include "report.h"

#include <cmath>

namespace cartoconn
{

/************************************************************************/
/*                              GeomField                               */
/************************************************************************/

/* A geometry field whose spatial reference may take a row to know. */
class GeomField final : public OGRGeomFieldDefn
{
  public:
    GeomField(Layer *poLayer, const char *pszField, OGRwkbGeometryType eType)
        : OGRGeomFieldDefn(pszField, eType), m_poLayer(poLayer)
    {
    }

    GeomFieldSRSRet GetSpatialRef() const override
    {
        if (m_poLayer)
            m_poLayer->ResolveSRS();
        return OGRGeomFieldDefn::GetSpatialRef();
    }

    /* Features may keep the definition longer than the layer lives. */
    void Detach()
    {
        m_poLayer = nullptr;
    }

    CPL_DISALLOW_COPY_ASSIGN(GeomField)

  private:
    Layer *m_poLayer;
};

/************************************************************************/
/*                               Layer()                                */
/************************************************************************/

Layer::Layer(std::shared_ptr<Session> poSession, GDALDataset *poDS,
             const char *pszName, Source oSource)
    : m_poSession(std::move(poSession)), m_poDS(poDS), m_osName(pszName),
      m_oSource(std::move(oSource)), m_sSource(m_oSource.View()),
      m_poSelf(std::make_shared<Layer *>(this))
{
    cc_schema_init(&m_sSchema);
    cc_error_init(&m_sError, m_poSession->Connector()->secrets);
    SetDescription(pszName);
}

Layer::~Layer()
{
    *m_poSelf = nullptr;
    m_poReader.reset();
    if (m_poDefn)
    {
        for (int i = 0; i < m_poDefn->GetGeomFieldCount(); i++)
            static_cast<GeomField *>(m_poDefn->GetGeomFieldDefn(i))->Detach();
        m_poDefn->Release();
    }
    cc_schema_free(&m_sSchema);
}

const char *Layer::GetName() CARTOCONN_CONST
{
    return m_osName.c_str();
}

GDALDataset *Layer::GetDataset()
{
    return m_poDS;
}

/************************************************************************/
/*                              Describe()                              */
/************************************************************************/

bool Layer::DescribeRemote()
{
    Connection oConnection(*m_poSession);
    return oConnection.Acquire(&m_sError) &&
           m_poSession->Provider()->describe(oConnection.Get(), &m_sSource,
                                             &m_sSchema, &m_sError) == 0 &&
           cc_schema_resolve(&m_sSchema, m_poSession->Connector(), &m_sError) ==
               0;
}

bool Layer::Describe() CARTOCONN_CONST
{
    Layer *poThis = const_cast<Layer *>(this);
    if (m_eState == State::NotDescribed)
    {
        poThis->m_eState =
            poThis->DescribeRemote() ? State::Described : State::Failed;
        poThis->BuildDefn();
        ReportWarnings(cc_strbuf_text(&m_sSchema.warnings));
        if (m_eState == State::Failed)
            ReportError(m_poSession->Connector(), m_sError);
    }
    return m_eState == State::Described;
}

/* Programs forget errors that come before the read: one that cannot begin says
 * so itself. */
bool Layer::DescribeToRead()
{
    const bool bTold = m_eState == State::Failed;
    if (Describe())
        return true;
    if (bTold)
        ReportError(m_poSession->Connector(), m_sError);
    return false;
}

FeatureDefnRet Layer::GetLayerDefn() CARTOCONN_CONST
{
    Describe();
    return m_poDefn;
}

/************************************************************************/
/*                             BuildDefn()                              */
/************************************************************************/

/* Geometry fields: *the* geometry first, the others in column order. */
void Layer::BuildDefn()
{
    m_poDefn = new OGRFeatureDefn(m_osName.c_str());
    m_poDefn->Reference();
    m_poDefn->SetGeomType(wkbNone);
    if (m_eState != State::Described)
        return;

    m_aoTargets.resize(m_sSchema.count);
    m_anSRIDs.resize(m_sSchema.count);
    for (size_t i = 0; i < m_sSchema.count; i++)
    {
        const cc_column &sColumn = m_sSchema.columns[i];
        if (sColumn.is_geometry && sColumn.srid > 0)
            m_anSRIDs[i] = sColumn.srid;
    }
    if (m_sSchema.geometry != SIZE_MAX)
        AddGeomField(m_sSchema.geometry);
    for (size_t i = 0; i < m_sSchema.count; i++)
    {
        if (m_sSchema.columns[i].skipped || i == m_sSchema.geometry)
            continue;
        if (m_sSchema.columns[i].is_geometry)
            AddGeomField(i);
        else
            AddField(i);
    }
    SetMetadataItem("SOURCE", m_oSource.Description().c_str());
    SetMetadataItem("SQL", SQL(WholeSelect()).c_str());
    AddMetadata(*this, cc_strbuf_text(&m_sSchema.metadata));
    if (m_sSchema.skipped.length > 0)
        SetMetadataItem("SKIPPED_COLUMNS", cc_strbuf_text(&m_sSchema.skipped));
}

/************************************************************************/
/*                              AddField()                              */
/************************************************************************/

struct FieldType
{
    OGRFieldType eType;
    OGRFieldSubType eSubType;
};

static FieldType FieldTypeOf(const cc_column &sColumn)
{
    switch (sColumn.type)
    {
        case CC_OUT_BOOLEAN:
            return {OFTInteger, OFSTBoolean};
        case CC_OUT_INT16:
            return {OFTInteger, OFSTInt16};
        case CC_OUT_INT32:
            return {OFTInteger, OFSTNone};
        case CC_OUT_INT64:
            return {OFTInteger64, OFSTNone};
        case CC_OUT_FLOAT32:
            return {OFTReal, OFSTFloat32};
        case CC_OUT_FLOAT64:
            return {OFTReal, OFSTNone};
        case CC_OUT_BINARY:
        case CC_OUT_GEOMETRY:
            return {OFTBinary, OFSTNone};
        case CC_OUT_DATE:
            return {OFTDate, OFSTNone};
        case CC_OUT_TIME:
            return {OFTTime, OFSTNone};
        case CC_OUT_TIMESTAMP:
        case CC_OUT_TIMESTAMPTZ:
            return {OFTDateTime, OFSTNone};
        case CC_OUT_STRING:
            break;
    }
    return {OFTString, sColumn.kind == CC_KIND_JSON   ? OFSTJSON
                       : sColumn.kind == CC_KIND_UUID ? OFSTUUID
                                                      : OFSTNone};
}

/* NOT NULL is only promised where no value of the column can be lost. */
static bool CanBecomeNull(const cc_column &sColumn)
{
    switch (sColumn.kind)
    {
        case CC_KIND_UINT64:
        case CC_KIND_DECIMAL:
        case CC_KIND_DATE:
        case CC_KIND_TIME:
        case CC_KIND_TIMESTAMP:
        case CC_KIND_TIMESTAMPTZ:
            return sColumn.type != CC_OUT_STRING &&
                   sColumn.type != CC_OUT_FLOAT64;
        default:
            return false;
    }
}

/* Whether the text is one string literal, quotes inside it doubled. */
static bool IsQuoted(const char *pszText)
{
    if (*pszText != '\'')
        return false;
    const char *pszIter = pszText + 1;
    while (*pszIter && (pszIter[0] != '\'' || pszIter[1] == '\''))
        pszIter += pszIter[0] == '\'' ? 2 : 1;
    return pszIter[0] == '\'' && pszIter[1] == '\0';
}

/* Of a default, only a literal means the same in another database. */
static bool IsLiteral(const char *pszDefault)
{
    return IsQuoted(pszDefault) ||
           CPLGetValueType(pszDefault) != CPL_VALUE_STRING;
}

void Layer::AddField(size_t iColumn)
{
    const cc_column &sColumn = m_sSchema.columns[iColumn];
    const FieldType oType = FieldTypeOf(sColumn);
    OGRFieldDefn oField(sColumn.output_name, oType.eType);
    oField.SetSubType(oType.eSubType);
    if (sColumn.type == CC_OUT_STRING && sColumn.kind == CC_KIND_TEXT)
        oField.SetWidth(sColumn.width);
    if (sColumn.type == CC_OUT_FLOAT64 && sColumn.kind == CC_KIND_DECIMAL &&
        sColumn.precision > 0)
    {
        oField.SetWidth(sColumn.precision);
        oField.SetPrecision(sColumn.scale);
    }
#if CARTOCONN_GDAL_AT_LEAST(3, 8)
    if (sColumn.type == CC_OUT_TIMESTAMPTZ)
        oField.SetTZFlag(OGR_TZFLAG_UTC);
#endif
    if (sColumn.not_null && !CanBecomeNull(sColumn))
        oField.SetNullable(FALSE);
    if (sColumn.comment)
        oField.SetAlternativeName(sColumn.comment);
    if (sColumn.default_value && IsLiteral(sColumn.default_value))
        oField.SetDefault(sColumn.default_value);
    m_aoTargets[iColumn].iField = m_poDefn->GetFieldCount();
    m_anColumnOfField.push_back(iColumn);
    m_poDefn->AddFieldDefn(&oField);
}

/************************************************************************/
/*                            AddGeomField()                            */
/************************************************************************/

static OGRwkbGeometryType GeometryType(uint32_t nISOType)
{
    OGRwkbGeometryType eType = static_cast<OGRwkbGeometryType>(nISOType % 1000);
    const uint32_t nDimensions = nISOType / 1000;
    if (nDimensions & 1)
        eType = wkbSetZ(eType);
    if (nDimensions & 2)
        eType = wkbSetM(eType);
    return eType;
}

void Layer::AddGeomField(size_t iColumn)
{
    const cc_column &sColumn = m_sSchema.columns[iColumn];
    auto poField = std::make_unique<GeomField>(this, sColumn.output_name,
                                               GeometryType(sColumn.wkb_type));
    if (sColumn.not_null && sColumn.kind == CC_KIND_GEOMETRY)
        poField->SetNullable(FALSE);
    m_aoTargets[iColumn].iGeomField = m_poDefn->GetGeomFieldCount();
    m_anColumnOfGeomField.push_back(iColumn);
    m_poDefn->AddGeomFieldDefn(std::move(poField));
}

/************************************************************************/
/*                             ResolveSRS()                             */
/************************************************************************/

OGRSpatialReference *Layer::NewSRS(int32_t nSRID)
{
    auto poSRS = std::make_unique<OGRSpatialReference>();
    poSRS->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    if (nSRID == CC_SRID_CUSTOM &&
        poSRS->SetFromUserInput(m_sSchema.custom_srs) == OGRERR_NONE)
        return poSRS.release();
    if (cc_srid_is_epsg(nSRID) && poSRS->importFromEPSG(nSRID) == OGRERR_NONE)
        return poSRS.release();

    Connection oConnection(*m_poSession);
    Error oError(m_poSession->Connector());
    char *pszDefinition = nullptr;
    const bool bOK =
        m_poSession->Provider()->srs && oConnection.Acquire(oError) &&
        m_poSession->Provider()->srs(oConnection.Get(), nSRID, &pszDefinition,
                                     oError) == 0 &&
        pszDefinition && poSRS->SetFromUserInput(pszDefinition) == OGRERR_NONE;
    free(pszDefinition);
    if (bOK)
        return poSRS.release();
    CPLError(CE_Warning, CPLE_AppDefined,
             "CARTOCONN: layer %s: SRID %d is not a known coordinate "
             "reference system; the layer is left without one",
             m_osName.c_str(), nSRID);
    return nullptr;
}

/* Needs the first batch only where neither the catalog nor TARGET_SRS tells.
 * That it cannot be had is the next read's failure too. */
void Layer::ResolveSRS()
{
    if (m_bSRSResolved)
        return;
    const char *pszTarget =
        cc_connector_text(m_poSession->Connector(), CC_P_TARGET_SRS);
    bool bUndecided = false;
    for (const size_t iColumn : m_anColumnOfGeomField)
        bUndecided = bUndecided || m_anSRIDs[iColumn] == 0;
    if (bUndecided && !pszTarget && !m_poReader)
    {
        if (!m_bStartFailed) /* comes back here with a reader */
            m_bStartFailed = !StartReading();
        return;
    }

    m_bSRSResolved = true;
    for (int i = 0; i < m_poDefn->GetGeomFieldCount(); i++)
    {
        OGRSpatialReference *poSRS = nullptr;
        const int32_t nSRID =
            m_anSRIDs[m_anColumnOfGeomField[static_cast<size_t>(i)]];
        if (pszTarget)
        {
            poSRS = new OGRSpatialReference();
            poSRS->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
            if (poSRS->SetFromUserInput(pszTarget) != OGRERR_NONE)
                CPLError(CE_Warning, CPLE_AppDefined,
                         "CARTOCONN: layer %s: GDAL does not know the "
                         "coordinate reference system TARGET_SRS names",
                         m_osName.c_str());
        }
        else if (nSRID > 0)
            poSRS = NewSRS(nSRID);
        if (poSRS)
        {
            m_poDefn->GetGeomFieldDefn(i)->SetSpatialRef(poSRS);
            poSRS->Release();
        }
    }
}

/************************************************************************/
/*                           TestCapability()                           */
/************************************************************************/

int Layer::TestCapability(const char *pszCap) CARTOCONN_CONST
{
    if (EQUAL(pszCap, OLCStringsAsUTF8) || EQUAL(pszCap, OLCIgnoreFields) ||
        EQUAL(pszCap, OLCCurveGeometries) ||
        EQUAL(pszCap, OLCMeasuredGeometries)
#ifdef OLCZGeometries
        || EQUAL(pszCap, OLCZGeometries)
#endif
    )
        return TRUE;
    if (!Describe())
        return FALSE;
    if (EQUAL(pszCap, OLCRandomRead))
        return m_sSchema.key != SIZE_MAX;

    const auto poSelection = Select();
    const bool bLocal = LocalFilter(*poSelection);
    if (EQUAL(pszCap, OLCFastGetArrowStream))
        return !bLocal;
    if (EQUAL(pszCap, OLCFastFeatureCount))
        return !m_oSource.IsQuery() && !bLocal &&
               m_poSession->Provider()->count != nullptr;
    cc_box sBox;
    if (EQUAL(pszCap, OLCFastSpatialFilter))
        return m_poDefn->GetGeomFieldCount() > 0 && PushableBox(0, sBox);
    if (EQUAL(pszCap, OLCFastGetExtent))
        return !m_oSource.IsQuery() && !bLocal &&
               m_poDefn->GetGeomFieldCount() > 0 &&
               ExtentIsRemote(m_anColumnOfGeomField[0]);
    return FALSE;
}

/************************************************************************/
/*                             GetMetadata()                            */
/************************************************************************/

MetadataRet Layer::GetMetadata(const char *pszDomain)
{
    Describe();
    return OGRLayer::GetMetadata(pszDomain);
}

const char *Layer::GetMetadataItem(const char *pszName, const char *pszDomain)
{
    Describe();
    return OGRLayer::GetMetadataItem(pszName, pszDomain);
}

}  // namespace cartoconn
