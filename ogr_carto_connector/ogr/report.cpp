/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <cpl_error.h>
#include <cpl_string.h>

#include <string>

namespace cartoconn
{

static void Debug(void *, const char *pszMessage)
{
    CPLDebug("CARTOCONN", "%s", pszMessage);
}

cc_host DebugHost(const cc_secrets *psSecrets)
{
    return {Debug, nullptr, psSecrets};
}

static CPLErrorNum ErrorNumber(cc_stage eStage)
{
    switch (eStage)
    {
        case CC_STAGE_PARAMETER:
            return CPLE_IllegalArg;
        case CC_STAGE_RESOLVE:
        case CC_STAGE_CONNECT:
        case CC_STAGE_TLS:
        case CC_STAGE_LOGIN:
            return CPLE_OpenFailed;
        case CC_STAGE_UNSUPPORTED:
            return CPLE_NotSupported;
        case CC_STAGE_CANCELLED:
            return CPLE_UserInterrupt;
        default:
            return CPLE_AppDefined;
    }
}

/* "query failed", or what stands for itself. */
static std::string What(cc_stage eStage)
{
    std::string osStage = cc_stage_name(eStage);
    switch (eStage)
    {
        case CC_STAGE_CANCELLED:
        case CC_STAGE_LIMIT:
        case CC_STAGE_TIMEOUT:
        case CC_STAGE_UNSUPPORTED:
            return osStage;
        case CC_STAGE_INTERNAL:
            return osStage + " error";
        default:
            return osStage + " failed";
    }
}

void ReportError(const cc_connector *psConnector, const cc_error &sError)
{
    const char *pszWho = psConnector ? psConnector->info->label : "CARTOCONN";
    const CPLErrorNum nNumber = ErrorNumber(sError.stage);
    if (sError.stage == CC_STAGE_PARAMETER)
        CPLError(CE_Failure, nNumber, "CARTOCONN: %s", sError.message);
    else if (sError.code[0] != '\0')
        CPLError(CE_Failure, nNumber, "%s, %s (%s): %s", pszWho,
                 What(sError.stage).c_str(), sError.code, sError.message);
    else
        CPLError(CE_Failure, nNumber, "%s, %s: %s", pszWho,
                 What(sError.stage).c_str(), sError.message);
}

void ReportWarnings(const char *pszLines)
{
    const CPLStringList aosLines(CSLTokenizeString2(pszLines, "\n", 0));
    for (int i = 0; i < aosLines.size(); i++)
        CPLError(CE_Warning, CPLE_AppDefined, "CARTOCONN: %s", aosLines[i]);
}

void AddMetadata(GDALMajorObject &oObject, const char *pszLines)
{
    const CPLStringList aosItems(CSLTokenizeString2(pszLines, "\n", 0));
    for (int i = 0; i < aosItems.size(); i++)
    {
        const std::string osItem(aosItems[i]);
        const size_t nEquals = osItem.find('=');
        if (nEquals != std::string::npos)
            oObject.SetMetadataItem(osItem.substr(0, nEquals).c_str(),
                                    osItem.substr(nEquals + 1).c_str());
    }
}

}  // namespace cartoconn
