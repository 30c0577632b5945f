#include "plan/guide.h"
#include "build/path_probe.h"
#include "build/op_index.h"
#include "rules/opfilter.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CONTAIN_EFFORT 30
#define CONTAIN_MEET 3 /* paths that meet another one, at most; SPEC_GIVEN of build_group.h less one */
#define PAIR_TRIES 2000
#define PATH_TRIES 20000

/* ---- sequences ---- */

/* Operators that follow one another, as the user wrote them. */
typedef struct {
    uint16_t ops[DUE_PATH_MAX];
    int8_t operands[DUE_PATH_MAX + 1]; /* as in due_path.h */
    size_t n;
    bool placed; /* an operand is stated */
    bool forbidden;
    bool absent; /* an operator is not in the set */
    bool meets;  /* the next sequence ends in the same node: a `+` stands between them */
    const char *text;
    int length; /* of the text */
} sequence;

typedef nn_status take_fn(guide *g, const op_set *set, const sequence *s, nn_error *err);

#define MOST_SHOWN 80 /* characters of a sequence in a message */
#define FAULT(s, flag, ...) sequence_fault(s, flag, err, __VA_ARGS__)

__attribute__((format(printf, 4, 5))) static nn_status sequence_fault(const sequence *s, const char *flag, nn_error *err,
                                                                      const char *format, ...)
{
    char why[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s %.*s: %s", flag, s->length < MOST_SHOWN ? s->length : MOST_SHOWN, s->text,
                   why);
}

/* The names of an operator's inputs: "A, B". */
static const char *input_names(const op_model *op, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < op->n_inputs && at < size; i++) {
        int k = snprintf(out + at, size - at, "%s%s", i > 0 ? ", " : "", op->inputs[i].name);
        at += k > 0 ? (size_t)k : 0;
    }
    return out;
}

/* The place that "1" or "B" names among the inputs of the operator; -1: none. */
static int operand_place(const op_model *op, const char *text, size_t length)
{
    size_t place = 0;
    bool number = length > 0 && length < 3;
    for (size_t i = 0; i < length && number; i++) {
        number = text[i] >= '0' && text[i] <= '9';
        place = 10 * place + (size_t)(text[i] - '0');
    }
    for (size_t i = 0; i < op->n_inputs && !number; i++)
        if (strlen(op->inputs[i].name) == length && memcmp(op->inputs[i].name, text, length) == 0)
            return (int)i;
    const op_input *last = op->n_inputs > 0 ? &op->inputs[op->n_inputs - 1] : NULL;
    const bool fits = number && last && place < OP_MAX_SLOTS && place + 1 < op->n_inputs + (size_t)last->max_arity;
    return fits ? (int)place : -1;
}

/* Reads what follows the dot of "Add.1": the place of the input that takes the operator before. */
static nn_status read_operand(sequence *s, const op_model *op, const char *flag, const char *text, size_t length, nn_error *err)
{
    char names[120];
    const int place = operand_place(op, text, length);
    if (s->n == 0)
        return FAULT(s, flag, "no operator comes before %s, whose input %.*s is named", op->name, (int)length, text);
    if (place < 0)
        return FAULT(s, flag, "%s has no input `%.*s`; expected a number from 0 or a name of %s", op->name, (int)length, text,
                     input_names(op, names, sizeof names));
    const op_input *in = &op->inputs[place < (int)op->n_inputs ? place : (int)op->n_inputs - 1];
    if (!op_input_data(in) || in->conditional)
        return FAULT(s, flag, "input %s of %s takes no output of another operator", in->name, op->name);
    s->operands[s->n] = (int8_t)place;
    s->placed = true;
    return NN_OK;
}

/* Adds the operator that "Add" or "Add.1" states. A forbidden path may name one that the set does not have: no model has the path.
 */
static nn_status read_operator(sequence *s, const op_set *set, const char *flag, const char *text, const char *stop, nn_error *err)
{
    const char *dot = memchr(text, '.', (size_t)(stop - text));
    const size_t length = (size_t)((dot ? dot : stop) - text);
    nn_error inner;
    char reason[400];
    int op;
    if (op_set_find(set, text, length, &op, &inner) != NN_OK) {
        s->absent = true;
        return s->forbidden && op_set_reason(set, text, length, reason, sizeof reason) ? NN_OK
                                                                                       : FAULT(s, flag, "%.300s", inner.message);
    }
    nn_status status = dot ? read_operand(s, &set->ops[op], flag, dot + 1, (size_t)(stop - dot - 1), err) : NN_OK;
    if (status == NN_OK)
        s->ops[s->n] = (uint16_t)op;
    return status;
}

