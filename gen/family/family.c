/* Tables and families of the public API: checks of options, loading, planning. */
#include "family/family.h"
#include "base/nearest.h"
#include "lower/lower.h"
#include "rules/op_common.h"
#include "rules/opfilter.h"

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
    spec_file profile;
    const spec_file *motifs;
    size_t n_motifs;
} sources;

static nn_status read_sources(sources *in, const char *dir, const char *profile, arena *a, nn_error *err)
{
    if (strchr(profile, '/') != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "profile %.60s: expected a name, not a path", profile);
    spec_file *files;
    nn_status s = spec_read_dir(&files, &in->n, dir, a, err);
    if (s != NN_OK)
        return s;
    in->files = files;
    spec_file *motifs;
    s = spec_read_motifs(&motifs, &in->n_motifs, dir, a, err);
    if (s != NN_OK)
        return s;
    in->motifs = motifs;
    const char *path = arena_printf(a, "%s/profiles/%s.yaml", dir, profile);
    if (path == NULL)
        return nn_nomem(err);
    s = spec_read_file(&in->profile, path, a, err);
    in->overlay = s == NN_OK ? &in->profile : NULL;
    return s == NN_ERR_IO && is_plain(profile) ? NN_OK : s;
}

/* Parses a list of types such as "float32,int8". */
static nn_status parse_types(const char *list, dtype_mask *mask, nn_error *err)
{
    *mask = dtype_bit(DT_FLOAT32);
    for (const char *p = list, *end; *p != '\0'; p = *end == ',' ? end + 1 : end) {
        end = p + strcspn(p, ",");
        p += strspn(p, " ");
        char word[32];
        size_t n = end > p ? (size_t)(end - p) : 0;
        while (n > 0 && p[n - 1] == ' ')
            n--;
        (void)snprintf(word, sizeof word, "%.*s", (int)(n < 31 ? n : 31), p);
        dtype t = dtype_parse(word);
        if (t == DT_NONE || t == DT_STRING || (*end == ',' && end[1] == '\0')) {
            nearest best = {0};
            for (int k = 1; k < DT_COUNT && n > 0; k++)
                if (k != DT_STRING)
                    nearest_offer(&best, word, dtype_name((dtype)k));
            if (best.word != NULL && t == DT_NONE)
                return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "types: unknown type %s; did you mean %s?", word, best.word);
            return nn_fail(
                err, NN_ERR_USAGE, NULL, 0, 0,
                "types %.60s: expected a list of float32, float16, double, int8, uint8, int16, uint16, int32, uint32, int64, "
                "uint64 or bool, separated by commas",
                list);
        }
        *mask |= dtype_bit(t);
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

static nn_status load(nn_table *t, const char *specs, nn_error *err)
{
    dtype_mask types;
    int common[2];
    if (parse_types(t->options.types, &types, err) != NN_OK ||
        parse_common(t->options.common, (int)t->options.opset, common, err) != NN_OK)
        return NN_ERR_USAGE;
    arena a;
    arena_init(&a, 0);
    sources in = {
        .files = spec_embedded, .n = spec_embedded_count, .motifs = spec_embedded_motifs, .n_motifs = spec_embedded_motifs_count};
    nn_status s = specs != NULL ? read_sources(&in, specs, t->options.profile, &a, err)
                                : embedded_profile(&in.overlay, t->options.profile, err);
    if (s == NN_OK)
        s = op_set_new_typed(&t->ops, in.files, in.n, in.overlay, (int)t->options.opset, types, err);
    if (s == NN_OK)
        s = lower_fold_domains(t->ops, err);
    if (s == NN_OK && common[0] > 0)
        s = op_set_common(t->ops, in.files, in.n, in.overlay, common[0], common[1], err);
    if (s == NN_OK)
        s = op_set_filter(t->ops, t->options.ops, err);
    if (s == NN_OK) /* motifs point to operators, which a filter moves */
        s = motif_set_new(&t->motifs, t->ops, in.motifs, in.n_motifs, err);
    arena_free(&a);
    return s;
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
        s = load(t, c->specs, err);
    if (s == NN_OK)
        s = class_table_new(&t->classes, t->ops, &t->mem, err);
    if (s == NN_OK)
        sha256_hex(t->ops->table->digest, t->digest);
    return s;
}

nn_status nn_table_open(nn_table **out, const nn_table_config *config, nn_error *err)
{
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
    nn_status s = keep_text(f, &o->cover, c->cover, err);
    if (s == NN_OK)
        s = keep_text(f, &o->motifs, c->motifs, err);
    if (s == NN_OK)
        s = keep_text(f, &o->contain, c->contain, err);
    if (s == NN_OK)
        s = keep_text(f, &o->avoid, c->avoid, err);
    if (s == NN_OK)
        s = keep_text(f, &o->input_mode, c->input_mode, err);
    if (s == NN_OK)
        s = keep_text(f, &o->input_format, c->input_format, err);
    if (s == NN_OK)
        s = input_modes_parse(&f->modes, o->input_mode, err);
    if (s == NN_OK)
        s = input_formats_parse(&f->formats, o->input_format, err);
    if (s == NN_OK && c->weights != NULL && *c->weights != '\0' && (o->weights = weights_normal(c->weights, &f->mem)) == NULL)
        s = nn_nomem(err);
    return s;
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
    nn_status s = motif_choice_open(&f->motifs, f->table->motifs, o->motifs, k == 3, (size_t)o->nodes, (uint64_t)o->count,
                                    (uint64_t)o->seed, &f->mem, err);
    if (s != NN_OK || k == COVER_OPS || k == 3)
        return s;
    s = pairs_new(&f->pairs, f->table->ops, &f->limits, err);
    if (s == NN_OK)
        s = cover_new(&f->cover, f->pairs, (cover_kind)k, (size_t)o->nodes, (uint64_t)o->count, (uint64_t)o->seed, err);
    return s;
}

static nn_status open_family(nn_family *f, const nn_family_config *c, nn_error *err)
{
    options *o = &f->options;
    *o = f->table->options;
    if (c->nodes != 0)
        o->nodes = clamp(c->nodes);
    if (c->count != 0)
        o->count = clamp(c->count);
    if (c->inputs != 0)
        o->inputs = c->inputs == -1 ? 0 : c->inputs;
    if (c->max_elements != 0)
        o->max_elements = clamp(c->max_elements);
    o->seed = clamp(c->seed);
    o->intervals = c->intervals != 0;
    o->check = c->check != 0;
    nn_status s = options_check(o, "", err);
    if (s == NN_OK)
        s = keep_texts(f, c, err);
    if (s == NN_OK)
        s = describe(f, err);
    f->limits = (lower_limits){.max_elements = o->max_elements};
    if (s == NN_OK)
        s = guide_open(&f->guide, f->table->ops, &(guide_texts){o->contain, o->avoid, o->weights}, (size_t)o->nodes, &f->limits,
                       err);
    if (s == NN_OK)
        s = open_cover(f, err);
    if (s == NN_OK)
        s = plan_new_with(&f->plan, f->table->ops, (size_t)o->nodes, (uint64_t)o->count, (uint64_t)o->seed,
                          f->guide.weights != NULL || f->pairs != NULL ? 1 : PLAN_MAX_COPIES, err);
    return s;
}

nn_status nn_family_open(nn_family **out, const nn_table *table, const nn_family_config *config, nn_error *err)
{
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
    guide_close(&f->guide);
    motif_choice_close(&f->motifs);
    arena_free(&f->mem);
    nn_free(f->description);
    nn_free(f);
}

int64_t family_sets(const nn_family *f)
{
    return (f->formats & INPUT_PB) != 0 ? f->options.inputs : 0;
}

bool family_npz(const nn_family *f)
{
    return (f->formats & INPUT_NPZ) != 0 && f->options.inputs > 0;
}

uint64_t nn_family_count(const nn_family *f)
{
    return f != NULL ? (uint64_t)f->options.count : 0;
}
