/* Tables and families of the public API: option checks, loading, plan. */
#include "api.h"
#include "opfilter.h"

#include <stdio.h>
#include <string.h>

const char *nn_version(void)
{
    return NNGEN_VERSION;
}

size_t nn_error_text(const nn_error *err, char *out, size_t size)
{
    int n;
    if (err->file[0] == '\0')
        n = snprintf(out, size, "%s", err->message);
    else if (err->line == 0)
        n = snprintf(out, size, "%s: %s", err->file, err->message);
    else if (err->column == 0)
        n = snprintf(out, size, "%s:%d: %s", err->file, err->line, err->message);
    else
        n = snprintf(out, size, "%s:%d:%d: %s", err->file, err->line, err->column, err->message);
    return n < 0 ? 0 : (size_t)n;
}

/* ---- tables ---- */

/* Word NAME of .../NAME.yaml. */
static const char *stem(const char *path, size_t *length)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path, *dot = strrchr(name, '.');
    *length = dot != NULL ? (size_t)(dot - name) : strlen(name);
    return name;
}

static const spec_file *embedded_profile(const char *name, nn_error *err)
{
    char known[200] = "";
    for (size_t i = 0, n = 0; i < spec_embedded_profiles_count; i++) {
        size_t length;
        const char *word = stem(spec_embedded_profiles[i].name, &length);
        if (length == strlen(name) && strncmp(word, name, length) == 0)
            return &spec_embedded_profiles[i];
        int k = snprintf(known + n, sizeof known - n, "%s%.*s", n > 0 ? " or " : "", (int)length, word);
        n = k > 0 && n + (size_t)k < sizeof known ? n + (size_t)k : n;
    }
    (void)nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "profile %.60s: expected %s", name, known);
    return NULL;
}

static nn_status load_files(nn_table *t, const char *specs, nn_error *err)
{
    const char *profile = t->options.profile;
    arena a;
    arena_init(&a, 0);
    spec_file *files = NULL, from_disk;
    size_t n = 0;
    const spec_file *overlay = NULL;
    nn_status s = NN_OK;
    if (specs == NULL) {
        overlay = embedded_profile(profile, err);
        s = overlay != NULL ? NN_OK : NN_ERR_USAGE;
    } else if (strchr(profile, '/') != NULL) {
        s = nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "profile %.60s: expected a name, not a path", profile);
    } else {
        s = spec_read_dir(&files, &n, specs, &a, err);
        const char *path = arena_printf(&a, "%s/profiles/%s.yaml", specs, profile);
        if (s == NN_OK)
            s = path != NULL ? spec_read_file(&from_disk, path, &a, err) : nn_nomem(err);
        overlay = &from_disk;
    }
    if (s == NN_OK)
        s = op_set_new(&t->ops, specs == NULL ? spec_embedded : files, specs == NULL ? spec_embedded_count : n, overlay,
                       (int)t->options.opset, err);
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
    nn_status s = options_check(&t->options, "", err);
    if (s == NN_OK)
        s = load_files(t, c->specs, err);
    if (s == NN_OK)
        s = op_set_filter(t->ops, t->options.ops, err);
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
    op_set_free(t->ops);
    arena_free(&t->mem);
    nn_free(t);
}

size_t nn_table_operators(const nn_table *t)
{
    return t->ops->n_ops;
}
const char *nn_table_operator(const nn_table *t, size_t i)
{
    return i < t->ops->n_ops ? t->ops->ops[i].name : NULL;
}
const char *nn_table_digest(const nn_table *t)
{
    return t->digest;
}

/* ---- families ---- */

static int64_t clamp(uint64_t x)
{
    return x > INT64_MAX ? -1 : (int64_t)x;
} /* -1: out of every range */

static nn_status describe(nn_family *f, nn_error *err)
{
    size_t n = options_describe(&f->options, NULL, 0);
    f->description = nn_malloc(n + 1);
    if (f->description == NULL)
        return nn_nomem(err);
    (void)options_describe(&f->options, f->description, n + 1);
    return NN_OK;
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
    nn_status s = options_check(o, "", err);
    if (s == NN_OK)
        s = describe(f, err);
    if (s == NN_OK)
        s = plan_new(&f->plan, f->table->ops, (size_t)o->nodes, (uint64_t)o->count, (uint64_t)o->seed, err);
    f->limits = (lower_limits){.max_elements = o->max_elements};
    return s;
}

nn_status nn_family_open(nn_family **out, const nn_table *table, const nn_family_config *config, nn_error *err)
{
    *out = NULL;
    nn_family *f = nn_calloc(1, sizeof *f);
    if (f == NULL)
        return nn_nomem(err);
    f->table = table;
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
    nn_free(f->description);
    nn_free(f);
}

uint64_t nn_family_count(const nn_family *f)
{
    return (uint64_t)f->options.count;
}
