#include "family/options.h"
#include "base/flag_row.h"
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

/* The default as a number or as a text, depending on the kind. */
#define ROW_INT(fallback, least, greatest) fallback, least, greatest, NULL
#define ROW_FLAG(fallback, least, greatest) fallback, least, greatest, NULL
#define ROW_TEXT(fallback, least, greatest) 0, least, greatest, fallback
#define ROW_LIST(fallback, least, greatest) 0, least, greatest, fallback
#define ROW_WORD(fallback, least, greatest) 0, least, greatest, fallback

const option_row option_rows[] = {
#define X(kind, field, argument, fallback, least, greatest, manifest, help) \
    {OPTION_##kind, #field, argument, offsetof(options, field), ROW_##kind(fallback, least, greatest), manifest, help},
    NN_OPTIONS(X)
#undef X
};
const size_t option_count = sizeof option_rows / sizeof option_rows[0];
_Static_assert(sizeof option_rows / sizeof option_rows[0] <= 64, "options.given has a bit for each row");

static bool is_number(const option_row *row)
{
    return row->kind == OPTION_INT || row->kind == OPTION_FLAG;
}

int64_t option_int(const options *o, const option_row *row)
{
    int64_t x;
    memcpy(&x, (const char *)o + row->offset, sizeof x);
    return x;
}

const char *option_text(const options *o, const option_row *row)
{
    const char *s;
    memcpy(&s, (const char *)o + row->offset, sizeof s);
    return s;
}

void option_set_int(options *o, const option_row *row, int64_t x)
{
    memcpy((char *)o + row->offset, &x, sizeof x);
}
void option_set_text(options *o, const option_row *row, const char *s)
{
    memcpy((char *)o + row->offset, &s, sizeof s);
}

void option_flag(const option_row *row, char out[32])
{
    (void)snprintf(out, 32, "--%s", row->field);
    for (char *p = out; *p != '\0'; p++)
        if (*p == '_')
            *p = '-';
}

uint64_t options_all(const options *o)
{
    return (uint64_t)o->count * (uint64_t)(o->variants > 1 ? o->variants : 1);
}

uint64_t options_models(const options *o)
{
    const int64_t all = (int64_t)options_all(o);
    if (o->shards == 0)
        return (uint64_t)all;
    return all >= o->shard_number ? (uint64_t)((all - o->shard_number) / o->shards) + 1 : 0;
}

int share_parse(const char *text)
{
    int x = 0, unit = 1000;
    const char *p = text;
    if (*p != '0' && *p != '1')
        return -1;
    x = (*p++ - '0') * unit;
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++) {
            unit /= 10;
            x += (*p - '0') * unit;
        }
    return *p == '\0' && x <= 1000 ? x : -1;
}

void options_default(options *o)
{
    *o = (options){0};
    for (const option_row *row = option_rows; row < option_rows + option_count; row++)
        if (is_number(row))
            option_set_int(o, row, row->fallback);
        else
            option_set_text(o, row, row->fallback_text);
}

static nn_status out_of_range(nn_error *err, const char *prefix, const option_row *row, const char *value)
{
    char flag[32];
    option_flag(row, flag);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s%s %.60s: expected an integer from %lld to %lld", prefix, flag + 2, value,
                   (long long)row->least, (long long)row->greatest);
}

nn_status options_check(const options *o, const char *prefix, nn_error *err)
{
    for (const option_row *row = option_rows; row < option_rows + option_count; row++) {
        int64_t x = is_number(row) ? option_int(o, row) : 0;
        if (row->kind != OPTION_INT || (x >= row->least && x <= row->greatest) || x == row->fallback)
            continue;
        char value[32];
        (void)snprintf(value, sizeof value, "%lld", (long long)x);
        return out_of_range(err, prefix, row, value);
    }
    return NN_OK;
}

void options_free(options *o)
{
    for (size_t i = 0; i < OPTION_LISTS; i++)
        nn_free(o->joined[i]);
    nn_free(o->paths);
}

/* Whether the option is left out of a model's metadata. Options added in later versions appear only if they are given, so that
 * the bytes of other models did not change. */
