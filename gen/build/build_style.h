/* The style of a graph. */
#ifndef NN_BUILD_STYLE_H
#define NN_BUILD_STYLE_H

#include "build/build_int.h"

/* Draws b->style and b->limit. Draws of 0 give a chain with one input and one output. */
void build_style_draw(builder *b);

#endif
