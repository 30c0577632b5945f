/* The command line. Only this file prints, reads the clock, catches signals and exits. */
#include "sequences/coverage.h"
#include "cli/help.h"
#include "cli/list_motifs.h"
#include "cli/list_ops.h"
#include "cli/missing.h"
#include "cli/progress.h"
#include "cli/summary.h"
#include "cli/tapes.h"
#include "emit/emit.h"
#include "eval/eval.h"
#include "mine/mine.h"
#include "reduce/reduce.h"
#include "nngen.h"
#include "family/options.h"
#include "corpus/replay.h"
#include "show/show.h"
#include "suite/suite.h"
#include "compare/compare_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_UNSUPPORTED = 3 };

/* ---- signals ---- */

static volatile sig_atomic_t caught; /* number of the signal */
static volatile int cancel;
static volatile sig_atomic_t resuming, kept; /* kept: models are written, so that the run can be resumed */

/* write() is allowed in a signal handler; if it fails, there is no way to report it. */
static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

static void on_signal(int number)
{
    if (caught != 0) {
        say(kept ? "nngen: stopped at once, without a manifest; --resume continues the run\n" : "nngen: stopped at once\n");
        _exit(128 + number);
    }
    caught = number;
    __atomic_store_n(&cancel, 1, __ATOMIC_RELAXED);
    if (resuming)
        say("nngen: stopping: writing the manifest of the finished models; a second signal stops at once\n");
}

/* The first SIGINT or SIGTERM asks for an orderly end; the second ends the program at once. Writing beyond a
 * limit on file sizes is then an error of write(). */
static void catch_signals(const options *o)
{
    resuming = o->resume != 0 && !o->dry_run;
    kept = !o->dry_run;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESTART};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)signal(SIGXFSZ, SIG_IGN);
}

/* Opens standard streams that were closed at the start on a descriptor on which reading or writing fails. Otherwise the first
 * files of the corpus would get their numbers and would receive the messages. */
static void occupy_standard_streams(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            break;
}

/* ---- messages ---- */

static const char *topic; /* the command whose help is of use; NULL: that of nngen */

static int fail(const nn_error *err)
{
    char text[sizeof err->file + sizeof err->message + 64];
    (void)nn_error_text(err, text, sizeof text);
    (void)fprintf(stderr, "nngen: %s\n", text);
    if (err->status == NN_ERR_USAGE)
        (void)fprintf(stderr, "Try 'nngen %s%s--help'.\n", topic != NULL ? topic : "", topic != NULL ? " " : "");
    return err->status == NN_ERR_USAGE ? EXIT_USAGE : err->status == NN_ERR_UNSUPPORTED ? EXIT_UNSUPPORTED : EXIT_FAILURE;
}

/* Writes what is left of standard output. Returns 0 or the reason why it could not be written. */
static int flush_stdout(void)
{
    int e = errno; /* still that of the write, if one failed */
    bool bad = ferror(stdout) != 0;
    if (fflush(stdout) != 0)
        return errno;
    return bad ? e : 0;
}

static int stdout_failed(int e, int status)
{
    (void)fprintf(stderr, "nngen: standard output: %s\n", strerror(e));
    return status != 0 ? status : EXIT_FAILURE;
}

/* Ends a run whose result is on standard output. If the reader has closed the pipe, there is no message, and the status is that of
 * a program that SIGPIPE has ended. */
static int close_stdout(int status)
{
    int e = flush_stdout();
    return e == 0 ? status : e != EPIPE ? stdout_failed(e, status) : status != 0 ? status : 128 + SIGPIPE;
}

/* Ends a run that prints a summary of files. It has not failed if nobody reads the summary. */
static int close_summary(int status)
{
    int e = flush_stdout();
    return e == 0 || e == EPIPE ? status : stdout_failed(e, status);
}

