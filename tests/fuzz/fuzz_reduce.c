/* Any bytes as a model to reduce: every step is applied to half of its items, and to all. What it makes must be a model again.
 * Bodies and functions are evaluated with invented inputs, so that their tensors are known. */
#include "reduce/reduce_python.h"
#include "reduce/reduce_step.h"
#include "reduce/reduce_text.h"

#include <stdlib.h>

enum { ITEMS = 4096 };
enum { WORK = 20000, LARGE = 6000 };
static const reduce_limits none = {.max_work = 0};

/* Applies a step to items first, first + by, ... */
static void apply(const reduce_base *b, const reduce_step *step, size_t first, size_t by)
{
    static bool chosen[ITEMS + 1];
    reduce_case c = {.inputs = NULL};
    reduce_base next;
    reduce_edit e;
    nn_error err;
    size_t n = step->count(b);
    if (n > ITEMS || reduce_edit_open(&e, b, &err) != NN_OK)
        return;
    for (size_t i = 0; i < n; i++)
        chosen[i] = i % by == first;
    if (n > 0 && step->apply(&e, chosen) && reduce_edit_finish(&e, &c, &err) == NN_OK && e.good) {
        if (reduce_base_open(&next, &c, b, &none, "candidate", &err) != NN_OK)
            abort();
        reduce_base_close(&next);
    }
    reduce_case_free(&c);
    reduce_edit_close(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reduce_case c = {.model = {malloc(size + 1), size}};
    reduce_base b;
    nn_error err;
    json_line text = {.bytes = NULL};
    for (size_t i = 0; i < size; i++)
        c.model.bytes[i] = data[i];
    static nn_eval *table; /* of the first opset that comes, so that it is read once */
    const nn_eval_config partial = {.partial = 1};
    if (table == NULL && nn_eval_open(&table, data, size, &partial, &err) != NN_OK)
        table = NULL;
    const reduce_limits limits = {.max_work = table != NULL && size < LARGE ? WORK : 0, .table = table};
    if (reduce_base_open(&b, &c, NULL, &limits, "model", &err) != NN_OK)
        return 0;
    for (size_t i = 0; i < reduce_n_steps; i++) {
        apply(&b, &reduce_steps[i], 0, 1);
        apply(&b, &reduce_steps[i], 1, 2);
    }
    (void)reduce_text(&text, &b.from, &err);
    (void)reduce_python(&text, &b.from, &err);
    nn_free(text.bytes);
    reduce_base_close(&b);
    return 0;
}