static bool unsaid(const options *o, const option_row *row)
{
    bool later = row->offset == offsetof(options, max_dim) || row->offset == offsetof(options, max_window) ||
                 row->offset == offsetof(options, max_rank) || row->offset == offsetof(options, constants) ||
                 row->offset == offsetof(options, near_misses) || row->offset == offsetof(options, outputs) ||
                 row->offset == offsetof(options, variants);
    if (later)
        return option_int(o, row) == row->fallback;
    return !is_number(row) && row->offset != offsetof(options, profile) && row->offset != offsetof(options, ops) &&
           strcmp(option_text(o, row), row->fallback_text) == 0;
}

bool option_stated(const options *o, const option_row *row)
{
    return row->manifest == IF_SAID ? !unsaid(o, row) : row->manifest != 0;
}

size_t options_describe(const options *o, char *out, size_t size)
{
    size_t n = 0;
    for (const option_row *row = option_rows; row < option_rows + option_count; row++) {
        if (!row->manifest || unsaid(o, row) || row->offset == offsetof(options, outputs)) /* it changes no model */
            continue;
        char *at = n < size ? out + n : NULL;
        size_t room = n < size ? size - n : 0;
        const char *gap = n > 0 ? " " : "";
        int k = is_number(row) ? snprintf(at, room, "%s%s=%lld", gap, row->field, (long long)option_int(o, row))
                               : snprintf(at, room, "%s%s=%s", gap, row->field, option_text(o, row));
        n += k > 0 ? (size_t)k : 0;
    }
    return n;
}

/* ---- argv ---- */

static nn_status unknown_flag(nn_error *err, const char *given, size_t length)
{
    char word[64];
    (void)snprintf(word, sizeof word, "%.*s", (int)(length < 60 ? length : 60), given);
    nearest best = {0};
    char flags[sizeof option_rows / sizeof option_rows[0]][32];
    for (size_t i = 0; i < option_count; i++) {
        option_flag(&option_rows[i], flags[i]);
        nearest_offer(&best, word, flags[i]);
    }
    if (best.word != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "unknown option %s; did you mean %s?", word, best.word);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "unknown option %s", word);
}

/* first: the argument is at the position of a command */
static nn_status unexpected(nn_error *err, const char *given, bool first)
{
    static const char *const words[] = {"merge",    "verify", "replay", "seeds", "compare", "sequences",
                                        "coverage", "motifs", "suite",  "eval",  "show", "emit"};
    nearest best = {0};
    char word[64];
    (void)snprintf(word, sizeof word, "%.60s", given);
    for (size_t i = 0; first && i < sizeof words / sizeof words[0]; i++)
        nearest_offer(&best, word, words[i]);
    if (best.word != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "unknown command %s; did you mean %s?", word, best.word);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "unexpected argument %s; options begin with --", *word != '\0' ? word : "''");
}

static const option_row *find_flag(const char *given, size_t length)
{
    for (const option_row *row = option_rows; row < option_rows + option_count; row++) {
        char flag[32];
        option_flag(row, flag);
        if (strlen(flag) == length && strncmp(flag, given, length) == 0)
            return row;
    }
    return NULL;
}

static nn_status set_number(options *o, const option_row *row, const char *value, nn_error *err)
{
    int64_t x;
    if (!flag_read_number(value, &x) || x < row->least || x > row->greatest)
        return out_of_range(err, "--", row, *value != '\0' ? value : "''");
    option_set_int(o, row, x);
    return NN_OK;
}

/* Reads an integer in [1, SHARDS_MAX] that ends at `end`. */
static bool read_part(const char **at, char end, int64_t *x)
{
    *x = 0;
    const char *p = *at;
    for (; *p >= '0' && *p <= '9' && *x <= SHARDS_MAX; p++)
        *x = 10 * *x + (*p - '0');
    bool good = p > *at && *p == end && *x >= 1 && *x <= SHARDS_MAX;
    *at = p + (good && end != '\0');
    return good;
}

