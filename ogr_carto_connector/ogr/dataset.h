/* SPDX-License-Identifier: MIT */
#ifndef CARTOCONN_DATASET_H
#define CARTOCONN_DATASET_H

#include "gdal_compat.h"

#include "pipe/pool.h"

#include <gdal_priv.h>

#include <memory>
#include <string>
#include <vector>

namespace cartoconn
{

class Layer;
class Source;

/*
 * What the layers of a dataset share. The connector is immutable; the pool is
 * used by the dataset's thread alone.
 */
class Session
{
  public:
    explicit Session(cc_connector *psConnector);
    ~Session();

    /* Finds the provider. Reports what fails. */
    bool Start();

    const cc_connector *Connector() const
    {
        return m_psConnector;
    }

    const cc_provider *Provider() const
    {
        return m_psProvider;
    }

    cc_pool *Pool() const
    {
        return m_psPool;
    }

    const cc_host *Host() const
    {
        return &m_sHost;
    }

    CPL_DISALLOW_COPY_ASSIGN(Session)

  private:
    cc_connector *m_psConnector;
    const cc_provider *m_psProvider = nullptr;
    cc_pool *m_psPool = nullptr;
    cc_host m_sHost{};
};

/* A connection of the pool, given back at the end of the scope. */
class Connection
{
  public:
    explicit Connection(Session &oSession) : m_oSession(oSession)
    {
    }

    ~Connection()
    {
        cc_pool_release(m_oSession.Pool(), m_psConnection);
    }

    bool Acquire(cc_error *psError)
    {
        return cc_pool_acquire(m_oSession.Pool(), &m_psConnection, psError) ==
               0;
    }

    cc_connection *Get() const
    {
        return m_psConnection;
    }

    /* Hands the connection on to a cursor. */
    cc_connection *Release()
    {
        cc_connection *psConnection = m_psConnection;
        m_psConnection = nullptr;
        return psConnection;
    }

    CPL_DISALLOW_COPY_ASSIGN(Connection)

  private:
    Session &m_oSession;
    cc_connection *m_psConnection = nullptr;
};

class Dataset final : public GDALDataset
{
  public:
    /* Takes the connector over. */
    explicit Dataset(cc_connector *psConnector);
    ~Dataset() override;

    /* Connects, and makes the layers. Reports what fails. */
    bool Open();

    int GetLayerCount() CARTOCONN_CONST override;
    LayerRet GetLayer(int iLayer) CARTOCONN_CONST override;
    int TestCapability(const char *pszCap) CARTOCONN_CONST override;
    OGRLayer *ExecuteSQL(const char *pszStatement, OGRGeometry *poSpatialFilter,
                         const char *pszDialect) override;

    CPL_DISALLOW_COPY_ASSIGN(Dataset)

  private:
    bool AddNamedLayer();
    bool AddListedLayers();
    void AddLayer(const char *pszName, Source &&oSource);
    std::string WithRelations(const char *pszStatement) const;

    std::shared_ptr<Session> m_poSession;
    std::vector<std::unique_ptr<Layer>> m_apoLayers{};
    cc_names *m_psNames = cc_names_new();
};

}  // namespace cartoconn

#endif
