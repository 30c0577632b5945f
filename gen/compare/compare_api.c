/* nn_compare: comparisons of files for programs. */
#include "compare/compare.h"

nn_status nn_compare(const char *expected, const char *actual, const nn_compare_config *config, nn_compare_report *report,
                     nn_error *err)
{
    const nn_compare_config own = {.limit = 20};
    const nn_compare_config *q = config != NULL ? config : &own;
    comparison c;
    if (report != NULL)
        *report = (nn_compare_report){0};
    if (expected == NULL || actual == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "two paths, of expected and actual outputs, were expected");
    const comparison_request request = {.tolerance = q->tolerance != 0,
                                        .atol = q->atol,
                                        .rtol = q->rtol,
                                        .limit = q->tell != NULL ? q->limit : 0,
                                        .bounds = q->bounds};
    nn_status s = comparison_run(&c, expected, actual, &request, err);
    const outside_list *l = &c.list;
    if (s == NN_OK && report != NULL)
        *report = (nn_compare_report){.outputs = l->outputs,
                                      .elements = l->elements,
                                      .outside = l->outside,
                                      .without_bound = l->unbounded,
                                      .worst = l->worst};
    for (size_t i = 0; s == NN_OK && i < l->n; i++) {
        const outside_element *e = &l->all[i];
        q->tell(q->data, &(nn_outside){.output = e->output,
                                       .set = e->set,
                                       .number = e->number,
                                       .rank = (size_t)e->rank,
                                       .index = e->index,
                                       .expected = e->expected,
                                       .bound = e->bound,
                                       .actual = e->actual,
                                       .ratio = e->ratio});
    }
    comparison_free(&c);
    return s;
}