static nn_status set_shard(options *o, const char *value, nn_error *err)
{
    const char *p = value;
    if (read_part(&p, '/', &o->shard_number) && read_part(&p, '\0', &o->shards) && o->shard_number <= o->shards)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--shard %.60s: expected K/N with 1 <= K <= N <= %d", value, SHARDS_MAX);
}

/* Parses A..B or A..B/S. */
static nn_status set_nodes(options *o, const option_row *row, const char *value, nn_error *err)
{
    int64_t part[3] = {0, 0, 1};
    const char *p = value;
    bool good = true;
    for (size_t i = 0; i < 3 && good; i++) {
        const char *from = p;
        for (part[i] = 0; *p >= '0' && *p <= '9' && part[i] <= row->greatest; p++)
            part[i] = 10 * part[i] + (*p - '0');
        good = p > from && part[i] >= row->least && part[i] <= row->greatest;
        if (i == 1 && *p == '\0') {
            part[2] = 1;
            break;
        }
        const char *gap = i == 0 ? ".." : i == 1 ? "/" : "";
        good = good && (i == 2 ? *p == '\0' : strncmp(p, gap, strlen(gap)) == 0);
        p += good ? strlen(gap) : 0;
    }
    if (!good || part[1] < part[0])
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--nodes %.60s: expected N or A..B/S with A <= B, integers from %lld to %lld",
                       value, (long long)row->least, (long long)row->greatest);
    o->nodes = part[0];
    o->nodes_last = part[1];
    o->nodes_step = part[2];
    return NN_OK;
}

static nn_status add_to_list(options *o, const option_row *row, const char *value, nn_error *err)
{
    const char *before = option_text(o, row);
    size_t n = strlen(before) + strlen(value) + 2, i = 0;
    char *text = nn_malloc(n);
    if (text == NULL)
        return nn_nomem(err);
    (void)snprintf(text, n, "%s;%s", before, value);
    while (i + 1 < OPTION_LISTS && o->joined[i] != NULL && o->joined[i] != before)
        i++;
    nn_free(o->joined[i]);
    o->joined[i] = text;
    option_set_text(o, row, text);
    return NN_OK;
}

static nn_status set_value(options *o, const option_row *row, const char *value, nn_error *err)
{
    if (row->offset == offsetof(options, nodes)) {
        o->nodes_last = o->nodes_step = 0;
        if (strstr(value, "..") != NULL)
            return set_nodes(o, row, value, err);
    }
    if (row->kind == OPTION_INT)
        return set_number(o, row, value, err);
    if ((row->kind == OPTION_TEXT || row->kind == OPTION_LIST) && *value == '\0') {
        char flag[32];
        option_flag(row, flag);
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s '': expected %s", flag, row->argument);
    }
    if (row->kind == OPTION_LIST && *option_text(o, row) != '\0')
        return add_to_list(o, row, value, err);
    option_set_text(o, row, value);
    return row->offset == offsetof(options, shard) ? set_shard(o, value, err) : NN_OK;
}

/* Formats of WORD options, which may also be an argument of their own. */
static bool is_format(const char *word)
{
    return strcmp(word, "text") == 0 || strcmp(word, "json") == 0 || strcmp(word, "markdown") == 0;
}

static bool is_command(const options *o, const char *word)
{
    return o->command != NULL && strcmp(o->command, word) == 0;
}

