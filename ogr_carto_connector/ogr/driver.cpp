/* SPDX-License-Identifier: MIT */
/*
 * Registration, and the way from what GDAL was asked to open to a connector.
 */
#include "dataset.h"
#include "report.h"

#include <gdal_priv.h>

#include <string>

extern "C"
{
CPL_DLL void RegisterOGRCARTOCONN(void);
CPL_DLL void GDALRegisterMe(void);
}

namespace cartoconn
{

constexpr const char *PREFIX = "CARTOCONN:";
constexpr GIntBig MAX_JSON_SIZE = 16777216; /* 16 MiB */

/************************************************************************/
/*                              Identify()                              */
/************************************************************************/

static int Identify(GDALOpenInfo *poOpenInfo)
{
    return STARTS_WITH_CI(poOpenInfo->pszFilename, PREFIX);
}

/************************************************************************/
/*                              ReadFile()                              */
/************************************************************************/

/* malloc'ed, as the core frees it. */
static char *ReadFile(void *, const char *pszName)
{
    GByte *pabyData = nullptr;
    vsi_l_offset nSize = 0;
    CPLErrorHandlerPusher oQuiet(CPLQuietErrorHandler);
    CPLErrorStateBackuper oBackup;
    if (!VSIIngestFile(nullptr, pszName, &pabyData, &nSize, MAX_JSON_SIZE))
        return nullptr;
    char *pszCopy = static_cast<char *>(malloc(static_cast<size_t>(nSize) + 1));
    if (pszCopy)
        memcpy(pszCopy, pabyData, static_cast<size_t>(nSize) + 1);
    VSIFree(pabyData);
    return pszCopy;
}

static const char *OpenOption(void *pContext, const char *pszName)
{
    return CSLFetchNameValue(
        static_cast<GDALOpenInfo *>(pContext)->papszOpenOptions, pszName);
}

static const char *ConfigOption(void *, const char *pszName)
{
    return CPLGetConfigOption(pszName, nullptr);
}

/************************************************************************/
/*                         ConnectorText()                              */
/************************************************************************/

/* The CONNECTOR option, what follows the prefix, or CARTOCONN_CONNECTOR. */
static std::string ConnectorText(GDALOpenInfo *poOpenInfo)
{
    if (const char *pszOption = OpenOption(poOpenInfo, "CONNECTOR"))
        return pszOption;
    const char *pszRest = poOpenInfo->pszFilename + strlen(PREFIX);
    if (pszRest[0] != '\0')
        return pszRest;
    return CPLGetConfigOption("CARTOCONN_CONNECTOR", "");
}

static bool IsInlineJSON(const std::string &osText)
{
    const size_t nFirst = osText.find_first_not_of(" \t\r\n");
    return nFirst != std::string::npos && osText[nFirst] == '{';
}

static const char *WhyUnreadable(const std::string &osName)
{
    VSIStatBufL sStat;
    if (VSIStatL(osName.c_str(), &sStat) != 0)
        return "there is no such file";
    if (VSI_ISDIR(sStat.st_mode))
        return "it is a folder";
    return static_cast<GIntBig>(sStat.st_size) > MAX_JSON_SIZE
               ? "it is larger than 16 MiB"
               : "check its permissions";
}

/************************************************************************/
/*                           NewConnector()                             */
/************************************************************************/

static cc_connector *NewConnector(GDALOpenInfo *poOpenInfo)
{
    const std::string osText = ConnectorText(poOpenInfo);
    cc_connector_input sInput{};
    sInput.option = OpenOption;
    sInput.config = ConfigOption;
    sInput.read_file = ReadFile;
    sInput.context = poOpenInfo;

    char *pszFile = nullptr;
    if (IsInlineJSON(osText))
        sInput.json = osText.c_str();
    else if (!osText.empty())
    {
        pszFile = ReadFile(nullptr, osText.c_str());
        if (!pszFile)
        {
            CPLError(CE_Failure, CPLE_OpenFailed,
                     "CARTOCONN: cannot read the connector file \"%s\": %s",
                     osText.c_str(), WhyUnreadable(osText));
            return nullptr;
        }
        sInput.json = pszFile;
        sInput.json_name = osText.c_str();
    }

    cc_connector *psConnector = nullptr;
    Error oError;
    if (cc_connector_new(&sInput, &psConnector, oError) != 0)
        oError.Report();
    free(pszFile);
    return psConnector;
}

/************************************************************************/
/*                                Open()                                */
/************************************************************************/

static GDALDataset *Open(GDALOpenInfo *poOpenInfo)
{
    if (!Identify(poOpenInfo))
        return nullptr;
    if (poOpenInfo->eAccess == GA_Update)
    {
        CPLError(CE_Failure, CPLE_NotSupported,
                 "CARTOCONN: the driver reads only; open without update "
                 "access, and write with ogr2ogr into another dataset");
        return nullptr;
    }
    cc_connector *psConnector = NewConnector(poOpenInfo);
    if (!psConnector)
        return nullptr;
    auto poDS = std::make_unique<Dataset>(psConnector);
    char *pszDescription =
        cc_connector_description(psConnector, poOpenInfo->pszFilename);
    poDS->SetDescription(pszDescription ? pszDescription : PREFIX);
    free(pszDescription);
    if (!poDS->Open())
        return nullptr;
    return poDS.release();
}

/************************************************************************/
/*                              Register()                              */
/************************************************************************/

static void SetMetadata(GDALDriver &oDriver)
{
    oDriver.SetDescription("CARTOCONN");
    oDriver.SetMetadataItem(GDAL_DMD_LONGNAME, "CARTO database connectors");
    oDriver.SetMetadataItem(GDAL_DMD_CONNECTION_PREFIX, PREFIX);
    for (const char *pszCapability : {
             GDAL_DCAP_OPEN,
             GDAL_DCAP_VECTOR,
#ifdef GDAL_DCAP_MULTIPLE_VECTOR_LAYERS
             GDAL_DCAP_MULTIPLE_VECTOR_LAYERS,
#endif
#ifdef GDAL_DCAP_CURVE_GEOMETRIES
             GDAL_DCAP_CURVE_GEOMETRIES,
#endif
#ifdef GDAL_DCAP_MEASURED_GEOMETRIES
             GDAL_DCAP_MEASURED_GEOMETRIES,
#endif
#ifdef GDAL_DCAP_Z_GEOMETRIES
             GDAL_DCAP_Z_GEOMETRIES,
#endif
         })
        oDriver.SetMetadataItem(pszCapability, "YES");
#ifdef GDAL_DMD_SUPPORTED_SQL_DIALECTS
    oDriver.SetMetadataItem(GDAL_DMD_SUPPORTED_SQL_DIALECTS,
                            "NATIVE OGRSQL SQLITE");
#endif
    Text osOptions;
    if (cc_parameters_xml(osOptions) == 0)
        oDriver.SetMetadataItem(GDAL_DMD_OPENOPTIONLIST, osOptions.c_str());
}

static void Register()
{
    if (!GDAL_CHECK_VERSION("CARTOCONN driver"))
        return;
    if (GDALGetDriverByName("CARTOCONN") != nullptr)
        return;
    auto poDriver = std::make_unique<GDALDriver>();
    SetMetadata(*poDriver);
    poDriver->pfnIdentify = Identify;
    poDriver->pfnOpen = Open;
    GetGDALDriverManager()->RegisterDriver(poDriver.release());
}

}  // namespace cartoconn

/* The entry point GDAL looks up in ogr_CARTOCONN.so. */
void RegisterOGRCARTOCONN(void)
{
    cartoconn::Register();
}

/* And the one it falls back to. */
void GDALRegisterMe(void)
{
    cartoconn::Register();
}
