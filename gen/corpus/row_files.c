#include "corpus/row_files.h"
#include "write/input_mode.h"

static size_t external_files(const manifest_row *row)
{
    for (long n = 0;; n++)
        if (manifest_row_digest(row, model_file_of(MODEL_EXTERNAL, -1, n).name) == NULL)
            return (size_t)n;
}

row_files row_files_of(const options *o, const manifest_row *row)
{
    unsigned formats = 0;
    (void)input_formats_parse(&formats, o->input_format, NULL);
    return (row_files){.sets = (formats & INPUT_PB) != 0 ? (size_t)o->inputs * manifest_row_worlds(row) : 0,
                       .inputs = manifest_row_inputs(row),
                       .outputs = o->outputs != 0 ? manifest_row_outputs(row) : 0,
                       .npz = (formats & INPUT_NPZ) != 0 && o->inputs > 0,
                       .external = external_files(row),
                       .expected = o->outputs != 0};
}

bool row_files_have(const row_files *f, const char *path, model_file *file)
{
    if (!model_file_parse(file, path))
        return false;
    switch (file->kind) {
    case MODEL_ONNX:
        return true;
    case MODEL_EXTERNAL:
        return (size_t)file->index < f->external;
    case MODEL_INPUTS:
        return f->npz;
    case MODEL_DATA:
    case MODEL_CONFIG:
        return f->sets > 0 && f->expected;
    case MODEL_OUTPUTS:
    case MODEL_BOUNDS:
        return f->npz && f->expected;
    case MODEL_INPUT:
        return (size_t)file->set < f->sets && (size_t)file->index < f->inputs;
    case MODEL_OUTPUT:
    case MODEL_BOUND:
        return (size_t)file->set < f->sets && (size_t)file->index < f->outputs;
    }
    return false;
}

size_t row_files_count(const row_files *f)
{
    return 1 + f->external + f->sets * (f->inputs + 2 * f->outputs) + (f->npz ? (f->expected ? 3 : 1) : 0) +
           (f->sets > 0 && f->expected ? 2 : 0);
}