static int print_help(const options *o)
{
    json_line text = {.bytes = NULL};
    o->command != NULL ? help_command(&text, o) : help_text(&text);
    int status = text.failed ? fail(&(nn_error){.status = NN_ERR_NOMEM, .message = "out of memory"}) : EXIT_SUCCESS;
    if (status == EXIT_SUCCESS)
        (void)fwrite(text.bytes, 1, text.size, stdout);
    nn_free(text.bytes);
    return close_stdout(status);
}

/* ---- progress ---- */

typedef struct {
    double started, shown;
    bool on, line; /* line: there is text in the current line of the terminal */
    bool planning; /* the family is being opened */
} bar;

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void wipe(bar *b)
{
    if (b->line)
        (void)fputs("\r\033[K", stderr);
    b->line = false;
}

static int columns(void)
{
    struct winsize w;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}

/* Whether the line must be drawn again. */
static bool is_due(bar *b, bool last)
{
    double t = now();
    if (!b->on || (t - b->shown < 0.1 && !last))
        return false;
    b->shown = t;
    b->line = true;
    return true;
}

static void draw(const char *text)
{
    (void)fputs(text, stderr);
    (void)fflush(stderr);
}

static void on_progress(void *data, const nn_progress *p)
{
    bar *b = data;
    char text[256];
    if (!is_due(b, p->done == p->count))
        return;
    progress_models(text, sizeof text, columns(), p, b->shown - b->started);
    draw(text);
}

/* Shows the steps of an analysis. */
static void on_steps(void *data, uint64_t done, uint64_t all)
{
    bar *b = data;
    char text[256];
    if (!is_due(b, done == all))
        return;
    progress_steps(text, sizeof text, columns(), b->planning ? "\rplanning: " : "\r", done, all, b->shown - b->started);
    draw(text);
}

/* Later models are built, in other threads; they are not stopped halfway. */
static int on_planning(void *data, const char *what, uint64_t done, uint64_t all)
{
    bar *b = data;
    if (b->planning && what != NULL)
        on_steps(b, done, all);
    return b->planning && __atomic_load_n(&cancel, __ATOMIC_RELAXED);
}

/* Prints and frees a text. */
static void print_text(json_line *text, FILE *to)
{
    if (text->size > 0)
        (void)fwrite(text->bytes, 1, text->size, to);
    nn_free(text->bytes);
}

static void print_summary(const options *o, const nn_corpus_report *r, double seconds)
{
    json_line text = {.bytes = NULL};
    summary_text(&text, o, r, seconds);
    print_text(&text, stdout);
}

/* ---- runs ---- */

/* Prints and empties the list. */
static void say_missing(missing_list *m, bool quiet)
{
    json_line text = {.bytes = NULL};
    missing_text(&text, m);
    text.size = quiet ? 0 : text.size;
    print_text(&text, stderr);
}

/* Tells what became of --ops. */
static void say_notes(const nn_table *table, bool quiet)
{
    const char *note;
    for (size_t i = 0; !quiet && (note = nn_table_note(table, i)) != NULL; i++)
        (void)fprintf(stderr, "nngen: --ops: %s\n", note);
}

static unsigned processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > 256 ? 256 : (unsigned)n;
}

static int stopped(const nn_error *err, const char *after)
{
    int number = caught != 0 ? caught : SIGINT;
    (void)fprintf(stderr, "nngen: %s: %s%s\n", number == SIGTERM ? "terminated" : "interrupted", err->message, after);
    return 128 + number;
}

static void say_duplicates(const nn_corpus_report *r, const char *dir)
{
    json_line text = {.bytes = NULL};
    summary_duplicates(&text, r, dir);
    print_text(&text, stderr);
}

