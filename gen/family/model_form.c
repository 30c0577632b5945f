#include "family/model_form.h"

#include <stdio.h>

void model_request_of(model_request *out, const nn_model *m)
{
    const options *o = &m->family->options;
    onnx_property *p = out->properties;
    size_t n = 0;
    (void)snprintf(out->seed, sizeof out->seed, "%llu", (unsigned long long)m->seed);
    (void)snprintf(out->index, sizeof out->index, "%llu", (unsigned long long)m->index);
    (void)snprintf(out->variant, sizeof out->variant, "%llu", (unsigned long long)m->variant);
    p[n++] = (onnx_property){"nngen.version", NNGEN_VERSION};
    if (m->taped.changed) { /* seed and index would lead to another model */
        p[n++] = (onnx_property){"nngen.tape", m->taped.digest};
    } else {
        p[n++] = (onnx_property){"nngen.seed", out->seed};
        p[n++] = (onnx_property){"nngen.index", out->index};
    }
    p[n++] = (onnx_property){"nngen.options", m->family->description};
    p[n++] = (onnx_property){"nngen.profile", o->profile};
    p[n++] = (onnx_property){"nngen.table_digest", m->family->digest};
    if (m->variant > 0)
        p[n++] = (onnx_property){"nngen.variant", out->variant};
    out->onnx = (onnx_request){.opset = (int)o->opset,
                               .name = m->name,
                               .properties = p,
                               .n_properties = n,
                               .seed = m->seed,
                               .index = m->index,
                               .modes = &m->family->modes,
                               .worlds = m->n_views};
}

nn_status model_form(nn_model *m, const graph *g, nn_error *err)
{
    const nn_family *f = m->family;
    const bool copies = f->options.variants > 1;
    m->formed = (form_result){.model = NULL};
    if (!f->forms.on || (copies && m->variant == 0))
        return NN_OK;
    model_request *q = arena_alloc(&m->mem, sizeof *q);
    if (q == NULL)
        return nn_nomem(err);
    model_request_of(q, m);
    m->wanted = (form_request){.rules = f->form_rules,
                               .choice = &f->forms,
                               .variant = m->variant,
                               .copies = copies,
                               .g = g,
                               .names = &m->names,
                               .onnx = &q->onnx};
    nn_status s = form_make(&m->formed, &m->wanted, &m->mem, err);
    if (s == NN_OK)
        m->names = m->formed.names;
    else
        m->formed.model = NULL;
    return s;
}

const graph *model_plain(const nn_model *m)
{
    return m->plain;
}

bool model_structure(nn_model *m, uint8_t out[STRUCTURE_SIZE])
{
    if (!structure_of(m->plain, &m->mem, out))
        return false;
    if (m->formed.model != NULL)
        form_structure(m->formed.model, out);
    return true;
}

size_t nn_model_externals(const nn_model *m)
{
    return m != NULL && m->graph != NULL && m->formed.model != NULL ? form_files(m->formed.model) : 0;
}

nn_status nn_model_external(nn_model *m, size_t i, const char **name, const void **bytes, size_t *size, nn_error *err)
{
    const char *unused;
    if (bytes == NULL || size == NULL)
        return nn_no_result(err);
    if (i >= nn_model_externals(m))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "external file %zu: the model has %zu, counted from 0", i,
                       nn_model_externals(m));
    form_file_at(m->formed.model, i, name != NULL ? name : &unused, bytes, size);
    return NN_OK;
}
