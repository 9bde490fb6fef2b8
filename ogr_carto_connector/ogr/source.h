/* SPDX-License-Identifier: MIT */
#ifndef CARTOCONN_SOURCE_H
#define CARTOCONN_SOURCE_H

#include "provider/provider.h"

#include <string>

namespace cartoconn
{

/* The remote object a layer reads, with its strings. */
class Source
{
  public:
    /* What the connector names: its query, else its table. */
    static Source OfConnector(const cc_connector *psConnector);
    static Source OfTable(const cc_connector *psConnector,
                          const cc_table_name &sTable);
    static Source OfQuery(const std::string &osSQL);

    /* Valid as long as this object. */
    cc_source View() const;

    bool IsQuery() const
    {
        return !m_osQuery.empty();
    }

    /* For people: "schema.table", or "query". */
    std::string Description() const;

  private:
    std::string m_osProject{};
    std::string m_osSchema{};
    std::string m_osTable{};
    std::string m_osQuery{};
};

}  // namespace cartoconn

#endif
