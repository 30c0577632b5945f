#include "eval/eval_bind.h"
#include "form/form_rules.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_parse.h"
#include "table/opset.h"
#include "table/spec_packed.h"

#include <string.h>

/* ---- the table ---- */

static nn_status load_table(const eval_source *from, eval_table *t, nn_error *err)
{
    bool own = from->files != NULL;
    nn_status s = op_set_new_typed(&t->ops, own ? from->files : spec_embedded, own ? from->n_files : spec_embedded_count, NULL,
                                   t->opset, UINT32_MAX, err);
    if (s == NN_OK)
        s = ref_table_new(&t->rules, t->ops, own ? from->compute : spec_embedded_compute,
                          own ? from->n_compute : spec_embedded_compute_count, err);
    return s == NN_OK ? ref_table_add_shapes(t->rules, err) : s;
}

nn_status eval_bind_table(eval_binding *b, int64_t version, const eval_table **out)
{
    eval_model *m = b->m;
    const eval_model *like = b->from->like;
    for (size_t i = 0; i < m->n_tables; i++)
        if (m->tables[i].opset == version) {
            *out = &m->tables[i];
            return NN_OK;
        }
    if (version < OPSET_MIN || version > OPSET_MAX)
        return nn_fail(b->err, NN_ERR_UNSUPPORTED, b->shown, 0, 0, "%s opset %lld; the table has %d to %d",
                       version == 0 ? "states no opset, or" : "uses", (long long)version, OPSET_MIN, OPSET_MAX);
    if (m->n_tables == EVAL_TABLES)
        return nn_fail(b->err, NN_ERR_UNSUPPORTED, b->shown, 0, 0, "uses more than %d opsets of standard operators", EVAL_TABLES);
    eval_table *t = &m->tables[m->n_tables++];
    *out = t;
    for (size_t i = 0; like != NULL && i < like->n_tables; i++)
        if (like->tables[i].opset == version) {
            *t = like->tables[i];
            t->borrowed = true;
            return NN_OK;
        }
    *t = (eval_table){.opset = (int)version};
    return load_table(b->from, t, b->err);
}

nn_status eval_bind_words(eval_binding *b)
{
    eval_model *m = b->m;
    const eval_source *from = b->from;
    form_rules *rules;
    if (m->words == NULL && from->like != NULL)
        m->words = from->like->words;
    if (m->words != NULL)
        return NN_OK;
    bool own = from->forms != NULL;
    nn_status s = form_rules_load(&rules, own ? from->forms : spec_embedded_forms, own ? from->n_forms : spec_embedded_forms_count,
                                  &m->memory, b->err);
    m->words = s == NN_OK ? rules : NULL;
    return s;
}

/* ---- models ---- */

static nn_status read_graph(eval_binding *b)
{
    const Onnx__ModelProto *file = b->m->file;
    eval_place place = {.path = ""};
    int64_t version = 0;
    for (size_t i = 0; i < file->n_opset_import; i++)
        if (eval_is_standard(file->opset_import[i]->domain))
            version = file->opset_import[i]->version;
    nn_status s = eval_bind_table(b, version, &place.table);
    return s == NN_OK ? eval_bind_graph(b, &b->m->main, file->graph, &place) : s;
}

nn_status eval_model_open(eval_model *m, const void *bytes, size_t n, const eval_source *from, const char *shown, nn_error *err)
{
    eval_binding b = {.m = m, .from = from, .shown = shown, .err = err};
    onnx_source source;
    onnx_scan_report report;
    *m = (eval_model){.limits = from->limits};
    arena_init(&m->memory, 0);
    onnx_source_bytes(&source, bytes, n);
    nn_status s = onnx_parse(&m->file, &report, &source, SIZE_MAX, shown, err);
    if (s == NN_OK)
        s = read_graph(&b);
    if (s != NN_OK)
        eval_model_close(m);
    return s;
}

void eval_model_close(eval_model *m)
{
    for (size_t i = 0; i < m->n_tables; i++) {
        if (m->tables[i].borrowed)
            continue;
        ref_table_free(m->tables[i].rules);
        op_set_free(m->tables[i].ops);
    }
    onnx_parse_free(m->file);
    arena_free(&m->memory);
    *m = (eval_model){.n_tables = 0};
}
