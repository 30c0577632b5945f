/* Tables and families of the public API: checks of options, loading, planning. */
#include "family/family.h"
#include "family/dynamic_open.h"
#include "family/empty_open.h"
#include "family/type_list.h"
#include "base/nearest.h"
#include "lower/lower.h"
#include "rules/op_common.h"
#include "rules/op_inner.h"
#include "table/spec_digest.h"

#include <stdio.h>
#include <string.h>

const char *nn_version(void)
{
    return NNGEN_VERSION;
}

/* ---- tables ---- */

/* NAME of a path .../NAME.yaml. */
static const char *stem(const char *path, size_t *length)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path, *dot = strrchr(name, '.');
    *length = dot != NULL ? (size_t)(dot - name) : strlen(name);
    return name;
}

/* The profile onnx leaves the table unchanged, so it needs no file. */
static bool is_plain(const char *profile)
{
    return strcmp(profile, "onnx") == 0;
}

static nn_status embedded_profile(const spec_file **out, const char *name, nn_error *err)
{
    char known[200] = "onnx";
    for (size_t i = 0; i < spec_embedded_profiles_count; i++) {
        size_t length, n = strlen(known);
        const char *word = stem(spec_embedded_profiles[i].name, &length);
        *out = &spec_embedded_profiles[i];
        if (length == strlen(name) && strncmp(word, name, length) == 0)
            return NN_OK;
        if (length != strlen("onnx") || strncmp(word, "onnx", length) != 0)
            (void)snprintf(known + n, sizeof known - n, ", %.*s", (int)(length < 40 ? length : 40), word);
    }
    *out = NULL;
    return is_plain(name) ? NN_OK
                          : nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                                    "profile %.60s: expected %s; with --specs DIR also one of DIR/profiles", name, known);
}

typedef struct {
    const spec_file *files, *overlay; /* overlay: NULL if there is none */
    size_t n;
    const spec_file *manners;
    size_t n_manners;
    const spec_file *motifs;
    size_t n_motifs;
    const spec_file *compute; /* NULL: not asked for */
    size_t n_compute;
} sources;

#define MOST_BASES 8

/* Finds one profile: a file of the directory, or an embedded one. *out: NULL for the plain profile without a file. */
static nn_status find_profile(const spec_file **out, const char *dir, const char *name, arena *a, nn_error *err)
{
    *out = NULL;
    if (dir == NULL)
        return embedded_profile(out, name, err);
    const char *path = arena_printf(a, "%s/profiles/%s.yaml", dir, name);
    spec_file *file = arena_calloc(a, 1, sizeof *file);
    if (path == NULL || file == NULL)
        return nn_nomem(err);
    nn_status s = spec_read_file(file, path, a, err);
    *out = s == NN_OK ? file : NULL;
    return s == NN_ERR_IO && is_plain(name) ? NN_OK : s;
}

/* Sets `base` of a profile and of those that it extends, in copies. */
static nn_status link_bases(const spec_file **overlay, const char *dir, arena *a, nn_error *err)
{
    for (int depth = 0; *overlay != NULL; depth++) {
        spec_file *copy = arena_alloc(a, sizeof *copy);
        if (copy == NULL)
            return nn_nomem(err);
        *copy = **overlay;
        *overlay = copy;
        overlay = &copy->base;
        const char *name;
        spec_place place;
        nn_status s = spec_profile_extends(&name, &place, copy, a, err);
        if (s != NN_OK || name == NULL)
            return s;
        if (depth == MOST_BASES)
            return spec_error(err, place, "`extends`: more than %d profiles extend one another, or in a circle", MOST_BASES);
        nn_error reason;
        s = find_profile(overlay, dir, name, a, &reason);
        if (s == NN_ERR_IO || s == NN_ERR_USAGE)
            return spec_error(err, place, "`extends`: there is no profile %.60s", name);
        if (s != NN_OK) {
            *err = reason;
            return s;
        }
    }
    return NN_OK;
}

