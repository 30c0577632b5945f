#include "reduce/reduce_step.h"

/* In this order, again and again until none succeeds. Large cuts come first, because each makes all later ones cheaper. */
const reduce_step reduce_steps[] = {
    {"outputs and what they need", STEP_SOUND, false, step_count_outputs, step_cut_outputs},
    {"nodes", STEP_SOUND, false, step_count_nodes, step_nodes},
    {"nodes, for constants", STEP_SOUND, false, step_count_nodes, step_nodes_constant},
    {"bypass of nodes", STEP_SOUND, false, step_count_nodes, step_bypass},
    {"outputs", STEP_SOUND, false, step_count_outputs, step_leave_outputs},
    {"unused inputs", STEP_SOUND, false, step_count_inputs, step_unused_inputs},
    {"unused initializers", STEP_SOUND, false, step_count_initializers, step_unused_initializers},
    {"unused functions", STEP_SOUND, false, step_count_functions, step_functions},
    {"unused imports", STEP_SOUND, false, step_count_imports, step_imports},
    {"shapes of tensors inside", STEP_SOUND, false, step_count_infos, step_infos},
    {"metadata", STEP_SOUND, false, step_count_metadata, step_metadata},
    {"texts", STEP_SOUND, false, step_count_one, step_texts},
    {"optional operands", STEP_JUDGED, false, step_count_operands, step_operands},
    {"attributes", STEP_JUDGED, false, step_count_attributes, step_attributes},
    {"dimensions to 1", STEP_JUDGED, false, step_count_dims, step_dims_one},
    {"dimensions to 2", STEP_JUDGED, false, step_count_dims, step_dims_two},
    {"dimensions to half", STEP_JUDGED, false, step_count_dims, step_dims_half},
    {"attributes to 0", STEP_INVALID, false, step_count_attributes, step_attributes_zero},
    {"attributes to 1", STEP_INVALID, false, step_count_attributes, step_attributes_one},
    {"values to 0", STEP_VALUES, false, step_count_values, step_zeros},
    {"values to 1", STEP_VALUES, false, step_count_values, step_ones},
    {"values to integers", STEP_VALUES, false, step_count_values, step_whole},
    {"values to one decimal", STEP_VALUES, false, step_count_values, step_short},
    {"names", STEP_SOUND, true, step_count_one, step_names},
};
const size_t reduce_n_steps = sizeof reduce_steps / sizeof reduce_steps[0];
