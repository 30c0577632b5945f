/* Changes that leave what a model computes as it is, to the bit. */
#ifndef NN_FORM_NEUTRAL_H
#define NN_FORM_NEUTRAL_H

#include "form/form_graph.h"

void form_neutral_steps(form_model *m); /* operators that together change nothing */
void form_neutral_end(form_model *m);   /* another order, more outputs: after all other forms but the names */

#endif
