/* SPDX-License-Identifier: MIT */
#ifndef CARTOCONN_FILTER_H
#define CARTOCONN_FILTER_H

#include "gdal_compat.h"

#include "sql/filter.h"

#include <memory>
#include <vector>

namespace cartoconn
{

struct ExprDeleter
{
    void operator()(cc_expr *psExpr) const
    {
        cc_expr_free(psExpr);
    }
};

using ExprPtr = std::unique_ptr<cc_expr, ExprDeleter>;

/*
 * OGR's parsed attribute filter as an expression of the core's. What has no
 * counterpart there (functions, arithmetic, special fields) becomes
 * CC_OP_OTHER, which selects "perhaps". anColumnOfField maps OGR fields to
 * schema columns; nKeyColumn stands for FID, or SIZE_MAX.
 */
ExprPtr TranslateFilter(const swq_expr_node *poNode,
                        const std::vector<size_t> &anColumnOfField,
                        size_t nKeyColumn);

}  // namespace cartoconn

#endif