/* Parses "A..B", two opsets that enclose `opset`. An empty text means no range. */
static nn_status parse_common(const char *text, int opset, int range[2], nn_error *err)
{
    range[0] = range[1] = 0;
    const char *p = text;
    for (int i = 0; i < 2 && *text != '\0'; i++) {
        for (; *p >= '0' && *p <= '9' && range[i] <= OPSET_MAX; p++)
            range[i] = 10 * range[i] + (*p - '0');
        const char *gap = i == 0 ? ".." : "";
        bool good = range[i] >= OPSET_MIN && range[i] <= OPSET_MAX && (i == 0 ? strncmp(p, gap, 2) == 0 : *p == '\0');
        if (!good || (i == 1 && (opset < range[0] || opset > range[1])))
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "common %.60s: expected A..B, opsets from %d to %d that include opset %d",
                           text, OPSET_MIN, OPSET_MAX, opset);
        p += strlen(gap);
    }
    return NN_OK;
}

/* The files of a directory. */
static nn_status read_dir(sources *in, const char *dir, arena *a, nn_error *err)
{
    spec_file *files, *manners, *motifs, *compute = NULL;
    nn_status s = spec_read_dir(&files, &in->n, dir, a, err);
    if (s == NN_OK)
        s = spec_read_folder(&manners, &in->n_manners, dir, "manners", a, err);
    if (s == NN_OK)
        s = spec_read_folder(&motifs, &in->n_motifs, dir, "motifs", a, err);
    if (s == NN_OK && in->compute != NULL)
        s = spec_read_folder(&compute, &in->n_compute, dir, "compute", a, err);
    if (s != NN_OK)
        return s;
    in->files = files;
    in->manners = manners;
    in->motifs = motifs;
    in->compute = compute;
    return NN_OK;
}

/* dir: NULL for the embedded table */
static nn_status read_sources(sources *in, const char *dir, const char *profile, arena *a, nn_error *err)
{
    if (dir != NULL && strchr(profile, '/') != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "profile %.60s: expected a name, not a path", profile);
    nn_status s = dir != NULL ? read_dir(in, dir, a, err) : NN_OK;
    if (s == NN_OK)
        s = find_profile(&in->overlay, dir, profile, a, err);
    return s == NN_OK ? link_bases(&in->overlay, dir, a, err) : s;
}

/* dir: NULL for the embedded table, whose digests are known. */
static nn_status find_digests(nn_table *t, const sources *in, const char *dir, nn_error *err)
{
    for (size_t i = 0; dir == NULL && i < spec_embedded_digests_count; i++) {
        const spec_digests *d = &spec_embedded_digests[i];
        if (strcmp(d->profile, t->options.profile) != 0)
            continue;
        memcpy(t->digest, d->table, SHA256_HEX_SIZE);
        memcpy(t->full_digest, d->full, SHA256_HEX_SIZE);
        return NN_OK;
    }
    nn_status s = spec_digest_table(t->digest, in->files, in->n, in->overlay, err);
    if (s == NN_OK)
        s = spec_digest_full(t->full_digest, t->digest, in->manners, in->n_manners, in->motifs, in->n_motifs, err);
    return s;
}

/* Operators and types that stand inside motifs only. */
static nn_status add_inner(nn_table *t, const sources *in, nn_error *err)
{
    op_set *inner;
    const dtype_mask all = dtype_group("all") | dtype_bit(DT_STRING) | t->ops->asked;
    if (in->n_motifs == 0)
        return NN_OK;
    nn_status s = op_set_new_retyped(&inner, t->ops, all, err);
    if (s != NN_OK)
        return s;
    s = lower_fold_domains(inner, err);
    if (s == NN_OK)
        s = table_ops_inner(&t->chosen, inner, t->options.ops, err);
    if (s == NN_OK)
        s = op_inner_drop_alone(inner, err);
    if (s == NN_OK)
        op_set_take_inner(t->ops, inner);
    else
        op_set_free(inner);
    return s;
}

