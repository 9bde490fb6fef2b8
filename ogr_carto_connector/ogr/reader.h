/* SPDX-License-Identifier: MIT */
#ifndef CARTOCONN_READER_H
#define CARTOCONN_READER_H

#include "dataset.h"

#include "pipe/pipe.h"

#include <map>

namespace cartoconn
{

/*
 * One execution of one statement: a connection, a cursor on it, the pipe, and
 * the batch being read.
 */
class Reader
{
  public:
    explicit Reader(std::shared_ptr<Session> poSession);
    ~Reader();

    struct Options
    {
        GIntBig nRowLimit = -1; /* < 0: none */
        const int32_t *panSRIDs = nullptr;
        size_t nBatchRows = 0;
    };

    /* Starts the execution. */
    bool Start(const cc_select &sSelect, const Options &oOptions,
               cc_error *psError);

    /* Waits for the first batch without consuming it. An empty result is no
     * failure. */
    bool Peek(cc_error *psError);

    /* Moves to the next row; Row() and Batch() then tell where it is. */
    cc_fetch NextRow(cc_error *psError)
    {
        if (m_iRow + 1 < m_nBatchRows)
        {
            m_iRow++;
            return CC_FETCH_BATCH;
        }
        return NextBatchRow(psError);
    }

    /* Hands out a whole batch that no row was read of. */
    cc_fetch TakeBatch(ArrowArray *psBatch, cc_error *psError);

    const ArrowArray &Batch() const
    {
        return m_sBatch;
    }

    int64_t Row() const
    {
        return m_iRow;
    }

    /* Rows of the read before this one. */
    int64_t RowOrdinal() const
    {
        return m_nRowsBefore + m_iRow;
    }

    /* Of the batch handed out last. */
    int64_t BatchOrdinal() const
    {
        return m_nRowsBefore;
    }

    /* Changes with every batch, so that pointers into it can be renewed. */
    unsigned BatchSerial() const
    {
        return m_nBatchSerial;
    }

    /* Whether nothing was read yet. */
    bool IsFresh() const
    {
        return m_nRowsBefore == 0 && m_iRow < 0;
    }

    /* Ends the execution; what the builder counted may then be read. */
    void Stop()
    {
        cc_pipe_stop(m_psPipe);
    }

    bool Truncated() const
    {
        return cc_pipe_truncated(m_psPipe);
    }

    const cc_batch_builder *Builder() const
    {
        return cc_pipe_builder(m_psPipe);
    }

    CPL_DISALLOW_COPY_ASSIGN(Reader)

  private:
    cc_fetch NextBatchRow(cc_error *psError);
    cc_fetch FetchBatch(cc_error *psError);
    void ReleaseBatch();
    static const char *SRSDefinition(void *pThis, int32_t nSRID);

    std::shared_ptr<Session> m_poSession;
    cc_connection *m_psConnection = nullptr;
    cc_pipe *m_psPipe = nullptr;
    ArrowArray m_sBatch{};
    int64_t m_nBatchRows = 0;
    int64_t m_iRow = -1;
    int64_t m_nRowsBefore = 0;
    unsigned m_nBatchSerial = 0;
    std::map<int32_t, std::string> m_oDefinitions{};
};

}  // namespace cartoconn

#endif
