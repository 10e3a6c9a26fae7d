/*
 * Accuracy: a task says what a model is asked on labelled data, and how good its answers are.
 *
 * The worker evaluates items: for each it makes one JSON object with all that its score needs, so
 * that scores can be made again from what is stored, over several processes and shards. The driver
 * sums up. One file accuracy_<task>.c, which defines `const tb_task tb_task_<name>`, and one line in
 * tasks.def each.
 */
#ifndef TB_BENCH_ACCURACY_H
#define TB_BENCH_ACCURACY_H

#include <cjson/cJSON.h>

#include "bench/dataset.h"
#include "bench/engine.h"
#include "bench/job.h"
#include "bench/json_write.h"
#include "bench/preprocess.h"

/* How items are fed and answers read. */
typedef struct tb_task_options {
    tb_preprocess preprocess;
    int64_t
        label_offset; /* class = label + offset (classify), category = class + offset (detect) */
    int64_t ignored_label;  /* segment: pixels of this class do not count; -1: none */
    int64_t mask_scale;     /* segment: class = mask value / scale */
    int64_t window, stride; /* anomaly: in values; 0: as the labels or the input say */
    const char *labels;     /* file; NULL: the data set's own */
    tb_text_list classes;
} tb_task_options;

/* Options as "key=value" texts, which the worker's job carries: mean, std, crop, square-crop, resize,
   label-offset, ignore-label, mask-scale, window, stride, labels, class (repeated). Texts are
   borrowed; `classes` has room for as many as there are texts. An unknown one is TB_USAGE. */
tb_status tb_task_options_parse(tb_text_list texts, const char **classes, tb_error *err,
                                tb_task_options *out);

/* The worker's side. */
typedef struct tb_evaluation {
    const tb_engine *engine;
    tb_session *session; /* allocated */
    const tb_dataset *dataset;
    const tb_task_options *options;
} tb_evaluation;

/* One figure of the summary, with its 95 % interval where it has one. */
typedef struct tb_task_figure {
    const char *metric; /* "top1", "map", ... static */
    double value;       /* NaN: cannot be had, and `reason` says why */
    double low, high;   /* NaN: no interval */
    const char *unit;   /* "share", ...; static */
    const char *reason; /* static; or NULL */
} tb_task_figure;

#define TB_TASK_MAX_FIGURES 8

typedef struct tb_task_summary {
    tb_task_figure figures[TB_TASK_MAX_FIGURES]; /* the first is the task's score */
    int count;
} tb_task_summary;

typedef struct tb_task {
    const char *name;
    const char *what; /* one line */
    tb_truth_kind truth;
    /* Feeds item k, runs the model, and puts the members of the item's JSON object. */
    tb_status (*evaluate)(const tb_evaluation *evaluation, int k, tb_json_writer *json,
                          tb_error *err);
    /* From the objects of all items. An object of another shape is TB_CORRUPT. */
    tb_status (*sum_up)(const cJSON *const *items, size_t count, tb_error *err,
                        tb_task_summary *out);
    /* Is the item's answer right? For tests of pairs; NULL: answers are no matter of yes and no. */
    bool (*is_right)(const cJSON *item);
} tb_task;

const tb_task *const *tb_task_rows(int *count);
const tb_task *tb_task_find(const char *name); /* NULL: none of that name */

#define X(name) extern const tb_task tb_task_##name;
#include "bench/tasks.def"
#undef X

/* ---- for tasks --------------------------------------------------------------------------------- */

/* Feeds item k and invokes. */
tb_status tb_evaluation_run(const tb_evaluation *evaluation, int k, tb_error *err);
/* Real value of element k of an output. */
double tb_evaluation_real(const tb_io *output, size_t k);
size_t tb_evaluation_elements(const tb_io *output);

void tb_task_add(tb_task_summary *summary, const char *metric, double value, double low,
                 double high, const char *unit, const char *reason);
/* A share with Wilson's interval. */
void tb_task_add_share(tb_task_summary *summary, const char *metric, size_t right, size_t all);

/* Percentile bootstrap over items, 95 %, seeded: the same items give the same interval. `figure`
   computes from the picked items; NaN results are left out. Too few of them gives NaN. */
typedef double (*tb_task_figure_fn)(void *context, const size_t *index, size_t count);
void tb_task_bootstrap(size_t count, int resamples, tb_task_figure_fn figure, void *context,
                       double *low, double *high);

#endif