/* Rules of outputs name what a profile may take away, so they are compiled for the table without one. */
static nn_status add_reference(nn_table *t, const sources *in, const char *dir, nn_error *err)
{
    nn_status s = op_set_new_typed(&t->all, in->files, in->n, NULL, (int)t->options.opset, UINT32_MAX, err);
    if (s == NN_OK)
        s = ref_table_new(&t->reference, t->all, in->compute, in->n_compute, err);
    if (s == NN_OK) /* for what data decide */
        s = ref_table_add_shapes(t->reference, err);
    if (s == NN_OK && dir == NULL)
        memcpy(t->rules_digest, spec_embedded_rules_digest, SHA256_HEX_SIZE);
    else if (s == NN_OK)
        s = spec_digest_rules(t->rules_digest, in->compute, in->n_compute, err);
    return s;
}

/* The files of forms, which families that ask for forms read. */
static nn_status find_forms(nn_table *t, const char *specs, nn_error *err)
{
    spec_file *read;
    t->forms = spec_embedded_forms;
    t->n_forms = spec_embedded_forms_count;
    if (specs == NULL)
        return NN_OK;
    nn_status s = spec_read_folder(&read, &t->n_forms, specs, "forms", &t->mem, err);
    t->forms = read;
    return s;
}

static nn_status load(nn_table *t, const char *specs, bool outputs, nn_error *err)
{
    dtype_mask types;
    int common[2];
    if (type_list_parse(t->options.types, (int)t->options.opset, &types, err) != NN_OK ||
        parse_common(t->options.common, (int)t->options.opset, common, err) != NN_OK)
        return NN_ERR_USAGE;
    arena a;
    arena_init(&a, 0);
    sources in = {.files = spec_embedded,
                  .n = spec_embedded_count,
                  .manners = spec_embedded_manners,
                  .n_manners = spec_embedded_manners_count,
                  .motifs = spec_embedded_motifs,
                  .n_motifs = spec_embedded_motifs_count,
                  .compute = outputs ? spec_embedded_compute : NULL,
                  .n_compute = spec_embedded_compute_count};
    nn_status s = read_sources(&in, specs, t->options.profile, &a, err);
    if (s == NN_OK)
        s = op_set_new_typed(&t->ops, in.files, in.n, in.overlay, (int)t->options.opset, types, err);
    if (s == NN_OK)
        s = lower_fold_domains(t->ops, err);
    if (s == NN_OK && common[0] > 0)
        s = op_set_common(t->ops, in.files, in.n, in.overlay, common[0], common[1], err);
    if (s == NN_OK)
        s = op_set_drop_inner(t->ops, err);
    if (s == NN_OK)
        s = table_ops_choose(&t->chosen, t->ops, t->options.ops, &t->mem, err);
    if (s == NN_OK && common[0] == 0)
        s = add_inner(t, &in, err);
    if (s == NN_OK)
        s = manner_set_load(&t->manners, t->ops, in.manners, in.n_manners, &t->mem, err);
    if (s == NN_OK)
        s = find_digests(t, &in, specs, err);
    if (s == NN_OK) /* motifs point to operators, which a filter moves */
        s = motif_set_new(&t->motifs, t->ops, NULL, in.motifs, in.n_motifs, err);
    if (s == NN_OK && outputs)
        s = add_reference(t, &in, specs, err);
    arena_free(&a);
    return s == NN_OK ? find_forms(t, specs, err) : s;
}

