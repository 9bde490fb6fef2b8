/* SPDX-License-Identifier: MIT */
#include "dataset.h"

#include "layer.h"
#include "report.h"

namespace cartoconn
{

constexpr size_t MAX_LISTED_TABLES = 500;

/************************************************************************/
/*                               Session                                */
/************************************************************************/

Session::Session(cc_connector *psConnector)
    : m_psConnector(psConnector), m_sHost(DebugHost(psConnector->secrets))
{
}

Session::~Session()
{
    cc_pool_free(m_psPool);
    cc_connector_free(m_psConnector);
}

bool Session::Start()
{
    const char *pszReason = nullptr;
    m_psProvider = cc_provider_find(m_psConnector->provider, &pszReason);
    if (!m_psProvider)
    {
        CPLError(CE_Failure, CPLE_NotSupported, "CARTOCONN: %s", pszReason);
        return false;
    }
    const CPLStringList aosHints(
        CSLTokenizeString2(cc_strbuf_text(&m_psConnector->hints), "\n", 0));
    for (int i = 0; i < aosHints.size(); i++)
        CPLDebug("CARTOCONN", "%s", aosHints[i]);
    m_psPool = cc_pool_new(m_psProvider, m_psConnector, &m_sHost);
    return m_psPool != nullptr;
}

/************************************************************************/
/*                               Dataset                                */
/************************************************************************/

Dataset::Dataset(cc_connector *psConnector)
    : m_poSession(std::make_shared<Session>(psConnector))
{
}

Dataset::~Dataset()
{
    cc_names_free(m_psNames);
}

/************************************************************************/
/*                                Open()                                */
/************************************************************************/

bool Dataset::Open()
{
    if (!m_poSession->Start())
        return false;

    const cc_connector *psConnector = m_poSession->Connector();
    {
        Connection oConnection(*m_poSession);
        Error oError(psConnector);
        if (!oConnection.Acquire(oError))
        {
            oError.Report();
            return false;
        }
        SetMetadataItem("SERVER_VERSION", oConnection.Get()->server_version);
    }
    SetMetadataItem("PROVIDER", psConnector->info->name);
    SetMetadataItem(
        "ROW_LIMIT",
        CPLSPrintf(CPL_FRMT_GIB, static_cast<GIntBig>(psConnector->row_limit)));
    if (const char *pszInterval = cc_connector_text(psConnector, CC_P_INTERVAL))
        SetMetadataItem("INTERVAL", pszInterval);

    return psConnector->layer_name ? AddNamedLayer() : AddListedLayers();
}

/************************************************************************/
/*                              AddLayer()                              */
/************************************************************************/

/* Names are cut and unique as those of columns are; the remote object keeps
 * its own. */
void Dataset::AddLayer(const char *pszName, Source &&oSource)
{
    char szName[CC_NAME_MAX + 1];
    bool bCut = false;
    if (!m_psNames || cc_names_add(m_psNames, pszName, m_apoLayers.size() + 1,
                                   szName, &bCut) != 0)
        return;
    if (bCut)
        CPLError(CE_Warning, CPLE_AppDefined,
                 "CARTOCONN: the layer name \"%s\" is longer than %d bytes and "
                 "was cut to \"%s\"",
                 pszName, CC_NAME_MAX, szName);
    m_apoLayers.push_back(
        std::make_unique<Layer>(m_poSession, this, szName, std::move(oSource)));
}

bool Dataset::AddNamedLayer()
{
    const cc_connector *psConnector = m_poSession->Connector();
    AddLayer(psConnector->layer_name, Source::OfConnector(psConnector));
    return !m_apoLayers.empty() && m_apoLayers[0]->Describe();
}

/************************************************************************/
/*                          AddListedLayers()                           */
/************************************************************************/

bool Dataset::AddListedLayers()
{
    const cc_connector *psConnector = m_poSession->Connector();
    Connection oConnection(*m_poSession);
    Error oError(psConnector);
    cc_table_list sList{};
    if (!oConnection.Acquire(oError) ||
        m_poSession->Provider()->list_tables(
            oConnection.Get(), MAX_LISTED_TABLES, &sList, oError) != 0)
    {
        cc_table_list_free(&sList);
        oError.Report();
        return false;
    }
    for (size_t i = 0; i < sList.count; i++)
    {
        const cc_table_name &sTable = sList.tables[i];
        std::string osName;
        if (sList.qualified)
            osName.append(sTable.schema).append(".");
        osName += sTable.name;
        AddLayer(osName.c_str(), Source::OfTable(psConnector, sTable));
    }
    AddMetadata(*this, cc_strbuf_text(&sList.metadata));
    if (sList.more)
        CPLError(CE_Warning, CPLE_AppDefined,
                 "CARTOCONN: only the first %d tables are listed; name one "
                 "with -oo TABLE=...",
                 static_cast<int>(MAX_LISTED_TABLES));
    cc_table_list_free(&sList);
    return true;
}

/************************************************************************/
/*                              GetLayer()                              */
/************************************************************************/

int Dataset::GetLayerCount() CARTOCONN_CONST
{
    return static_cast<int>(m_apoLayers.size());
}

LayerRet Dataset::GetLayer(int iLayer) CARTOCONN_CONST
{
    if (iLayer < 0 || iLayer >= static_cast<int>(m_apoLayers.size()))
        return nullptr;
    return m_apoLayers[static_cast<size_t>(iLayer)].get();
}

int Dataset::TestCapability(const char *pszCap) CARTOCONN_CONST
{
    return EQUAL(pszCap, ODsCCurveGeometries) ||
           EQUAL(pszCap, ODsCMeasuredGeometries)
#ifdef ODsCZGeometries
           || EQUAL(pszCap, ODsCZGeometries)
#endif
        ;
}

/************************************************************************/
/*                             ExecuteSQL()                             */
/************************************************************************/

/* Layers may be named in the statement whatever they are made of: those it
 * mentions are defined in front of it. */
std::string Dataset::WithRelations(const char *pszStatement) const
{
    const cc_dialect *psDialect = m_poSession->Provider()->dialect;
    std::vector<cc_select> asSelects;
    std::vector<cc_relation> asRelations;
    asSelects.reserve(m_apoLayers.size());
    for (const auto &poLayer : m_apoLayers)
    {
        if (!cc_sql_mentions(psDialect, pszStatement, poLayer->LayerName()) ||
            !poLayer->Describe())
            continue;
        asSelects.push_back(poLayer->WholeSelect());
        asRelations.push_back({poLayer->LayerName(), &asSelects.back()});
    }
    Text osSQL;
    if (cc_sql_with_relations(psDialect, pszStatement, asRelations.data(),
                              asRelations.size(), osSQL) != 0)
        return pszStatement;
    return osSQL.c_str();
}

OGRLayer *Dataset::ExecuteSQL(const char *pszStatement,
                              OGRGeometry *poSpatialFilter,
                              const char *pszDialect)
{
    const bool bDefault = pszDialect == nullptr || pszDialect[0] == '\0';
    if (!bDefault && !EQUAL(pszDialect, "NATIVE"))
        return GDALDataset::ExecuteSQL(pszStatement, poSpatialFilter,
                                       pszDialect);

    const std::string osSQL =
        bDefault ? WithRelations(pszStatement) : pszStatement;
    auto poLayer = std::make_unique<Layer>(m_poSession, this, "sql_statement",
                                           Source::OfQuery(osSQL));
    if (!poLayer->Describe())
        return nullptr;
    if (poSpatialFilter)
        poLayer->SetSpatialFilter(poSpatialFilter);
    return poLayer.release();
}

}  // namespace cartoconn
