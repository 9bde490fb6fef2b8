/* SPDX-License-Identifier: MIT */
#include "arrow_stream.h"

#include "report.h"

#include <cerrno>
#include <climits>
#include <cstdlib>

namespace cartoconn
{

constexpr const char *FID_NAME = "OGC_FID";

ArrowStream::ArrowStream(std::shared_ptr<Layer *> poLayer,
                         std::unique_ptr<Layer::Selection> poSelection,
                         std::unique_ptr<Reader> poReader,
                         const Options &oOptions)
    : m_poLayer(std::move(poLayer)), m_poSelection(std::move(poSelection)),
      m_poReader(std::move(poReader)), m_oOptions(oOptions)
{
    const Layer &oLayer = **m_poLayer;
    const cc_schema &sSchema = oLayer.m_sSchema;
    cc_error_init(&m_sError, oLayer.m_poSession->Connector()->secrets);
    std::vector<size_t> anGeometries;
    size_t iChild = 0;
    for (size_t i = 0; i < sSchema.count; i++)
    {
        if (!m_poSelection->sSelect.wanted[i])
            continue;
        if (i == sSchema.key)
        {
            m_iKeyChild = static_cast<int>(iChild);
            m_eKeyType = sSchema.columns[i].type;
        }
        const FieldTarget &oTarget = m_poSelection->aoTargets[i];
        if (oTarget.iField >= 0)
            m_anOrder.push_back(iChild);
        else if (oTarget.iGeomField >= 0)
            anGeometries.push_back(iChild);
        iChild++;
    }
    m_anOrder.insert(m_anOrder.end(), anGeometries.begin(), anGeometries.end());
}

void ArrowStream::Export(std::unique_ptr<ArrowStream> poStream,
                         ArrowArrayStream *psStream)
{
    psStream->get_schema = GetSchema;
    psStream->get_next = GetNext;
    psStream->get_last_error = GetLastError;
    psStream->release = Release;
    psStream->private_data = poStream.release();
}

/************************************************************************/
/*                         struct assembly                              */
/************************************************************************/

template <class T> struct Parent
{
    std::vector<T> asChildren{};
    std::vector<T *> apsChildren{};
    const void *apBuffers[1] = {nullptr};
};

template <class T> static void ReleaseParent(T *psParent)
{
    auto poParent = static_cast<Parent<T> *>(psParent->private_data);
    for (T &sChild : poParent->asChildren)
        if (sChild.release)
            sChild.release(&sChild);
    delete poParent;
    psParent->release = nullptr;
}

/* Moves the children into a struct array or schema that owns them. */
template <class T> static void MakeParent(std::vector<T> &&asChildren, T *psOut)
{
    auto poParent = std::make_unique<Parent<T>>();
    poParent->asChildren = std::move(asChildren);
    for (T &sChild : poParent->asChildren)
        poParent->apsChildren.push_back(&sChild);
    psOut->n_children = static_cast<int64_t>(poParent->apsChildren.size());
    psOut->children = poParent->apsChildren.data();
    psOut->release = ReleaseParent<T>;
    psOut->private_data = poParent.release();
}

/* Takes *psFrom over, as the interface lets a consumer do with children. */
template <class T> static T Move(T *psFrom)
{
    T sMoved = *psFrom;
    psFrom->release = nullptr;
    return sMoved;
}

/************************************************************************/
/*                              Schema()                                */
/************************************************************************/

int ArrowStream::Schema(ArrowSchema *psOut)
{
    const Layer *poLayer = *m_poLayer;
    if (!poLayer)
    {
        m_osError = "the layer of the stream is closed";
        return EINVAL;
    }
    ArrowSchema sAll{};
    const char *pszFID = m_oOptions.bIncludeFID ? FID_NAME : nullptr;
    if (cc_schema_to_arrow(&poLayer->m_sSchema, m_poSelection->sSelect.wanted,
                           pszFID, m_oOptions.osGeometryExtension.c_str(),
                           &sAll, &m_sError) != 0)
    {
        m_osError = m_sError.message;
        return ENOMEM;
    }
    const size_t nFirst = pszFID ? 1 : 0;
    std::vector<ArrowSchema> asChildren;
    if (pszFID)
        asChildren.push_back(Move(sAll.children[0]));
    for (const size_t iChild : m_anOrder)
        asChildren.push_back(Move(sAll.children[iChild + nFirst]));
    sAll.release(&sAll);

    *psOut = ArrowSchema{};
    psOut->format = "+s";
    psOut->name = "";
    MakeParent(std::move(asChildren), psOut);
    return 0;
}

/************************************************************************/
/*                               Next()                                 */
/************************************************************************/

struct FIDBuffers
{
    std::vector<int64_t> anValues{};
    const void *apBuffers[2] = {nullptr, nullptr};
};

static void ReleaseFIDs(ArrowArray *psArray)
{
    delete static_cast<FIDBuffers *>(psArray->private_data);
    psArray->release = nullptr;
}

ArrowArray ArrowStream::FIDArray(const ArrowArray &sBatch) const
{
    auto poFIDs = std::make_unique<FIDBuffers>();
    const size_t nRows = static_cast<size_t>(sBatch.length);
    poFIDs->anValues.resize(nRows);
    const void *pKeys =
        m_iKeyChild < 0 ? nullptr : sBatch.children[m_iKeyChild]->buffers[1];
    for (size_t i = 0; i < nRows; i++)
        poFIDs->anValues[i] =
            pKeys ? KeyValue(m_eKeyType, pKeys, static_cast<int64_t>(i))
                  : m_poReader->BatchOrdinal() + static_cast<int64_t>(i);
    poFIDs->apBuffers[1] = poFIDs->anValues.data();

    ArrowArray sArray{};
    sArray.length = sBatch.length;
    sArray.n_buffers = 2;
    sArray.buffers = poFIDs->apBuffers;
    sArray.release = ReleaseFIDs;
    sArray.private_data = poFIDs.release();
    return sArray;
}

void ArrowStream::Arrange(ArrowArray &sBatch, ArrowArray *psOut) const
{
    const int64_t nRows = sBatch.length;
    std::vector<ArrowArray> asChildren;
    if (m_oOptions.bIncludeFID)
        asChildren.push_back(FIDArray(sBatch));
    for (const size_t iChild : m_anOrder)
        asChildren.push_back(Move(sBatch.children[iChild]));
    sBatch.release(&sBatch);

    *psOut = ArrowArray{};
    MakeParent(std::move(asChildren), psOut);
    psOut->length = nRows;
    psOut->n_buffers = 1;
    psOut->buffers =
        static_cast<Parent<ArrowArray> *>(psOut->private_data)->apBuffers;
}

int ArrowStream::End(bool bFailed)
{
    Layer *poLayer = *m_poLayer;
    poLayer->FinishRead(*m_poReader, m_nRows, m_poReader->Truncated());
    if (bFailed)
    {
        ReportError(poLayer->m_poSession->Connector(), m_sError);
        m_osError = m_sError.message;
    }
    m_poReader.reset();
    return bFailed ? EIO : 0;
}

int ArrowStream::Next(ArrowArray *psOut)
{
    *psOut = ArrowArray{};
    if (!*m_poLayer)
    {
        m_osError = "the layer of the stream is closed";
        return EINVAL;
    }
    if (!m_poReader)
        return m_osError.empty() ? 0 : EIO;
    ArrowArray sBatch{};
    const cc_fetch eFetch = m_poReader->TakeBatch(&sBatch, &m_sError);
    if (eFetch != CC_FETCH_BATCH)
        return End(eFetch == CC_FETCH_ERROR);
    m_nRows += sBatch.length;
    Arrange(sBatch, psOut);
    return 0;
}

/************************************************************************/
/*                             callbacks                                */
/************************************************************************/

static ArrowStream *Self(ArrowArrayStream *psStream)
{
    return static_cast<ArrowStream *>(psStream->private_data);
}

int ArrowStream::GetSchema(ArrowArrayStream *psStream, ArrowSchema *psOut)
{
    return Self(psStream)->Schema(psOut);
}

int ArrowStream::GetNext(ArrowArrayStream *psStream, ArrowArray *psOut)
{
    return Self(psStream)->Next(psOut);
}

const char *ArrowStream::GetLastError(ArrowArrayStream *psStream)
{
    const std::string &osError = Self(psStream)->m_osError;
    return osError.empty() ? nullptr : osError.c_str();
}

void ArrowStream::Release(ArrowArrayStream *psStream)
{
    delete Self(psStream);
    psStream->release = nullptr;
    psStream->private_data = nullptr;
}

/************************************************************************/
/*                       Layer::GetArrowStream()                        */
/************************************************************************/

constexpr int DEFAULT_BATCH_ROWS = 65536;

static int MaxFeaturesInBatch(CSLConstList papszOptions)
{
    const char *pszMax = CSLFetchNameValueDef(
        papszOptions, "MAX_FEATURES_IN_BATCH",
        CPLGetConfigOption("OGR_ARROW_MAX_FEATURES_IN_BATCH", nullptr));
    if (!pszMax)
        return DEFAULT_BATCH_ROWS;
    const long nMax = strtol(pszMax, nullptr, 10);
    return static_cast<int>(
        std::min(std::max(nMax, 1L), static_cast<long>(INT_MAX)));
}

static bool IsUnderstood(const char *pszOption)
{
    for (const char *pszKnown : {"INCLUDE_FID=", "MAX_FEATURES_IN_BATCH=",
                                 GEOMETRY_METADATA_OPTION "="})
        if (STARTS_WITH_CI(pszOption, pszKnown))
            return true;
    return false;
}

/* OGR's own stream serves the rest: filters evaluated here, and options that
 * ask for other encodings. */
bool Layer::NativeArrow(const Selection &oSelection,
                        CSLConstList papszOptions) const
{
    for (CSLConstList papszIter = papszOptions; papszIter && *papszIter;
         papszIter++)
        if (!IsUnderstood(*papszIter))
            return false;
    return !LocalFilter(oSelection);
}

bool Layer::GetArrowStream(ArrowArrayStream *psStream,
                           CSLConstList papszOptions)
{
    memset(psStream, 0, sizeof(*psStream));
    if (!DescribeToRead())
        return false;
    auto poSelection = Select();
    if (!NativeArrow(*poSelection, papszOptions))
        return OGRLayer::GetArrowStream(psStream, papszOptions);

    const int nMaxRows = MaxFeaturesInBatch(papszOptions);
    std::unique_ptr<Reader> poReader;
    if (m_poReader && m_poReader->IsFresh() && nMaxRows >= DEFAULT_BATCH_ROWS)
        poReader = std::move(m_poReader);
    else
        poReader = NewReader(*poSelection, static_cast<size_t>(nMaxRows));
    if (!poReader)
        return false;
    ArrowStream::Options oOptions;
    oOptions.bIncludeFID = CPLFetchBool(papszOptions, "INCLUDE_FID", true);
    oOptions.osGeometryExtension =
        EQUAL(
            CSLFetchNameValueDef(papszOptions, GEOMETRY_METADATA_OPTION, "OGC"),
            "GEOARROW")
            ? "geoarrow.wkb"
            : "ogc.wkb";
    ArrowStream::Export(
        std::make_unique<ArrowStream>(m_poSelf, std::move(poSelection),
                                      std::move(poReader), oOptions),
        psStream);
    return true;
}

}  // namespace cartoconn
