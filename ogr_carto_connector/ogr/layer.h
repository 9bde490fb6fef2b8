/* SPDX-License-Identifier: MIT */
#ifndef CARTOCONN_LAYER_H
#define CARTOCONN_LAYER_H

#include "dataset.h"
#include "feature_builder.h"
#include "filter.h"
#include "reader.h"
#include "source.h"

namespace cartoconn
{

class ArrowStream;
class GeomField;

/*
 * A table or a query. Described lazily; read through a Reader that is started
 * by the first need of a row (or of a spatial reference that only a row can
 * tell, and then kept for the first read).
 */
class Layer final : public OGRLayer
{
  public:
    Layer(std::shared_ptr<Session> poSession, GDALDataset *poDS,
          const char *pszName, Source oSource);
    ~Layer() override;

    /* Asks the server for the columns, once. Reports what fails. */
    bool Describe() CARTOCONN_CONST;

    const char *LayerName() const
    {
        return m_osName.c_str();
    }

    /* All columns, no filter. Valid as long as the layer is. */
    cc_select WholeSelect() const;

    const char *GetName() CARTOCONN_CONST override;
#if CARTOCONN_GDAL_AT_LEAST(3, 12)
    using OGRLayer::GetLayerDefn;
#endif
    FeatureDefnRet GetLayerDefn() CARTOCONN_CONST override;
    int TestCapability(const char *pszCap) CARTOCONN_CONST override;
    GDALDataset *GetDataset() override;

    void ResetReading() override;
    OGRFeature *GetNextFeature() override;
    OGRFeature *GetFeature(GIntBig nFID) override;
    OGRErr SetNextByIndex(GIntBig nIndex) override;
    GIntBig GetFeatureCount(int bForce) override;

    OGRErr SetAttributeFilter(const char *pszQuery) override;
    OGRErr SetIgnoredFields(IgnoredFieldsArg papszFields) override;
#if CARTOCONN_GDAL_AT_LEAST(3, 11)
    OGRErr ISetSpatialFilter(int iGeomField,
                             const OGRGeometry *poGeom) override;
    OGRErr IGetExtent(int iGeomField, OGREnvelope *psExtent,
                      bool bForce) override;
#else
    void SetSpatialFilter(OGRGeometry *poGeom) override;
    void SetSpatialFilter(int iGeomField, OGRGeometry *poGeom) override;
    OGRErr GetExtent(OGREnvelope *psExtent, int bForce) override;
    OGRErr GetExtent(int iGeomField, OGREnvelope *psExtent,
                     int bForce) override;
#endif

    bool GetArrowStream(ArrowArrayStream *psStream,
                        CSLConstList papszOptions) override;

    MetadataRet GetMetadata(const char *pszDomain = "") override;
    const char *GetMetadataItem(const char *pszName,
                                const char *pszDomain = "") override;

    CPL_DISALLOW_COPY_ASSIGN(Layer)

  private:
    friend class ArrowStream;
    friend class GeomField;

    /* The select of the layer's state, with what it points to. */
    struct Selection
    {
        cc_box sBox{};
        std::unique_ptr<bool[]> pabWanted{};
        cc_select sSelect{};
        bool bFilterExact = true; /* the attribute filter is pushed whole */
        std::vector<FieldTarget> aoTargets{}; /* by schema column */
        std::vector<int> anUnset{};     /* ignored fields a filter needs */
        std::vector<int> anUnsetGeom{}; /* the same of geometry fields */
    };

    bool DescribeRemote();
    bool DescribeToRead();
    void BuildDefn();
    void AddField(size_t iColumn);
    void AddGeomField(size_t iColumn);

    bool FIDIsKey() const
    {
        return m_sSchema.key != SIZE_MAX;
    }

    std::unique_ptr<Selection> Select() const;
    std::unique_ptr<Selection> SelectUnfiltered() const;
    bool FiltersRowNumbers() const;
    bool Filtered(int iField) const;
    void SelectWanted(Selection &oSelection) const;
    void SelectBox(Selection &oSelection) const;
    bool ExtentIsRemote(size_t iColumn) const;
    bool PushableBox(int iGeomField, cc_box &sBox) const;
    bool LocalFilter(const Selection &oSelection) const;
    std::string SQL(const cc_select &sSelect) const;

    bool ReadyToRead();
    bool StartReading();
    void ForgetRead();
    std::unique_ptr<Reader> NewReader(const Selection &oSelection,
                                      size_t nBatchRows);
    void AdoptSRIDs(const Selection &oSelection, const Reader &oReader);
    void ResolveSRS();
    OGRSpatialReference *NewSRS(int32_t nSRID);
    OGRFeatureUniquePtr NextMatch();
    bool MatchesFilters(OGRFeature &oFeature);
    void EndRead(bool bFailed, bool bTruncated);
    void FinishRead(Reader &oReader, GIntBig nRows, bool bTruncated);
    uint64_t ReportLosses(const cc_batch_builder &oBuilder);
    OGRFeature *FeatureByKey(GIntBig nFID);
    OGRFeature *FeatureByOrdinal(GIntBig nFID);
    OGRFeature *SingleFeature(const Selection &oSelection, GIntBig nSkip,
                              GIntBig nOrdinal);
    OGRErr SetSpatialFilterOfField(int iGeomField, const OGRGeometry *poGeom);
    OGRErr ExtentOfField(int iGeomField, OGREnvelope *psExtent, bool bForce);
    bool RemoteExtent(int iGeomField, OGREnvelope &oExtent, bool &bEmpty);
    bool NativeArrow(const Selection &oSelection,
                     CSLConstList papszOptions) const;

    std::shared_ptr<Session> m_poSession;
    GDALDataset *m_poDS;
    std::string m_osName;
    const Source m_oSource;
    const cc_source m_sSource; /* a view of m_oSource */

    enum class State
    {
        NotDescribed,
        Described,
        Failed
    };
    State m_eState = State::NotDescribed;
    cc_schema m_sSchema{};
    OGRFeatureDefn *m_poDefn = nullptr;
    std::vector<FieldTarget> m_aoTargets{};      /* by schema column */
    std::vector<size_t> m_anColumnOfField{};     /* by attribute field */
    std::vector<size_t> m_anColumnOfGeomField{}; /* by geometry field */
    std::vector<int32_t> m_anSRIDs{}; /* by schema column; 0: not decided */
    bool m_bSRSResolved = false;

    ExprPtr m_poFilter{};

    std::unique_ptr<Selection> m_poSelection{}; /* of m_poReader */
    std::unique_ptr<Reader> m_poReader{};
    std::unique_ptr<FeatureBuilder> m_poBuilder{};
    unsigned m_nBoundBatch = 0;
    bool m_bLocalFilter = false;
    bool m_bEOF = false;
    bool m_bStartFailed = false; /* while the next read has not said so */
    GIntBig m_nDelivered = 0;
    cc_error m_sError{}; /* of the description, else of the read */

    std::shared_ptr<Layer *> m_poSelf; /* for streams that outlive the layer */
};

}  // namespace cartoconn

#endif
