/* The values of a graph while it is computed, and the limits of one run.
 *
 * Ownership: a frame holds values; what one node makes lives in a home, which is freed when nothing holds a value of it. A value
 * may be held by several frames: a graph inside a node holds what it takes from around it. */
#ifndef NN_EVAL_FRAME_H
#define NN_EVAL_FRAME_H

#include "eval/eval_run.h"

nn_status eval_home_open(eval_home **out, nn_error *err); /* with one holder: whoever fills it */
void eval_home_leave(eval_run *r, eval_home *home);       /* NULL: nothing */
/* Counts the elements of a tensor in the home. NN_ERR_BUILD: the limit of memory is reached. */
nn_status eval_home_count(eval_run *r, eval_home *home, size_t elements, const char *what, nn_error *err);

/* Holds a tensor of the home. */
void eval_value_hold(eval_value *v, const ref_tensor *t, eval_home *home);
void eval_value_share(eval_run *r, eval_value *to, const eval_value *from);
void eval_value_forget(eval_run *r, eval_value *v);

/* outer: the frame of the graph around, whose values are taken; NULL: there is none. After a failure there is nothing to close. */
nn_status eval_frame_open(eval_run *r, eval_frame *f, const eval_graph *g, const eval_frame *outer, nn_error *err);
void eval_frame_close(eval_run *r, eval_frame *f);
/* Forgets all but constants and what was taken from around, for another run. */
void eval_frame_again(eval_run *r, eval_frame *f);

/* Reads an initializer, unless it is known. */
nn_status eval_frame_need(eval_run *r, eval_frame *f, int64_t tensor, nn_error *err);
/* Computes the outputs of a graph inside a node, whose inputs are set. */
nn_status eval_frame_compute(eval_run *r, eval_frame *f, nn_error *err);

/* eval_body.c: computes the outputs of a node that holds graphs, in as many values, which are empty before. */
nn_status eval_body_node(eval_run *r, const eval_frame *f, const eval_node *n, eval_value *outputs, nn_error *err);

/* Nothing is known of what a node makes, for a reason: tells it and counts it. */
void eval_run_problem(eval_run *r, const char *what);

#endif