/* Reads one sequence; *at moves past it. */
static nn_status read_sequence(const op_set *set, const char *flag, const char **at, sequence *s, nn_error *err)
{
    const char *p = *at, *end = p + strcspn(p, ";+");
    *s = (sequence){.forbidden = s->forbidden, .meets = *end == '+', .text = p, .length = (int)(end - p)};
    memset(s->operands, -1, sizeof s->operands);
    for (;;) {
        while (*p == ' ')
            p++;
        const char *stop = p + strcspn(p, ",;+"), *next = stop;
        while (stop > p && stop[-1] == ' ')
            stop--;
        if (s->n == DUE_PATH_MAX)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s %.60s: a sequence has at most %d operators", flag, *at, DUE_PATH_MAX);
        nn_status status = read_operator(s, set, flag, p, stop, err);
        if (status != NN_OK)
            return status;
        s->n++;
        if (next == end)
            break;
        p = next + 1;
    }
    *at = *end == '\0' ? end : end + 1;
    return s->meets && **at == '\0' ? FAULT(s, flag, "expected another path after `+`") : NN_OK;
}

/* The number of outputs of other operators that the operator takes, at most. */
static size_t most_taken(const op_model *op)
{
    size_t n = 0;
    for (size_t i = 0; i < op->n_inputs; i++)
        n += op_input_data(&op->inputs[i]) ? (size_t)op->inputs[i].max_arity : 0;
    return n;
}

/* Checks a path that meets others: g->meeting of them came before it. */
static nn_status check_meeting(const guide *g, const op_set *set, const sequence *s, nn_error *err)
{
    if (s->n < 2)
        return FAULT(s, "contain", "expected at least two operators in a path that meets another");
    if (g->meeting == CONTAIN_MEET && s->meets)
        return FAULT(s, "contain", "more than %d paths would meet in a node", CONTAIN_MEET + 1);
    if (g->meeting > 0 && s->ops[s->n - 1] != g->meeting_in)
        return FAULT(s, "contain", "expected a path that ends in %s, as the one before the `+` does", set->ops[g->meeting_in].name);
    const op_model *last = &set->ops[s->ops[s->n - 1]];
    if (g->meeting + 1 > most_taken(last))
        return FAULT(s, "contain", "%zu paths would meet in %s, which takes at most %zu output%s of other operators",
                     g->meeting + 1, last->name, most_taken(last), most_taken(last) == 1 ? "" : "s");
    for (size_t k = 1; k <= g->meeting; k++) {
        const due_path *p = &g->contain[g->n_contain - k];
        const int8_t place = p->operands[p->n];
        if (place >= 0 && place == s->operands[s->n - 1])
            return FAULT(s, "contain", "two paths would be input %d of %s", (int)place, set->ops[g->meeting_in].name);
    }
    return NN_OK;
}

/* Adds a path. The last operator of paths that meet belongs to the last of them. */
static nn_status take_contain(guide *g, const op_set *set, const sequence *s, nn_error *err)
{
    nn_status status = s->meets || g->meeting > 0 ? check_meeting(g, set, s, err) : NN_OK;
    if (status != NN_OK)
        return status;
    due_path *all = arena_alloc(&g->mem, (g->n_contain + 1) * sizeof *all);
    uint16_t *copy = arena_alloc(&g->mem, s->n * sizeof *copy);
    int8_t *operands = arena_alloc(&g->mem, (s->n + 1) * sizeof *operands);
    if (!all || !copy || !operands)
        return nn_nomem(err);
    if (g->n_contain > 0)
        memcpy(all, g->contain, g->n_contain * sizeof *all);
    memcpy(copy, s->ops, s->n * sizeof *copy);
    memcpy(operands, s->operands, (s->n + 1) * sizeof *operands);
    const size_t n = s->meets ? s->n - 1 : s->n;
    all[g->n_contain++] = (due_path){.ops = copy,
                                     .n = n,
                                     .window = n,
                                     .firmness = PATH_MUST,
                                     .effort = CONTAIN_EFFORT,
                                     .operands = s->placed || s->meets ? operands : NULL,
                                     .meets = s->meets ? 0 : g->meeting};
    g->contain = all;
    g->meeting = s->meets ? g->meeting + 1 : 0;
    g->meeting_in = s->ops[s->n - 1];
    return NN_OK;
}

static nn_status take_avoid(guide *g, const op_set *set, const sequence *s, nn_error *err)
{
    (void)set;
    if (s->placed || s->meets)
        return FAULT(s, "avoid", "expected operators separated by commas; inputs and `+` belong to contain");
    if (s->n < 2)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                       "avoid: expected at least two operators; use --ops -A to leave out a single one");
    if (!s->absent && !avoid_add((avoid_set *)(uintptr_t)g->avoid, s->ops, s->n))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "avoid: more than %d operators in all sequences", AVOID_MOST);
    return NN_OK;
}

static nn_status each_sequence(guide *g, const op_set *set, const char *flag, const char *text, take_fn *take, nn_error *err)
{
    sequence s = {.forbidden = take == take_avoid};
    nn_status status = NN_OK;
    for (const char *at = text; status == NN_OK && *at != '\0';) {
        status = read_sequence(set, flag, &at, &s, err);
        if (status == NN_OK)
            status = take(g, set, &s, err);
    }
    return status;
}

/* ---- feasibility ---- */