static nn_status open_table(nn_table *t, const nn_table_config *c, nn_error *err)
{
    options_default(&t->options);
    if (c->opset != 0)
        t->options.opset = c->opset;
    if (c->profile != NULL && (t->options.profile = arena_strdup(&t->mem, c->profile)) == NULL)
        return nn_nomem(err);
    if (c->ops != NULL && (t->options.ops = arena_strdup(&t->mem, c->ops)) == NULL)
        return nn_nomem(err);
    if (c->types != NULL && *c->types != '\0' && (t->options.types = arena_strdup(&t->mem, c->types)) == NULL)
        return nn_nomem(err);
    if (c->common != NULL && (t->options.common = arena_strdup(&t->mem, c->common)) == NULL)
        return nn_nomem(err);
    nn_status s = options_check(&t->options, "", err);
    if (s == NN_OK)
        s = load(t, c->specs, c->outputs != 0, err);
    if (s == NN_OK)
        s = late_classes_new(&t->classes, t->ops, err);
    return s;
}

nn_status nn_table_open(nn_table **out, const nn_table_config *config, nn_error *err)
{
    if (out == NULL)
        return nn_no_result(err);
    *out = NULL;
    nn_table *t = nn_calloc(1, sizeof *t);
    if (t == NULL)
        return nn_nomem(err);
    arena_init(&t->mem, 0);
    nn_status s = open_table(t, config != NULL ? config : &(nn_table_config){0}, err);
    if (s != NN_OK) {
        nn_table_close(t);
        return s;
    }
    *out = t;
    return NN_OK;
}

void nn_table_close(nn_table *t)
{
    if (t == NULL)
        return;
    late_classes_free(t->classes);
    ref_table_free(t->reference);
    op_set_free(t->all);
    motif_set_free(t->motifs);
    op_set_free(t->ops);
    arena_free(&t->mem);
    nn_free(t);
}

size_t nn_table_operators(const nn_table *t)
{
    return t != NULL ? t->ops->n_ops : 0;
}
const char *nn_table_operator(const nn_table *t, size_t i)
{
    return i < nn_table_operators(t) ? t->ops->ops[i].name : NULL;
}
const char *nn_table_note(const nn_table *t, size_t i)
{
    return t != NULL && i < t->chosen.n_notes ? t->chosen.notes[i] : NULL;
}
const char *nn_table_digest(const nn_table *t)
{
    return t != NULL ? t->digest : NULL;
}

/* ---- families ---- */

/* A number that int64_t cannot hold becomes -1, which is outside every range. */
static int64_t clamp(uint64_t x)
{
    return x > INT64_MAX ? -1 : (int64_t)x;
}

/* Describes the options. Weights, which may be long, are represented by their digest. */
static nn_status describe(nn_family *f, nn_error *err)
{
    options o = f->options;
    char hex[SHA256_HEX_SIZE];
    if (*o.weights != '\0') {
        sha256 *hasher;
        uint8_t digest[SHA256_SIZE];
        nn_status s = sha256_new(&hasher, err);
        if (s == NN_OK)
            s = sha256_digest(hasher, o.weights, strlen(o.weights), digest, err);
        if (s != NN_OK) {
            sha256_free(hasher);
            return s;
        }
        sha256_free(hasher);
        sha256_hex(digest, hex);
        o.weights = hex;
    }
    size_t n = options_describe(&o, NULL, 0);
    f->description = nn_malloc(n + 1);
    if (f->description == NULL)
        return nn_nomem(err);
    (void)options_describe(&o, f->description, n + 1);
    return NN_OK;
}

/* Copies a text of the configuration. NULL keeps the default. */
static nn_status keep_text(nn_family *f, const char **field, const char *text, nn_error *err)
{
    if (text == NULL || *text == '\0')
        return NN_OK;
    *field = arena_strdup(&f->mem, text);
    return *field != NULL ? NN_OK : nn_nomem(err);
}

