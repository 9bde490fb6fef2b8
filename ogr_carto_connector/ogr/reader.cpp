/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include "report.h"

namespace cartoconn
{

Reader::Reader(std::shared_ptr<Session> poSession)
    : m_poSession(std::move(poSession))
{
}

Reader::~Reader()
{
    ReleaseBatch();
    cc_pipe_close(m_psPipe);
    cc_pool_release(m_poSession->Pool(), m_psConnection);
}

/************************************************************************/
/*                               Start()                                */
/************************************************************************/

bool Reader::Start(const cc_select &sSelect, const Options &oOptions,
                   cc_error *psError)
{
    const cc_connector *psConnector = m_poSession->Connector();
    Connection oConnection(*m_poSession);
    if (!oConnection.Acquire(psError))
        return false;

    cc_batch_options sBatch{};
    sBatch.batch_rows = oOptions.nBatchRows;
    sBatch.counted_rows = oOptions.nRowLimit < 0 ? 0 : oOptions.nRowLimit;
    sBatch.iconv_name = psConnector->iconv_name;
    const char *pszInvalid =
        cc_connector_text(psConnector, CC_P_INVALID_GEOMETRY);
    sBatch.invalid_geometry_is_error = pszInvalid && EQUAL(pszInvalid, "ERROR");
    sBatch.target_srs = cc_connector_text(psConnector, CC_P_TARGET_SRS);
    sBatch.srs_definition = SRSDefinition;
    sBatch.context = this;

    const int64_t nUseful =
        oOptions.nRowLimit < 0 ? -1 : oOptions.nRowLimit + 1;
    cc_cursor *psCursor = nullptr;
    if (m_poSession->Provider()->query(oConnection.Get(), &sSelect, nUseful,
                                       oOptions.panSRIDs, &sBatch, &psCursor,
                                       psError) != 0)
        return false;
    m_psConnection = oConnection.Release();

    cc_pipe_options sPipe{};
    sPipe.row_limit = oOptions.nRowLimit;
    return cc_pipe_start(psCursor, &sPipe, &m_psPipe, psError) == 0;
}

/************************************************************************/
/*                           SRSDefinition()                            */
/************************************************************************/

/* Called in the producer's thread while its connection is busy, so the
 * question goes over a connection of its own. */
const char *Reader::SRSDefinition(void *pThis, int32_t nSRID)
{
    Reader *poThis = static_cast<Reader *>(pThis);
    const auto oIter = poThis->m_oDefinitions.find(nSRID);
    if (oIter != poThis->m_oDefinitions.end())
        return oIter->second.empty() ? nullptr : oIter->second.c_str();

    std::string &osDefinition = poThis->m_oDefinitions[nSRID];
    const cc_provider *psProvider = poThis->m_poSession->Provider();
    if (!psProvider->srs)
        return nullptr;
    Error oError(poThis->m_poSession->Connector());
    cc_connection *psConnection = nullptr;
    char *pszDefinition = nullptr;
    if (psProvider->open(poThis->m_poSession->Connector(),
                         poThis->m_poSession->Host(), &psConnection,
                         oError) == 0 &&
        psProvider->srs(psConnection, nSRID, &pszDefinition, oError) == 0 &&
        pszDefinition)
        osDefinition = pszDefinition;
    free(pszDefinition);
    psProvider->close(psConnection);
    return osDefinition.empty() ? nullptr : osDefinition.c_str();
}

/************************************************************************/
/*                             batches                                  */
/************************************************************************/

void Reader::ReleaseBatch()
{
    if (m_sBatch.release)
        m_sBatch.release(&m_sBatch);
    m_sBatch = ArrowArray{};
}

cc_fetch Reader::FetchBatch(cc_error *psError)
{
    ReleaseBatch();
    m_nRowsBefore += m_nBatchRows;
    m_nBatchRows = 0;
    m_iRow = -1;
    const cc_fetch eFetch = cc_pipe_next(m_psPipe, &m_sBatch, psError);
    if (eFetch == CC_FETCH_BATCH)
    {
        m_nBatchRows = m_sBatch.length;
        m_nBatchSerial++;
    }
    return eFetch;
}

bool Reader::Peek(cc_error *psError)
{
    if (m_nBatchRows > 0)
        return true;
    return FetchBatch(psError) != CC_FETCH_ERROR;
}

cc_fetch Reader::NextBatchRow(cc_error *psError)
{
    const cc_fetch eFetch = FetchBatch(psError);
    if (eFetch == CC_FETCH_BATCH)
        m_iRow = 0;
    return eFetch;
}

cc_fetch Reader::TakeBatch(ArrowArray *psBatch, cc_error *psError)
{
    if (!m_sBatch.release || m_iRow >= 0)
    {
        const cc_fetch eFetch = FetchBatch(psError);
        if (eFetch != CC_FETCH_BATCH)
            return eFetch;
    }
    *psBatch = m_sBatch;
    m_sBatch = ArrowArray{};
    return CC_FETCH_BATCH;
}

}  // namespace cartoconn
