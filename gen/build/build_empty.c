#include "build/build_empty.h"

void build_allow_empty(builder *b)
{
    enum { UNTIL_FIRST = 900 };
    const bool first = b->s.empty == 0 && b->s.n_nodes >= b->style.empty_from;
    if (b->limits.empty > 0)
        lower_set_empty(b->lower, first && b->limits.empty < UNTIL_FIRST ? UNTIL_FIRST : b->limits.empty);
}
