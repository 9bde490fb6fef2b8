/* SPDX-License-Identifier: MIT */
#ifndef CARTOCONN_ARROW_STREAM_H
#define CARTOCONN_ARROW_STREAM_H

#include "layer.h"

namespace cartoconn
{

/*
 * The private data of an ArrowArrayStream: the batches of a Reader as they
 * come, with the FID in front and attributes before geometries, as OGR's own
 * streams have them. Ends when its layer does.
 */
class ArrowStream
{
  public:
    struct Options
    {
        bool bIncludeFID = true;
        std::string osGeometryExtension{};
    };

    /* poReader is fresh and reads poSelection. */
    ArrowStream(std::shared_ptr<Layer *> poLayer,
                std::unique_ptr<Layer::Selection> poSelection,
                std::unique_ptr<Reader> poReader, const Options &oOptions);

    /* Fills *psStream, which then owns the stream. */
    static void Export(std::unique_ptr<ArrowStream> poStream,
                       ArrowArrayStream *psStream);

    CPL_DISALLOW_COPY_ASSIGN(ArrowStream)

  private:
    static int GetSchema(ArrowArrayStream *psStream, ArrowSchema *psOut);
    static int GetNext(ArrowArrayStream *psStream, ArrowArray *psOut);
    static const char *GetLastError(ArrowArrayStream *psStream);
    static void Release(ArrowArrayStream *psStream);

    int Schema(ArrowSchema *psOut);
    int Next(ArrowArray *psOut);
    int End(bool bFailed);
    void Arrange(ArrowArray &sBatch, ArrowArray *psOut) const;
    ArrowArray FIDArray(const ArrowArray &sBatch) const;

    std::shared_ptr<Layer *> m_poLayer;
    std::unique_ptr<Layer::Selection> m_poSelection;
    std::unique_ptr<Reader> m_poReader;
    const Options m_oOptions;
    std::vector<size_t> m_anOrder{}; /* of the batch's children */
    int m_iKeyChild = -1;
    cc_type m_eKeyType = CC_OUT_INT64;
    GIntBig m_nRows = 0;
    std::string m_osError{};
    cc_error m_sError{};
};

}  // namespace cartoconn

#endif