static const struct {
    const char *name, *options;
} commands[] = {
    {"merge", " --force --specs --verify --quiet "},
    {"verify", " --quiet "},
    {"replay", " --out --specs --check --jobs --force --resume --dry-run --quiet --progress "},
    {"seeds",
     " --nodes --count --out --seed --opset --inputs --input-mode --profile --ops --types --motifs --near-misses --manner "
     "--max-elements --max-dim --max-window --max-rank --constants --check --specs --force --quiet --max-bytes --purpose "},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

bool option_of_command(const options *o, const option_row *row)
{
    char flag[32], word[34];
    option_flag(row, flag);
    (void)snprintf(word, sizeof word, " %s ", flag);
    for (size_t i = 0; i < COMMANDS; i++)
        if (is_command(o, commands[i].name))
            return strstr(commands[i].options, word) != NULL;
    return false;
}

static nn_status check_seeds(const options *o, nn_error *err)
{
    if (o->n_paths > 0 || o->out == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "seeds: expected --out DIR%s%s", o->n_paths > 0 ? ", not " : "",
                       o->n_paths > 0 ? o->paths[0] : "");
    if (o->nodes_last > 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "seeds: expected a single number for --nodes, the largest");
    if (strcmp(o->purpose, "parsers") != 0 && strcmp(o->purpose, "runtimes") != 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--purpose %.60s: expected parsers or runtimes", o->purpose);
    return NN_OK;
}

/* A model of a tape is the only result of the run. */
static nn_status check_tape(const options *o, nn_error *err)
{
    if (o->out == NULL && !o->dry_run)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--tape: --out is missing: expected the directory to write");
    if (o->nodes_last > 0 || o->shards > 0 || o->resume || o->force)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--tape makes one model in a new directory: leave out %s",
                       o->nodes_last > 0 ? "the range of --nodes"
                       : o->shards > 0   ? "--shard"
                       : o->resume       ? "--resume"
                                         : "--force");
    return NN_OK;
}

static bool is_given(const options *o, size_t offset)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_rows[i].offset == offset)
            return o->given >> i & 1;
    return false;
}

/* Seeds are small unless the command line says otherwise. */
static void use_small(options *o)
{
    if (!is_given(o, offsetof(options, nodes)))
        o->nodes = 8;
    if (!is_given(o, offsetof(options, max_elements)))
        o->max_elements = 64;
}

/* Refuses options that a command takes from manifests. */
static nn_status check_command(const options *o, nn_error *err)
{
    for (const option_row *row = option_rows; row < option_rows + option_count; row++) {
        char flag[32];
        option_flag(row, flag);
        if (option_of_command(o, row) || (o->given >> (row - option_rows) & 1) == 0)
            continue;
        if (!is_command(o, "seeds") && (row->manifest || row->offset == offsetof(options, shard)))
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: %s is taken from the manifest", o->command, flag);
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s takes no %s", o->command, flag);
    }
    if (is_command(o, "merge") && o->n_paths < 2)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "merge: expected the directory to write, then the directories of the shards");
    if (is_command(o, "verify") && o->n_paths == 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "verify: expected directories of corpora");
    if (is_command(o, "replay") && (o->n_paths != 1 || (o->out == NULL && !o->dry_run)))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "replay: expected a manifest and --out DIR");
    return is_command(o, "seeds") ? check_seeds(o, err) : NN_OK;
}

