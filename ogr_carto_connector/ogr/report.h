/* SPDX-License-Identifier: MIT */
/*
 * From the core's errors and remarks to GDAL's.
 */
#ifndef CARTOCONN_REPORT_H
#define CARTOCONN_REPORT_H

#include "connector/connector.h"
#include "connector/error.h"
#include "connector/host.h"

#include <gdal_priv.h>

namespace cartoconn
{

/* The core's debug sink: CPLDebug("CARTOCONN", ...). */
cc_host DebugHost(const cc_secrets *psSecrets);

/* Raises CE_Failure: provider, stage, code, the message. psConnector may be
 * null. */
void ReportError(const cc_connector *psConnector, const cc_error &sError);

/* Raises one CE_Warning a line. */
void ReportWarnings(const char *pszLines);

/* Sets the metadata items of lines "NAME=value". */
void AddMetadata(GDALMajorObject &oObject, const char *pszLines);

/* An error struct that knows the secrets of a connector. */
class Error
{
  public:
    explicit Error(const cc_connector *psConnector = nullptr)
        : m_psConnector(psConnector)
    {
        cc_error_init(&m_sError, psConnector ? psConnector->secrets : nullptr);
    }

    operator cc_error *()
    {
        return &m_sError;
    }

    const cc_error *operator->() const
    {
        return &m_sError;
    }

    void Report() const
    {
        ReportError(m_psConnector, m_sError);
    }

  private:
    const cc_connector *m_psConnector;
    cc_error m_sError;
};

/* A string of the core's, freed with it. */
class Text
{
  public:
    Text() = default;
    Text(const Text &) = delete;
    Text &operator=(const Text &) = delete;

    ~Text()
    {
        cc_strbuf_free(&m_sBuffer);
    }

    operator cc_strbuf *()
    {
        return &m_sBuffer;
    }

    const char *c_str() const
    {
        return cc_strbuf_text(&m_sBuffer);
    }

    bool empty() const
    {
        return m_sBuffer.length == 0;
    }

  private:
    cc_strbuf m_sBuffer = CC_STRBUF_INIT;
};

}  // namespace cartoconn

#endif