static int write_corpus(const options *o, const nn_family *family)
{
    bar b = {.started = now(), .on = !o->quiet && (o->progress || isatty(STDERR_FILENO))};
    missing_list missing = {.what = "operator"}, motifs = {.what = "motif"};
    nn_corpus_config config = {.out = o->dry_run ? NULL : o->out,
                               .jobs = o->jobs > 0 ? (unsigned)o->jobs : processors(),
                               .force = o->force != 0,
                               .resume = o->resume != 0,
                               .shard = (unsigned)o->shard_number,
                               .shards = (unsigned)o->shards,
                               .progress = on_progress,
                               .progress_data = &b,
                               .cancel = &cancel,
                               .missing_motif = missing_add_motif,
                               .missing_motif_data = &motifs};
    nn_corpus_report report = {0};
    nn_error err = {0};
    catch_signals(o);
    nn_status s = nn_corpus_write(family, &config, &report, missing_add, &missing, &err);
    wipe(&b);
    say_missing(&missing, o->quiet != 0);
    say_missing(&motifs, o->quiet != 0);
    if (s == NN_ERR_CANCELLED)
        return stopped(&err, o->dry_run ? "" : "; the manifest lists the finished models, --resume continues the run");
    if (s != NN_OK) {
        int status = fail(&err);
        if (report.models > 0 && !o->dry_run)
            (void)fprintf(stderr, "nngen: %llu of %llu models were finished and stay in %s; --resume continues the run\n",
                          (unsigned long long)report.models, (unsigned long long)options_models(o), o->out);
        return status;
    }
    if (!o->quiet)
        say_duplicates(&report, o->dry_run ? NULL : o->out);
    if (!o->quiet)
        print_summary(o, &report, now() - b.started);
    return close_summary(EXIT_SUCCESS);
}

static int print_listing(const options *o, const nn_table *table)
{
    json_line text = {.bytes = NULL};
    nn_error err = {0};
    int status = EXIT_SUCCESS;
    nn_status s = o->list_ops != NULL ? list_ops(&text, table, o->list_ops, &err) : list_motifs(&text, table, o->list_motifs, &err);
    if (s != NN_OK)
        status = fail(&err);
    text.size = s == NN_OK ? text.size : 0;
    print_text(&text, stdout);
    return close_stdout(status);
}

static void print_piece(void *data, const char *text, size_t size)
{
    (void)data;
    (void)fwrite(text, 1, size, stdout);
}

/* Prints how one model is built, or counts the tries of all models. */
static int trace_family(const options *o, const nn_family *family)
{
    nn_error err = {0};
    nn_status s;
    if (o->trace >= 0)
        s = nn_model_trace(family, (uint64_t)o->trace, print_piece, NULL, &err);
    else
        s = nn_family_trace(family, *o->trace_summary != '\0' ? o->trace_summary : NULL, &cancel, print_piece, NULL, &err);
    if (s == NN_ERR_CANCELLED)
        return stopped(&err, "");
    return close_stdout(s == NN_OK ? EXIT_SUCCESS : fail(&err));
}

/* family: of the model of a tape; NULL: seeds. Prints what the command wrote about itself. */
static int tapes(const options *o, const nn_table *table, const nn_family *family)
{
    json_line line = {.bytes = NULL};
    nn_error err = {0};
    nn_status s = family != NULL ? tapes_write_model(&line, o, family, &err) : tapes_write_seeds(&line, o, table, &err);
    line.size = s == NN_OK ? line.size : 0;
    print_text(&line, stdout);
    return s == NN_OK ? close_stdout(EXIT_SUCCESS) : fail(&err);
}

static int run_family(const options *o, const nn_table *table, const char *weights)
{
    nn_family *family = NULL;
    nn_error err = {0};
    nn_family_config fc = family_of_options(o);
    fc.weights = weights; /* the content of the file */
    bool trace = o->trace >= 0 || o->trace_summary != NULL;
    bar b = {.started = now(), .on = !o->quiet && (o->progress || isatty(STDERR_FILENO)), .planning = true};
    fc.step = on_planning;
    fc.step_data = &b;
    options dry = *o;
    dry.dry_run = 1; /* there is no manifest to write yet */
    catch_signals(&dry);
    nn_status s = nn_family_open(&family, table, &fc, &err);
    wipe(&b);
    b.planning = false;
    int status = s == NN_ERR_CANCELLED ? stopped(&err, " before the first model")
                 : s != NN_OK          ? fail(&err)
                 : trace               ? trace_family(o, family)
                 : o->tape != NULL     ? tapes(o, table, family)
                                       : write_corpus(o, family);
    nn_family_close(family);
    return status;
}

