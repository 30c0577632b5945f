/* The kinds of change that make a model smaller. A kind is a list of items, such as the nodes; a candidate applies the change to
 * some of them.
 *
 * Items are numbered in the base, so that sets of items can be joined while the base stays. */
#ifndef NN_REDUCE_STEP_H
#define NN_REDUCE_STEP_H

#include "reduce/reduce_edit.h"

typedef enum {
    STEP_SOUND,  /* the result is valid by its structure */
    STEP_VALUES, /* only numbers change; they are judged where the model can be evaluated */
    STEP_TAPE,   /* the tape changes, and with it the model, which is valid */
    STEP_JUDGED  /* the result may break a rule of an operator; done only where the model can be evaluated, or on request */
} step_kind;

typedef struct {
    const char *name;
    step_kind kind;
    bool last; /* only after all others are done */
    size_t (*count)(const reduce_base *);
    bool (*apply)(reduce_edit *, const bool *chosen); /* false: out of memory */
} reduce_step;

extern const reduce_step reduce_steps[];
extern const size_t reduce_n_steps;

/* reduce_graph_steps.c */
size_t step_count_outputs(const reduce_base *b);
bool step_cut_outputs(reduce_edit *e, const bool *chosen);   /* with the nodes that only they need */
bool step_leave_outputs(reduce_edit *e, const bool *chosen); /* the nodes stay */
size_t step_count_nodes(const reduce_base *b);
bool step_nodes(reduce_edit *e, const bool *chosen);
bool step_nodes_constant(reduce_edit *e, const bool *chosen);
bool step_bypass(reduce_edit *e, const bool *chosen);
size_t step_count_inputs(const reduce_base *b);
bool step_unused_inputs(reduce_edit *e, const bool *chosen);
size_t step_count_initializers(const reduce_base *b);
bool step_unused_initializers(reduce_edit *e, const bool *chosen);
/* reduce_detail_steps.c */
size_t step_count_functions(const reduce_base *b);
bool step_functions(reduce_edit *e, const bool *chosen);
size_t step_count_imports(const reduce_base *b);
bool step_imports(reduce_edit *e, const bool *chosen);
size_t step_count_infos(const reduce_base *b);
bool step_infos(reduce_edit *e, const bool *chosen);
size_t step_count_metadata(const reduce_base *b);
bool step_metadata(reduce_edit *e, const bool *chosen);
/* reduce_node_steps.c */
size_t step_count_attributes(const reduce_base *b);
bool step_attributes(reduce_edit *e, const bool *chosen);
bool step_attributes_zero(reduce_edit *e, const bool *chosen);
bool step_attributes_one(reduce_edit *e, const bool *chosen);
size_t step_count_operands(const reduce_base *b);
bool step_operands(reduce_edit *e, const bool *chosen);
/* reduce_text_steps.c */
size_t step_count_texts(const reduce_base *b);
bool step_texts(reduce_edit *e, const bool *chosen);
size_t step_count_names(const reduce_base *b);
bool step_names(reduce_edit *e, const bool *chosen);
/* reduce_type_steps.c */
size_t step_count_types(const reduce_base *b);
bool step_types(reduce_edit *e, const bool *chosen);
bool step_first_dims(reduce_edit *e, const bool *chosen);
bool step_last_dims(reduce_edit *e, const bool *chosen);
/* reduce_body_steps.c */
size_t step_count_inlined(const reduce_base *b);
bool step_inlined(reduce_edit *e, const bool *chosen);
size_t step_count_inner(const reduce_base *b);
bool step_inner(reduce_edit *e, const bool *chosen);
bool step_inner_constant(reduce_edit *e, const bool *chosen);
bool step_inner_bypass(reduce_edit *e, const bool *chosen);
size_t step_count_sites(const reduce_base *b);
bool step_inner_results(reduce_edit *e, const bool *chosen);
bool step_inner_initializers(reduce_edit *e, const bool *chosen); /* and stated types */
/* reduce_value_steps.c */
size_t step_count_values(const reduce_base *b);
bool step_zeros(reduce_edit *e, const bool *chosen);
bool step_ones(reduce_edit *e, const bool *chosen);
bool step_whole(reduce_edit *e, const bool *chosen);
bool step_short(reduce_edit *e, const bool *chosen);
size_t step_count_dims(const reduce_base *b);
bool step_dims_one(reduce_edit *e, const bool *chosen);
bool step_dims_two(reduce_edit *e, const bool *chosen);
bool step_dims_half(reduce_edit *e, const bool *chosen);

#endif