/* Whether the path contains a sequence that must be avoided. */
static bool avoided(const guide *g, const due_path *p)
{
    avoid_mask m = {0};
    bool fine = true;
    for (size_t i = 0; g->avoid && i < p->n; i++) {
        avoid_mask next = {0};
        if (i > 0)
            avoid_pass(&next, &m);
        fine &= avoid_enter(g->avoid, &next, p->ops[i]);
        m = next;
    }
    return !fine;
}

static void write_path(const op_set *set, const uint16_t *ops, size_t n, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n && at < size; i++) {
        int k = snprintf(out + at, size - at, "%s%s", i > 0 ? "," : "", set->ops[ops[i]].name);
        at += k > 0 ? (size_t)k : 0;
    }
}

/* b: the builder that has just failed to place it; NULL: it was not tried. */
static nn_status infeasible(const op_set *set, const due_path *p, size_t first, size_t n, const char *reason, const builder *b,
                            nn_error *err)
{
    char whole[120], part[120];
    const tries_text most = b ? try_table_text(builder_tries(b), NULL) : (tries_text){""};
    write_path(set, p->ops, p->n, whole, sizeof whole);
    write_path(set, p->ops + first, n, part, sizeof part);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "contain %s: %s is impossible: %s%s%s", whole, part, reason, *most.s ? "; " : "",
                   most.s);
}

/* Finds what makes a path infeasible that could not be placed in any trial: a pair, or three operators in a row. */
static nn_status explain_path(builder *b, const op_set *set, const due_path *p, nn_error *err)
{
    const char *reason;
    for (size_t length = 2; length <= 3; length++)
        for (size_t i = 0; i + length <= p->n; i++) {
            int tries = length == 2 ? PAIR_TRIES : PATH_TRIES;
            builder_forget_tries(b);
            if (path_probe(b, p->ops + i, length, &tries, &reason) != NN_OK)
                return nn_nomem(err);
            if (reason)
                return infeasible(set, p, i, length, reason, b, err);
        }
    return NN_OK;
}

static nn_status try_model(builder *b, const guide *g, tape *t, build_request r, nn_error *err)
{
    r.paths = g->contain;
    r.n_paths = g->n_contain;
    r.avoid = g->avoid;
    const graph *out;
    nn_error inner;
    for (uint64_t i = 0; i < 3; i++) {
        tape_reseed(t, 0, i);
        nn_status s = builder_build(b, &r, t, &out, NULL, &inner);
        if (s == NN_OK)
            return s;
        if (s != NN_ERR_BUILD)
            return nn_fail(err, s, NULL, 0, 0, "%s", inner.message);
    }
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "contain: no model of %zu nodes with all these paths was found: %.300s", r.nodes,
                   inner.message);
}

static nn_status check(const guide *g, const op_set *set, size_t nodes, const lower_limits *limits, const step_watch *w, nn_error *err)
{
    size_t longest = 0;
    for (size_t i = 0; i < g->n_contain; i++) {
        const due_path *p = &g->contain[i];
        longest = p->n > longest ? p->n : longest;
        if (avoided(g, p))
            return infeasible(set, p, 0, p->n, "it contains a forbidden path", NULL, err);
    }
    if (longest > nodes)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "contain: a path of %zu operators does not fit into %zu nodes", longest,
                       nodes);
    builder *b = NULL;
    tape *t = NULL;
    nn_status s = builder_new(&b, set, err);
    if (s == NN_OK)
        s = tape_new_seeded(&t, 0, 0, err);
    if (s == NN_OK)
        s = try_model(b, g, t, (build_request){.nodes = nodes, .limits = *limits, .watch = w}, err);
    if (s == NN_ERR_USAGE && path_probe_begin(b, t, limits) != NN_OK)
        s = nn_nomem(err);
    nn_status why = NN_OK;
    for (size_t i = 0; s == NN_ERR_USAGE && why == NN_OK && i < g->n_contain; i++)
        why = explain_path(b, set, &g->contain[i], err);
    tape_free(t);
    builder_free(b);
    return why == NN_ERR_NOMEM ? why : s;
}

nn_status guide_open(guide *g, const op_set *ops, const guide_texts *t, size_t nodes, const lower_limits *limits, nn_error *err)
{
    *g = (guide){0};
    arena_init(&g->mem, 0);
    nn_status s = NN_OK;
    if (*t->avoid != '\0') {
        g->avoid = avoid_new(&g->mem, ops->n_all);
        s = g->avoid ? each_sequence(g, ops, "avoid", t->avoid, take_avoid, err) : nn_nomem(err);
    }
    if (s == NN_OK)
        s = each_sequence(g, ops, "contain", t->contain, take_contain, err);
    if (s == NN_OK && *t->weights != '\0') {
        op_weights *w = NULL;
        s = weights_parse(&w, ops, t->weights, &g->mem, err);
        g->weights = w;
    }
    if (s == NN_OK && g->n_contain > 0)
        s = check(g, ops, nodes, limits, t->watch, err);
    if (s != NN_OK)
        guide_close(g);
    return s;
}

void guide_close(guide *g)
{
    arena_free(&g->mem);
    *g = (guide){0};
}