/* Makes a family for each number of nodes, below --out. Ends at the first one that fails or is stopped. */
static int run_families(const options *o, const nn_table *table, const char *weights)
{
    if (o->nodes_last == 0)
        return run_family(o, table, weights);
    size_t size = o->out != NULL ? strlen(o->out) + 32 : 1;
    char *out = malloc(size);
    int status = out != NULL ? EXIT_SUCCESS : fail(&(nn_error){.status = NN_ERR_NOMEM, .message = "out of memory"});
    for (int64_t nodes = o->nodes; nodes <= o->nodes_last && status == EXIT_SUCCESS; nodes += o->nodes_step) {
        options one = *o;
        one.nodes = nodes;
        if (o->out != NULL) {
            (void)snprintf(out, size, "%s/nodes-%03lld", o->out, (long long)nodes);
            one.out = out;
        }
        status = run_family(&one, table, weights);
    }
    free(out);
    return status;
}

static void on_unknown(void *data, const char *op, uint64_t nodes, const char *why)
{
    if (!((const options *)data)->quiet)
        (void)fprintf(stderr, "nngen: --like: operator %s (%llu node%s) %s\n", op, (unsigned long long)nodes, nodes == 1 ? "" : "s",
                      why);
}

static void on_types(void *data, const char *types)
{
    if (!((const options *)data)->quiet)
        (void)fprintf(stderr, "nngen: --like: the models also have graph inputs of other types; consider --types %s\n", types);
}

static void on_skipped(void *data, const char *path, const char *reason)
{
    (void)data;
    (void)fprintf(stderr, "nngen: --like: %s: %s; skipped\n", path, reason);
}

/* Reads or learns the requested weights, if any. */
static int run_weighted(const options *o, const nn_table *table)
{
    char *weights = NULL;
    nn_error err = {0};
    nn_status s = NN_OK;
    const nn_like_listener listener = {
        .unknown = on_unknown, .skipped = on_skipped, .types = on_types, .data = (void *)(uintptr_t)o};
    if (*o->weights != '\0')
        s = nn_weights_read(&weights, o->weights, &err);
    else if (o->like != NULL)
        s = nn_weights_like(&weights, o->like, table, &listener, &err);
    int status = s == NN_OK ? run_families(o, table, weights) : fail(&err);
    nn_text_free(weights);
    return status;
}

static int run(const options *o)
{
    nn_table *table = NULL;
    nn_error err = {0};
    nn_table_config tc = table_of_options(o);
    int status;
    if (nn_table_open(&table, &tc, &err) == NN_OK)
        say_notes(table, o->quiet != 0);
    if (table == NULL)
        status = fail(&err);
    else if (o->command != NULL)
        status = tapes(o, table, NULL); /* seeds */
    else if (o->list_ops != NULL || o->list_motifs != NULL)
        status = print_listing(o, table);
    else
        status = run_weighted(o, table);
    nn_table_close(table);
    return status;
}

static int replay(const options *given)
{
    nn_table *table;
    nn_family *family;
    manifest_doc *doc;
    nn_error err = {0};
    const char *path = given->paths[0];
    nn_status s = manifest_load(&doc, path, &err);
    if (s != NN_OK)
        return fail(&err);
    options o = *given;
    const options *made = manifest_options(doc);
    o.nodes = made->nodes;
    o.count = made->count;
    o.shard_number = made->shard_number;
    o.shards = made->shards;
    s = replay_open(&table, &family, doc, path, o.specs, o.check != 0, &err);
    int status = s == NN_OK ? write_corpus(&o, family) : fail(&err);
    if (s == NN_OK)
        nn_family_close(family);
    nn_table_close(table);
    manifest_doc_free(doc);
    return status;
}