static nn_status check_listing(const options *o, nn_error *err)
{
    static const char *const formats[] = {"", "text", "json", "markdown"};
    bool ops = o->list_ops != NULL;
    const char *flag = ops ? "--list-ops" : "--list-motifs", *format = ops ? o->list_ops : o->list_motifs;
    if (ops && o->list_motifs != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--list-ops and --list-motifs exclude each other");
    if (o->out != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s writes no models: leave out --out", flag);
    for (size_t i = 0; i < (ops ? 4 : 3); i++)
        if (strcmp(format, formats[i]) == 0)
            return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s=%.60s: expected text%s json%s", flag, format, ops ? "," : " or",
                   ops ? " or markdown" : "");
}

/* A trace is about one family and is the only result of the run. */
static nn_status check_trace(const options *o, nn_error *err)
{
    const char *flag = o->trace >= 0 ? "--trace" : "--trace-summary";
    if (o->trace >= 0 && o->trace_summary != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--trace and --trace-summary exclude each other");
    if (o->out != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s writes no models: leave out --out", flag);
    if (o->shards > 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s covers the whole family: leave out --shard", flag);
    if (o->nodes_last > 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s covers one family: expected a single number for --nodes", flag);
    if (o->trace >= o->count)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--trace %lld: expected an index from 0 to %lld", (long long)o->trace,
                       (long long)o->count - 1);
    const char *format = o->trace_summary;
    if (format != NULL && *format != '\0' && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--trace-summary=%.60s: expected text or json", format);
    return NN_OK;
}

static nn_status check_together(const options *o, nn_error *err)
{
    if (o->help || o->version)
        return NN_OK;
    if (o->quiet && o->progress)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--quiet and --progress exclude each other");
    if (o->force && o->resume)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--force and --resume exclude each other");
    if (o->command != NULL)
        return check_command(o, err);
    if (o->verify)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--verify is an option of merge; to check a corpus, use nngen verify DIR");
    if (o->list_ops != NULL || o->list_motifs != NULL)
        return check_listing(o, err);
    if (o->like != NULL && *o->weights != '\0')
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--like and --weights exclude each other");
    if (o->trace >= 0 || o->trace_summary != NULL)
        return check_trace(o, err);
    if (is_given(o, offsetof(options, max_bytes)) || is_given(o, offsetof(options, purpose)))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--max-bytes and --purpose are options of nngen seeds");
    if (o->tape != NULL)
        return check_tape(o, err);
    if (o->out == NULL && !o->dry_run)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--out is missing: expected the directory to write");
    return NN_OK;
}

/* With --like, the manner and the motifs are those learned from the models unless the command line states others. */
static void use_learned(options *o)
{
    for (size_t i = 0; o->like != NULL && i < option_count; i++) {
        const option_row *row = &option_rows[i];
        bool learned = row->offset == offsetof(options, manner) || row->offset == offsetof(options, motifs);
        if (learned && !(o->given >> i & 1))
            option_set_text(o, row, "like");
    }
}

static const char *long_form(const char *given)
{
    return strcmp(given, "-h") == 0 ? "--help" : strcmp(given, "-V") == 0 ? "--version" : given;
}

/* Takes the option at argv[*i], and its value if that is the next argument. equals: the = in it; NULL: there is none. */
static nn_status take_option(options *o, const option_row *row, const char *equals, int argc, char *const *argv, int *i,
                             nn_error *err)
{
    const char *given = argv[*i], *next = *i + 1 < argc ? argv[*i + 1] : NULL;
    if (row->kind == OPTION_FLAG) {
        if (equals != NULL)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%.*s takes no value, but was given %.60s", (int)(equals - given), given,
                           equals + 1);
        option_set_int(o, row, 1);
        return NN_OK;
    }
    if (row->kind == OPTION_WORD && equals != NULL && equals[1] == '\0')
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%.80s: expected %s after =", given, row->argument);
    if (equals != NULL)
        return set_value(o, row, equals + 1, err);
    if (row->kind == OPTION_WORD)
        return set_value(o, row, next != NULL && is_format(next) ? argv[++*i] : "", err);
    if (next != NULL && strncmp(next, "--", 2) != 0)
        return set_value(o, row, argv[++*i], err);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s needs a value: expected %s", given, row->argument);
}

nn_status options_parse(options *o, int argc, char *const *argv, nn_error *err)
{
    options_default(o);
    for (size_t k = 0; k < COMMANDS; k++)
        if (argc > 1 && strcmp(argv[1], commands[k].name) == 0)
            o->command = argv[1];
    if (o->command != NULL && (o->paths = nn_calloc((size_t)argc, sizeof *o->paths)) == NULL)
        return nn_nomem(err);
    for (int i = o->command != NULL ? 2 : 1; i < argc; i++) {
        const char *given = long_form(argv[i]), *equals = strchr(given, '=');
        if (given[0] != '-' && o->command != NULL) {
            if (*given == '\0')
                return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s '': expected a path", o->command);
            o->paths[o->n_paths++] = given;
            continue;
        }
        if (given[0] != '-')
            return unexpected(err, given, i == 1);
        size_t length = equals != NULL ? (size_t)(equals - given) : strlen(given);
        const option_row *row = find_flag(given, length);
        if (row == NULL)
            return unknown_flag(err, given, length);
        o->given |= (uint64_t)1 << (row - option_rows);
        nn_status s = take_option(o, row, equals, argc, argv, &i, err);
        if (s != NN_OK)
            return s;
    }
    use_learned(o);
    if (is_command(o, "seeds"))
        use_small(o);
    return check_together(o, err);
}
