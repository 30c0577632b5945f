#include "build/build_refuse.h"

const char *build_reason_text(build_reason r)
{
    static const char *const texts[] = {
#define X(id, text) text,
        BUILD_REASONS(X)
#undef X
    };
    return texts[r - WHY_COUNT_];
}

lower_result build_refuse(builder *b, build_reason r, const op_model *op, int input)
{
    b->refused = (lower_why){.reason = (int)r, .text = build_reason_text(r), .op = op};
    if (input >= 0) {
        b->refused.section = AT_IN;
        b->refused.name = op->inputs[input].name;
    }
    return LOWER_FAIL;
}

lower_result build_refuse_fault(builder *b, const op_model *op, const char *fault)
{
    b->refused = (lower_why){.reason = BUILD_FAULT, .text = fault, .op = op};
    return LOWER_FAIL;
}