static void on_difference(void *data, const char *path, const char *what)
{
    (void)fprintf(stderr, "nngen: %s/%s: %s\n", (const char *)data, path, what);
}

/* Verifies a directory. If there are several, the report names it. */
static int verify_one(const options *o, const char *dir)
{
    nn_verify_report r;
    nn_error err = {0};
    if (nn_corpus_verify(dir, &r, on_difference, (void *)(uintptr_t)dir, &err) != NN_OK)
        return fail(&err);
    json_line text = {.bytes = NULL};
    if (!o->quiet)
        summary_verified(&text, o->n_paths > 1 ? dir : NULL, &r);
    print_text(&text, stdout);
    return r.differences == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int verify(const options *o)
{
    int status = EXIT_SUCCESS;
    for (int i = 0; i < o->n_paths; i++)
        if (verify_one(o, o->paths[i]) != EXIT_SUCCESS)
            status = EXIT_FAILURE;
    return close_summary(status);
}

/* A merge has two files of each shard open. */
static void allow_open_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int merge(const options *given)
{
    double started = now();
    missing_list missing = {.what = "operator"}, motifs = {.what = "motif"};
    nn_corpus_report report = {0};
    nn_error err = {0};
    nn_merge_config config = {.specs = given->specs,
                              .force = given->force != 0,
                              .verify = given->verify != 0,
                              .missing_motif = missing_add_motif,
                              .missing_motif_data = &motifs};
    allow_open_files();
    nn_status s = nn_corpus_merge(given->paths[0], (const char *const *)(given->paths + 1), (size_t)given->n_paths - 1, &config,
                                  &report, missing_add, &missing, &err);
    say_missing(&missing, given->quiet != 0);
    say_missing(&motifs, given->quiet != 0);
    if (s != NN_OK)
        return fail(&err);
    if (!given->quiet)
        say_duplicates(&report, given->paths[0]);
    options o = *given;
    o.out = given->paths[0];
    o.nodes = report.models > 0 ? (int64_t)(report.nodes / report.models) : 0;
    if (!o.quiet)
        print_summary(&o, &report, now() - started);
    return close_summary(EXIT_SUCCESS);
}

static void on_problem(void *data, const char *message)
{
    (void)data;
    (void)fprintf(stderr, "nngen: %s\n", message);
}

/* Ends a command whose result is a text. */
static int finish(json_line *out, nn_status s, const nn_error *err, bool problems)
{
    int status = s != NN_OK ? fail(err) : problems ? EXIT_FAILURE : EXIT_SUCCESS;
    if (s == NN_OK && out->size > 0)
        (void)fwrite(out->bytes, 1, out->size, stdout);
    nn_free(out->bytes);
    return close_stdout(status);
}

static int analyse(char *const *argv, int argc)
{
    json_line out = {.bytes = NULL};
    nn_error err = {0};
    size_t problems = 0;
    bar b = {.started = now(), .on = true};
    const seq_watch watch = {.tell = on_problem, .progress = on_steps, .data = &b, .terminal = isatty(STDERR_FILENO) != 0};
    nn_status s = strcmp(argv[1], "eval") == 0       ? eval_run_command(argc - 2, argv + 2, &out, on_problem, NULL, &problems, &err)
                  : strcmp(argv[1], "show") == 0     ? show_run(argc - 2, argv + 2, &out, on_problem, NULL, &problems, &err)
                  : strcmp(argv[1], "emit") == 0     ? emit_run_command(argc - 2, argv + 2, &out, on_problem, NULL, &err)
                  : strcmp(argv[1], "motifs") == 0   ? mine_run(argc - 2, argv + 2, &out, on_problem, NULL, &problems, &err)
                  : strcmp(argv[1], "coverage") == 0 ? coverage_run(argc - 2, argv + 2, &out, &watch, &problems, &err)
                                                     : sequences_run(argc - 2, argv + 2, &out, &watch, &problems, &err);
    wipe(&b);
    return finish(&out, s, &err, problems > 0);
}

static int compare(char *const *argv, int argc)
{
    json_line out = {.bytes = NULL};
    nn_error err = {0};
    uint64_t outside = 0;
    nn_status s = compare_run(argc - 2, argv + 2, &out, &outside, &err);
    int status = finish(&out, s, &err, outside > 0);
    return s != NN_OK ? EXIT_USAGE : status; /* 1 says that they differ */
}

static int suite(char *const *argv, int argc)
{
    json_line out = {.bytes = NULL};
    nn_error err = {0};
    size_t unknown;
    bar b = {.started = now(), .on = isatty(STDERR_FILENO) != 0};
    const suite_watch watch = {.progress = on_steps, .data = &b, .cancel = &cancel, .jobs = processors()};
    catch_signals(&(options){.dry_run = 1});
    nn_status s = suite_run(argc - 2, argv + 2, &out, &watch, &unknown, &err);
    wipe(&b);
    if (s == NN_ERR_CANCELLED)
        return stopped(&err, "");
    if (s == NN_OK && unknown > 0)
        (void)fprintf(stderr, "nngen: %zu case%s of the results %s not in the index\n", unknown, unknown == 1 ? "" : "s",
                      unknown == 1 ? "is" : "are");
    return finish(&out, s, &err, unknown > 0);
}

static void on_line(void *data, const char *line)
{
    if (!is_due(data, false))
        return;
    (void)fprintf(stderr, "\r%.*s\033[K", columns() - 1, line); /* which is not buffered */
}

extern char **environ;

static int reduce(char *const *argv, int argc)
{
    json_line out = {.bytes = NULL};
    nn_error err = {0};
    bar b = {.started = now(), .on = isatty(STDERR_FILENO) != 0};
    reduce_watch watch = {.now = now, .tell = on_problem, .progress = on_line, .data = &b, .cancel = &cancel};
    watch.environment = environ;
    watch.jobs = processors();
    catch_signals(&(options){.dry_run = 1});
    nn_status s = reduce_run_command(argc - 2, argv + 2, &out, &watch, &err);
    wipe(&b);
    return s == NN_ERR_CANCELLED ? stopped(&err, "") : finish(&out, s, &err, false);
}

static int act(const options *o)
{
    if (o->help)
        return print_help(o);
    if (o->version) {
        (void)printf("nngen %s\n", nn_version());
        return close_stdout(EXIT_SUCCESS);
    }
    if (o->command != NULL)
        return strcmp(o->command, "merge") == 0    ? merge(o)
               : strcmp(o->command, "verify") == 0 ? verify(o)
               : strcmp(o->command, "seeds") == 0  ? run(o)
                                                   : replay(o);
    return run(o);
}

/* The commands that have their own command line; NULL: another. */
typedef int own_command(char *const *argv, int argc);
static own_command *find_own(const char *name)
{
    static const struct {
        const char *name;
        own_command *run;
    } all[] = {{"sequences", analyse}, {"coverage", analyse}, {"motifs", analyse}, {"eval", analyse}, {"emit", analyse},
               {"compare", compare},   {"suite", suite},      {"show", analyse},   {"reduce", reduce}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].run;
    return NULL;
}

int main(int argc, char **argv)
{
    static char help[] = "--help";
    options o;
    nn_error err = {0};
    occupy_standard_streams();
    (void)signal(SIGPIPE, SIG_IGN); /* writing to a closed pipe is an error of write() */
    own_command *own = argc > 1 ? find_own(argv[1]) : NULL;
    if (own != NULL) {
        if (argc == 3 && strcmp(argv[2], "-h") == 0)
            argv[2] = help;
        topic = argv[1];
        return own(argv, argc);
    }
    nn_status s = options_parse(&o, argc, argv, &err);
    topic = o.command;
    int status = s == NN_OK ? act(&o) : fail(&err);
    options_free(&o);
    return status;
}