static nn_status keep_texts(nn_family *f, const nn_family_config *c, nn_error *err)
{
    options *o = &f->options;
    const struct {
        const char **field, *text;
    } texts[] = {{&o->cover, c->cover},           {&o->motifs, c->motifs},
                 {&o->contain, c->contain},       {&o->avoid, c->avoid},
                 {&o->input_mode, c->input_mode}, {&o->input_format, c->input_format},
                 {&o->manner, c->manner},         {&o->dynamic, c->dynamic},
                 {&o->empty, c->empty},           {&o->data_dependent, c->data_dependent},
                 {&o->random, c->random},         {&o->form, c->form}};
    nn_status s = NN_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && s == NN_OK; i++)
        s = keep_text(f, texts[i].field, texts[i].text, err);
    if (s == NN_OK)
        s = input_modes_parse(&f->modes, o->input_mode, err);
    if (s == NN_OK)
        s = input_formats_parse(&f->formats, o->input_format, err);
    if (s == NN_OK && c->weights != NULL && *c->weights != '\0' && (o->weights = weights_normal(c->weights, &f->mem)) == NULL)
        s = nn_nomem(err);
    return s;
}

static nn_status check_outputs(const nn_family *f, nn_error *err)
{
    if (f->options.outputs == 0)
        return NN_OK;
    if (f->table->reference == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "outputs: the table was opened without the rules of outputs");
    if (f->options.inputs <= 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                       "outputs: they are written for sets of inputs; --inputs of 1 or more was expected");
    return NN_OK;
}

/* Whether the family may have motifs. Manners add none to a family whose operators are stated, by weights or by paths to cover, nor
 * to one that is the same at several opsets, which write different things as initializers. */
static bool has_motifs(const options *o, bool plain)
{
    const bool motifs = strcmp(o->cover, "motifs") == 0, ops = strcmp(o->cover, "ops") == 0;
    if (strcmp(o->motifs, BY_MANNER) == 0)
        return motifs || (ops && !plain && *o->weights == '\0' && *o->common == '\0');
    return motifs || strcmp(o->motifs, "none") != 0;
}

static nn_status open_cover(nn_family *f, nn_error *err)
{
    static const char *const words[] = {"ops", "pairs", "triples", "motifs"};
    const options *o = &f->options;
    size_t k = 0;
    while (k < 4 && strcmp(o->cover, words[k]) != 0)
        k++;
    if (k == 4)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "cover %.60s: expected ops, pairs, triples or motifs", o->cover);
    const motif_sources from = {.table = f->table->motifs, .learns = f->learned.given, .learned = f->learned.motifs};
    nn_status s = !has_motifs(o, f->plain) ? NN_OK
                                           : motif_choice_open(&f->motifs, &from, o->motifs, k == 3, (size_t)o->nodes,
                                                               (uint64_t)o->count, (uint64_t)o->seed, &f->mem, err);
    if (s != NN_OK || k == COVER_OPS || k == 3)
        return s;
    s = pairs_new(&f->pairs, f->table->ops, &f->limits, &f->watch, err);
    if (s == NN_OK)
        s = cover_new(&f->cover, f->pairs, (cover_kind)k, (size_t)o->nodes, (uint64_t)o->count, (uint64_t)o->seed, err);
    return s;
}

static nn_status unknown_manner(const manner_set *set, const char *name, nn_error *err)
{
    char known[300] = "mixed, like";
    nearest best = {0};
    nearest_offer(&best, name, "mixed");
    nearest_offer(&best, name, LEARNED_WORD);
    for (size_t i = 0; i < set->n; i++) {
        size_t n = strlen(known);
        (void)snprintf(known + n, sizeof known - n, "%s%.60s", i + 1 < set->n ? ", " : " or ", set->items[i].name);
        nearest_offer(&best, name, set->items[i].name);
    }
    if (best.word != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "manner %.60s: unknown; did you mean %.60s?", name, best.word);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "manner %.60s: expected %s", name, known);
}

/* Finds a manner by name. *found: NULL for mixed, and for the manner that is learned from models. */
static nn_status find_manner(const nn_table *t, const char *name, const manner **found, bool *plain, nn_error *err)
{
    const manner_set *set = t->manners;
    *found = NULL;
    *plain = true;
    if (strcmp(name, LEARNED_WORD) == 0)
        return NN_OK;
    for (size_t i = 0; i < set->n && *found == NULL; i++)
        if (strcmp(set->items[i].name, name) == 0)
            *found = &set->items[i];
    *plain = *found != NULL ? manner_is_plain(*found) : set->n == 1 && manner_is_plain(&set->items[0]);
    return *found != NULL || strcmp(name, "mixed") == 0 ? NN_OK : unknown_manner(set, name, err);
}

