/* Words for results: what a configuration is called, who is fastest, what a warning means. */
#ifndef TB_REPORTS_DESCRIBE_H
#define TB_REPORTS_DESCRIBE_H

#include <stdbool.h>

#include "reports/select.h"
#include "runtime/base/buf.h"

/* What tells the results of one table apart; a part that is the same in all is left out of names. */
typedef struct tb_naming {
    bool engine, options, arm, revision, run, threads;
} tb_naming;

tb_naming tb_naming_of(const tb_results *results);

/* "native 0.1.0"; of a library its file's name, too: "tflite 2.20.0 (libtensorflowlite_c.so)".
   `version` false: without it. */
void tb_describe_engine(const tb_result_row *row, bool version, tb_buf *out);

/* "cpu, 2 threads", "gpu 17/31 nodes, 1 thread, head": never plain gpu for a fallback. */
void tb_describe_configuration(const tb_result *result, const tb_naming *naming, tb_buf *out);

/* Is an item (length bytes of `item`) one of a list whose items are separated by ;? NULL: no list. */
bool tb_list_has(const char *list, const char *item, size_t length);

/* Did it end well, with samples, and are its outputs not known to be wrong? */
bool tb_result_is_right(const tb_result *result);

/* Results of one model of one run lie together: the number of them from `first` on. */
size_t tb_model_group(const tb_results *results, size_t first);

/* Of count results of one model: the fastest that is right; the right one that others are compared
   with (the portable kernels where they were measured, else the slowest). NULL where there is none. */
const tb_result *tb_fastest(const tb_result *results, size_t count);
const tb_result *tb_yardstick(const tb_result *results, size_t count);

/* Do two results, of whatever models, stand for the same choice of engine, delegate, threads, ...? */
bool tb_same_choices(const tb_result *a, const tb_result *b);

/* How many times as fast `result` is as `other`; 0 where either has no median. */
double tb_speedup(const tb_result *result, const tb_result *other);

/* What is fastest, and (empty where all is well) what failed and why: two sentences without their
   full stops. */
void tb_describe_results(const tb_results *results, tb_buf *headline, tb_buf *remark);
/* Both as one; see tb_report_sentence. */
void tb_describe_in_one(const tb_results *results, tb_buf *out);

/* Why results are absent: a line for each different reason, with the first it holds for; and how many
   outputs were held to cases' rules, where any were. */
void tb_describe_reasons(const tb_results *results, tb_buf *out);

/* A sentence that explains a kind of warning, for people; NULL for kinds unknown here. */
const char *tb_describe_warning(const char *kind);

#endif
