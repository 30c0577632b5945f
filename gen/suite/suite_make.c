#include "suite/suite_make.h"
#include "suite/case_write.h"
#include "suite/suite_dir.h"
#include "suite/suite_summary.h"
#include "suite/suite_tasks.h"

#include <pthread.h>
#include <stdlib.h>

#define JOBS_MAX 256

typedef struct {
    const suite_options *o;
    const suite_watch *watch;
    suite_tasks *tasks;
    suite_dir dir;
    pthread_mutex_t lock; /* protects all fields below */
    size_t next, done;
    nn_error error; /* that of the first task in order that failed; status NN_OK: none */
    size_t failed;
} making;

static bool cancelled(const making *m)
{
    return m->watch->cancel != NULL && __atomic_load_n(m->watch->cancel, __ATOMIC_RELAXED) != 0;
}

static search_options search_of(const suite_options *o)
{
    return (search_options){
        .seed = (uint64_t)o->seed,
        .tries = (int)o->tries,
        .strength = (int)o->strength,
        .limits = {.max_elements = o->max_elements, .max_dim = o->max_dim, .max_rank = (int)o->max_rank, .max_magnitude = 1e6}};
}

static nn_status find_cases(making *m, suite_task *task, case_search *s, case_writer *w, nn_error *err)
{
    bool found = true;
    nn_status st = NN_OK;
    while (st == NN_OK && found) {
        if (cancelled(m))
            return nn_fail(err, NN_ERR_CANCELLED, NULL, 0, 0, "stopped; the suite has no index");
        st = case_search_next(s, &found, err);
        if (st == NN_OK && found)
            st = case_write(w, task->table, s, s->cases - 1, &task->lines, err);
    }
    const nn_error *fault = lower_fault(s->l);
    if (st == NN_OK && fault != NULL) {
        if (err != NULL)
            *err = *fault;
        return fault->status;
    }
    return st;
}

static nn_status do_task(making *m, suite_task *task, nn_error *err)
{
    case_search s;
    case_writer w;
    const search_options o = search_of(m->o);
    nn_status st = case_writer_open(&w, (uint64_t)m->o->seed, m->dir.fd, m->dir.path, err);
    if (st == NN_OK) {
        st = case_search_open(&s, task->table->ops, task->op, task->values, &o, err);
        if (st == NN_OK)
            st = find_cases(m, task, &s, &w, err);
        task->cases = s.cases;
        if (st == NN_OK) {
            task->pairs = class_pairs_count(&s.pairs);
            st = suite_summary_task(&task->summary, task, &s, err);
        }
        case_search_close(&s);
    }
    task->files = w.files;
    task->bytes = w.bytes;
    case_writer_close(&w);
    return st;
}

static void *work(void *data)
{
    making *m = data;
    pthread_mutex_lock(&m->lock);
    while (m->next < m->tasks->n && m->error.status == NN_OK) {
        const size_t k = m->next++;
        pthread_mutex_unlock(&m->lock);
        nn_error err = {0};
        const nn_status st = do_task(m, &m->tasks->all[k], &err);
        pthread_mutex_lock(&m->lock);
        if (st != NN_OK && (m->error.status == NN_OK || k < m->failed)) {
            m->error = err;
            m->error.status = st;
            m->failed = k;
        }
        m->done++;
        if (m->watch->progress != NULL)
            m->watch->progress(m->watch->data, m->done, m->tasks->n);
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

/* The calling thread is the first worker. */
static void run(making *m, size_t jobs)
{
    pthread_t threads[JOBS_MAX];
    size_t n = 1;
    while (n < jobs && n < JOBS_MAX && pthread_create(&threads[n], NULL, work, m) == 0)
        n++;
    work(m);
    for (size_t i = 1; i < n; i++)
        pthread_join(threads[i], NULL);
}

static void count(suite_report *r, const suite_tasks *tasks)
{
    for (size_t i = 0; i < tasks->n; i++) {
        const suite_task *t = &tasks->all[i];
        r->cases += t->cases;
        r->versions++;
        r->operators += i == 0 || !suite_task_same_operator(t, t - 1);
        r->files += t->files;
        r->bytes += t->bytes;
        pair_counts_add(&r->pairs, &t->pairs);
    }
}

static nn_status write_index(making *m, const suite_report *r, nn_error *err)
{
    json_line index = {.bytes = NULL}, summary = {.bytes = NULL};
    for (size_t i = 0; i < m->tasks->n; i++)
        line_text(&index, m->tasks->all[i].lines.bytes, m->tasks->all[i].lines.size);
    suite_summary(&summary, m->o, m->tasks, r);
    nn_status st = index.failed || summary.failed ? nn_nomem(err) : suite_dir_put(&m->dir, "index.jsonl", &index, err);
    if (st == NN_OK)
        st = suite_dir_put(&m->dir, "suite.json", &summary, err);
    nn_free(index.bytes);
    nn_free(summary.bytes);
    return st;
}

static nn_status make_tasks(making *m, suite_report *report, nn_error *err)
{
    nn_status st = suite_dir_open(&m->dir, m->o->out, err);
    if (st != NN_OK)
        return st;
    pthread_mutex_init(&m->lock, NULL);
    run(m, m->o->jobs > 0 ? (size_t)m->o->jobs : m->watch->jobs);
    pthread_mutex_destroy(&m->lock);
    st = m->error.status;
    if (st != NN_OK && err != NULL)
        *err = m->error;
    count(report, m->tasks);
    if (st == NN_OK)
        st = write_index(m, report, err);
    suite_dir_close(&m->dir);
    return st;
}

nn_status suite_make(const suite_options *o, const suite_watch *watch, suite_report *report, nn_error *err)
{
    making m = {.o = o, .watch = watch, .dir = {.fd = -1}};
    *report = (suite_report){0};
    nn_status st = suite_tasks_new(&m.tasks, o, err);
    if (st == NN_OK)
        st = make_tasks(&m, report, err);
    suite_tasks_free(m.tasks);
    return st;
}