static bool has_forms(const options *o)
{
    return *o->form != '\0' || o->variants > 1;
}

static nn_status open_forms(nn_family *f, nn_error *err)
{
    const options *o = &f->options;
    if (!has_forms(o))
        return NN_OK;
    nn_status s = form_rules_load(&f->form_rules, f->table->forms, f->table->n_forms, &f->mem, err);
    if (s == NN_OK && o->opset < form_oldest_opset(f->form_rules))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "forms are of opsets %d to %d; this is opset %d",
                       form_oldest_opset(f->form_rules), OPSET_MAX, (int)o->opset);
    return s == NN_OK ? form_choice_parse(&f->forms, f->form_rules, *o->form != '\0' ? o->form : "all", err) : s;
}

nn_status family_digest_of(const nn_table *t, const options *o, char out[SHA256_HEX_SIZE], nn_error *err)
{
    const manner *m;
    bool plain = true;
    nn_status s = find_manner(t, o->manner, &m, &plain, err);
    if (s == NN_OK && has_forms(o))
        return spec_digest_full(out, t->full_digest, t->forms, t->n_forms, NULL, 0, err);
    memcpy(out, plain && !has_motifs(o, plain) ? t->digest : t->full_digest, SHA256_HEX_SIZE);
    return s;
}

static nn_status open_manner(nn_family *f, nn_error *err)
{
    const manner_set *set = f->table->manners;
    nn_status s = find_manner(f->table, f->options.manner, &f->manner, &f->plain, err);
    if (s == NN_OK)
        s = family_digest_of(f->table, &f->options, f->digest, err);
    if (s == NN_OK && strcmp(f->options.manner, LEARNED_WORD) == 0) {
        f->manner = f->learned.manner;
        f->plain = manner_is_plain(f->manner);
    }
    f->manner_weights = arena_calloc(&f->mem, set->n, sizeof *f->manner_weights);
    if (s == NN_OK && f->manner_weights == NULL)
        return nn_nomem(err);
    for (size_t i = 0; s == NN_OK && i < set->n; i++)
        if (f->manner == NULL || f->manner == &set->items[i])
            s = manner_weights(&f->manner_weights[i], &set->items[i], f->table->ops, &f->mem, err);
    return s;
}

/* In how many models an operator is due if there is room: where weights state how often operators appear, in one. */
static size_t most_copies(const nn_family *f)
{
    bool weighted = f->guide.weights != NULL || (f->manner != NULL && f->manner->weights != NULL);
    return weighted || f->pairs != NULL ? 1 : PLAN_MAX_COPIES;
}

/* The nodes of a model that wishes share with single operators: those outside the motifs that were learned with them. */
static size_t wished_nodes(const nn_family *f)
{
    const size_t nodes = (size_t)f->options.nodes, inside = f->learned.motifs != NULL ? nodes * f->motifs.share / 1000 : 0;
    return nodes > inside ? nodes - inside : 1;
}

static nn_status open_motifs(nn_family *f, nn_error *err)
{
    nn_status s = open_cover(f, err);
    if (s != NN_OK)
        return s;
    return fragments_open(&f->fragments, &f->options, f->table->motifs, f->table->reference != NULL, &f->motifs, &f->mem, err);
}

