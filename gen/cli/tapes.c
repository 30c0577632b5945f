#include "cli/tapes.h"
#include "base/file_read.h"
#include "corpus/replay.h"
#include "corpus/seeds.h"

#include <stdio.h>
#include <string.h>

#define MOST_TAPE (64 << 20) /* bytes of a tape */
#define PATIENCE 10          /* seconds without data from a pipe */

nn_status tapes_write_model(json_line *out, const options *o, const nn_family *family, nn_error *err)
{
    file_bytes file = {.bytes = NULL};
    nn_model *model = NULL;
    nn_status s = stream_read(&file, o->tape, MOST_TAPE, PATIENCE, err);
    if (s == NN_OK)
        s = nn_model_build_bytes(&model, family, file.bytes, file.n, err);
    if (s == NN_OK && !o->dry_run)
        s = nn_model_write(model, o->out, err);
    if (s == NN_OK && !o->quiet) {
        char text[96];
        (void)snprintf(text, sizeof text, "%s: %zu node%s\n", nn_model_name(model), nn_model_nodes(model),
                       nn_model_nodes(model) == 1 ? "" : "s");
        line_raw(out, text);
    }
    nn_model_free(model);
    file_bytes_free(&file);
    return s;
}

nn_status tapes_write_seeds(json_line *out, const options *o, const nn_table *table, nn_error *err)
{
    seeds_report r;
    const seeds_config c = {.out = o->out,
                            .family = family_of_options(o),
                            .max_bytes = (uint64_t)o->max_bytes,
                            .runtimes = strcmp(o->purpose, "runtimes") == 0,
                            .force = o->force != 0};
    nn_status s = seeds_write(table, &c, &r, err);
    if (s == NN_OK && !o->quiet) {
        char text[160];
        (void)snprintf(text, sizeof text, "%llu models and their tapes, %.1f kB; %llu larger than %lld bytes left out\n",
                       (unsigned long long)r.models, (double)r.bytes / 1000, (unsigned long long)r.large, (long long)o->max_bytes);
        line_raw(out, text);
    }
    return s;
}
