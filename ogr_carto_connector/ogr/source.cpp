/* SPDX-License-Identifier: MIT */
#include "source.h"

namespace cartoconn
{

static std::string Value(const cc_connector *psConnector, cc_parameter_id eId)
{
    const char *pszValue = cc_connector_text(psConnector, eId);
    return pszValue ? pszValue : "";
}

Source Source::OfConnector(const cc_connector *psConnector)
{
    const std::string osQuery = Value(psConnector, CC_P_SQL_QUERY);
    if (!osQuery.empty())
        return OfQuery(osQuery);
    Source oSource;
    oSource.m_osTable = Value(psConnector, CC_P_TABLE);
    if (psConnector->provider == CC_BIGQUERY)
    {
        oSource.m_osProject = Value(psConnector, CC_P_PROJECT);
        oSource.m_osSchema = Value(psConnector, CC_P_DATASET);
    }
    else
        oSource.m_osSchema = Value(psConnector, CC_P_SCHEMA);
    return oSource;
}

Source Source::OfTable(const cc_connector *psConnector,
                       const cc_table_name &sTable)
{
    Source oSource;
    oSource.m_osProject = Value(psConnector, CC_P_PROJECT);
    oSource.m_osSchema = sTable.schema ? sTable.schema : "";
    oSource.m_osTable = sTable.name;
    return oSource;
}

Source Source::OfQuery(const std::string &osSQL)
{
    Source oSource;
    oSource.m_osQuery = osSQL;
    return oSource;
}

static const char *OrNull(const std::string &osText)
{
    return osText.empty() ? nullptr : osText.c_str();
}

cc_source Source::View() const
{
    cc_source sView{};
    sView.project = OrNull(m_osProject);
    sView.schema = OrNull(m_osSchema);
    sView.table = OrNull(m_osTable);
    sView.query = OrNull(m_osQuery);
    return sView;
}

std::string Source::Description() const
{
    if (IsQuery())
        return "query";
    std::string osText;
    for (const std::string *posPart : {&m_osProject, &m_osSchema})
        if (!posPart->empty())
            osText += *posPart + ".";
    return osText + m_osTable;
}

}  // namespace cartoconn