/* Takes the numbers of the configuration in which 0 means the usual one. */
static void take_numbers(options *o, const nn_family_config *c)
{
    const struct {
        int64_t *field;
        uint64_t value;
    } numbers[] = {{&o->nodes, c->nodes},         {&o->count, c->count},      {&o->max_elements, c->max_elements},
                   {&o->constants, c->constants}, {&o->max_dim, c->max_dim},  {&o->max_window, c->max_window},
                   {&o->max_rank, c->max_rank},   {&o->variants, c->variants}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].value != 0)
            *numbers[i].field = clamp(numbers[i].value);
    if (c->inputs != 0)
        o->inputs = c->inputs == -1 ? 0 : c->inputs;
    if (c->near_misses != 0)
        o->near_misses = c->near_misses == -1 ? 0 : c->near_misses;
}

static nn_status open_family(nn_family *f, const nn_family_config *c, nn_error *err)
{
    options *o = &f->options;
    *o = f->table->options;
    take_numbers(o, c);
    f->watch = (step_watch){c->step, c->step_data};
    o->seed = clamp(c->seed);
    o->intervals = c->intervals != 0;
    o->outputs = c->outputs != 0;
    o->check = c->check != 0;
    nn_status s = options_check(o, "", err);
    if (s == NN_OK)
        s = keep_texts(f, c, err);
    if (s == NN_OK)
        s = check_outputs(f, err);
    if (s == NN_OK)
        s = dynamic_open(f, err);
    if (s == NN_OK)
        s = empty_open(f, err);
    if (s == NN_OK)
        s = describe(f, err);
    f->limits = (lower_limits){
        .max_elements = o->max_elements, .max_dim = o->max_dim, .max_window = o->max_window, .max_rank = (int)o->max_rank};
    if (s == NN_OK)
        s = guide_open(&f->guide, f->table->ops, &(guide_texts){o->contain, o->avoid, o->weights, &f->watch}, (size_t)o->nodes,
                       &f->limits, err);
    if (s == NN_OK)
        s = learned_open(&f->learned, o->weights, o->manner, f->table->ops, f->table->motifs, &f->mem, err);
    if (s == NN_OK)
        s = open_manner(f, err);
    if (s == NN_OK)
        s = open_motifs(f, err);
    if (s == NN_OK)
        s = open_forms(f, err);
    if (s == NN_OK)
        s = wish_new(&f->wishes, f->guide.weights, wished_nodes(f), (uint64_t)o->count, (uint64_t)o->seed, err);
    if (s == NN_OK)
        s = plan_new_with(&f->plan, f->table->ops, (size_t)o->nodes, (uint64_t)o->count, (uint64_t)o->seed, most_copies(f), err);
    return s;
}

nn_status nn_family_open(nn_family **out, const nn_table *table, const nn_family_config *config, nn_error *err)
{
    if (out == NULL)
        return nn_no_result(err);
    *out = NULL;
    if (table == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no table was given");
    nn_family *f = nn_calloc(1, sizeof *f);
    if (f == NULL)
        return nn_nomem(err);
    f->table = table;
    arena_init(&f->mem, 0);
    nn_status s = open_family(f, config != NULL ? config : &(nn_family_config){0}, err);
    if (s != NN_OK) {
        nn_family_close(f);
        return s;
    }
    *out = f;
    return NN_OK;
}

void nn_family_close(nn_family *f)
{
    if (f == NULL)
        return;
    plan_free(f->plan);
    cover_free(f->cover);
    pairs_free(f->pairs);
    wish_free(f->wishes);
    guide_close(&f->guide);
    motif_choice_close(&f->motifs);
    learned_close(&f->learned);
    arena_free(&f->mem);
    nn_free(f->description);
    nn_free(f);
}

uint64_t model_sets(const nn_model *m)
{
    return (m->family->formats & INPUT_PB) != 0 ? nn_model_sets(m) : 0;
}

bool family_npz(const nn_family *f)
{
    return (f->formats & INPUT_NPZ) != 0 && f->options.inputs > 0;
}

bool family_outputs(const nn_family *f)
{
    return f->options.outputs != 0;
}

uint64_t nn_family_count(const nn_family *f)
{
    return f != NULL ? options_all(&f->options) : 0;
}
