/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <ogr_p.h>

namespace cartoconn
{

static ExprPtr Column(int iField, const std::vector<size_t> &anColumnOfField,
                      size_t nKeyColumn)
{
    const size_t nFields = anColumnOfField.size();
    if (iField >= 0 && static_cast<size_t>(iField) < nFields)
        return ExprPtr(
            cc_expr_column(anColumnOfField[static_cast<size_t>(iField)]));
    if (iField == static_cast<int>(nFields) + SPF_FID && nKeyColumn != SIZE_MAX)
        return ExprPtr(cc_expr_column(nKeyColumn));
    return ExprPtr(cc_expr_new(CC_OP_OTHER));
}

static ExprPtr Constant(const swq_expr_node *poNode)
{
    if (poNode->is_null)
        return ExprPtr(cc_expr_new(CC_OP_NULL));
    switch (poNode->field_type)
    {
        case SWQ_INTEGER:
        case SWQ_INTEGER64:
        case SWQ_BOOLEAN:
            return ExprPtr(cc_expr_integer(poNode->int_value));
        case SWQ_FLOAT:
            return ExprPtr(cc_expr_real(poNode->float_value));
        case SWQ_STRING:
        case SWQ_DATE:
        case SWQ_TIME:
        case SWQ_TIMESTAMP:
            return ExprPtr(cc_expr_string(poNode->string_value));
        default:
            return ExprPtr(cc_expr_new(CC_OP_OTHER));
    }
}

static cc_operator Operator(int nOperation)
{
    switch (nOperation)
    {
        case SWQ_AND:
            return CC_OP_AND;
        case SWQ_OR:
            return CC_OP_OR;
        case SWQ_NOT:
            return CC_OP_NOT;
        case SWQ_EQ:
            return CC_OP_EQ;
        case SWQ_NE:
            return CC_OP_NE;
        case SWQ_LT:
            return CC_OP_LT;
        case SWQ_LE:
            return CC_OP_LE;
        case SWQ_GT:
            return CC_OP_GT;
        case SWQ_GE:
            return CC_OP_GE;
        case SWQ_LIKE:
            return CC_OP_LIKE;
        case SWQ_ILIKE:
            return CC_OP_ILIKE;
        case SWQ_IN:
            return CC_OP_IN;
        case SWQ_BETWEEN:
            return CC_OP_BETWEEN;
        case SWQ_ISNULL:
            return CC_OP_IS_NULL;
        default:
            return CC_OP_OTHER;
    }
}

ExprPtr TranslateFilter(const swq_expr_node *poNode,
                        const std::vector<size_t> &anColumnOfField,
                        size_t nKeyColumn)
{
    if (poNode->eNodeType == SNT_CONSTANT)
        return Constant(poNode);
    if (poNode->eNodeType == SNT_COLUMN)
        return Column(poNode->field_index, anColumnOfField, nKeyColumn);

    const cc_operator eOperator = Operator(poNode->nOperation);
    ExprPtr poExpr(cc_expr_new(eOperator));
    if (eOperator == CC_OP_OTHER)
        return poExpr;
    for (int i = 0; poExpr && i < poNode->nSubExprCount; i++)
    {
        ExprPtr poArg = TranslateFilter(poNode->papoSubExpr[i], anColumnOfField,
                                        nKeyColumn);
        if (cc_expr_add(poExpr.get(), poArg.release()) != 0)
            return nullptr;
    }
    return poExpr;
}

}  // namespace cartoconn
