#include "corpus/motif_missing.h"

#include <stdio.h>

#define ALL_LEVELS ((1u << MOTIF_LEVELS) - 1)

bool motif_missing_known(const nn_family *f)
{
    return f->motifs.on && (f->motifs.cover != NULL || f->motifs.named);
}

/* Why the family cannot have it; NULL: it could. */
static const char *obstacle(const nn_family *f, size_t k)
{
    return motif_cover_reason(f->motifs.cover, f->motifs.set, f->motifs.allowed[k], (size_t)f->options.nodes);
}

bool motif_missing_at(const nn_family *f, const stats *s, size_t k, motif_missing *out)
{
    const size_t motif = f->motifs.allowed[k];
    *out = (motif_missing){.name = motif_name(f->motifs.set, motif), .reason = obstacle(f, k)};
    for (size_t level = 0; level < MOTIF_LEVELS; level++)
        out->levels |= s->motifs[motif * MOTIF_LEVELS + level] == 0 ? 1u << level : 0;
    if (out->reason == NULL)
        out->reason = s->models < options_all(&f->options) ? "the run was stopped early"
                      : !motif_cover_fits(f->motifs.set, f->motifs.allowed[k], (size_t)f->options.nodes)
                          ? "no place for it was found; models of more nodes have more room"
                          : "no place for it was found";
    return f->motifs.cover != NULL ? out->levels != 0 : out->levels == ALL_LEVELS;
}

void motif_missing_tell(const nn_family *f, const stats *s, bool part, nn_missing_motif_fn *tell, void *data)
{
    for (size_t k = 0; tell != NULL && motif_missing_known(f) && k < f->motifs.n_allowed; k++) {
        motif_missing m;
        char levels[80] = "";
        if (!motif_missing_at(f, s, k, &m) || (part && obstacle(f, k) == NULL))
            continue;
        for (size_t level = 0, at = 0; level < MOTIF_LEVELS; level++)
            if (m.levels >> level & 1)
                at += (size_t)snprintf(levels + at, sizeof levels - at, "%s%s", at > 0 ? ", " : "",
                                       motif_level_word((motif_level)level));
        tell(data, m.name, m.levels == ALL_LEVELS ? NULL : levels, m.reason);
    }
}
