// Wrong changes within one expression.
#pragma once

#include "verify/ablate/changes.h"

#include <functional>

namespace cowcheck {

// Called while the expression is changed; it is as before afterwards.
using EmitExpression = std::function<void(ChangeKind kind)>;

// Everything in it: parts of `and` and `or`, comparisons, numbers, values, fields of records.
void change_within(ast::Expr& expr, const EmitExpression& emit);

// The same of what decides something: as a whole it is its opposite as well.
void change_condition(ast::Expr& expr, const EmitExpression& emit);

}  // namespace cowcheck
