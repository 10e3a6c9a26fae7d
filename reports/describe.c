/* Words for results; see describe.h. */
#include "reports/describe.h"

#include <math.h>
#include <string.h>

#include "reports/report.h"
#include "reports/units.h"
#include "runtime/base/size.h"

static bool differ(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") != 0;
}

tb_naming tb_naming_of(const tb_results *results)
{
    tb_naming naming = {0};
    const char *revision = NULL;
    for (size_t i = 0; i < results->count; i++) {
        const tb_result_row *row = &results->items[i].row, *first = &results->items[0].row;
        naming.engine |= differ(row->engine, first->engine);
        naming.options |= row->options && *row->options;
        naming.arm |= row->arm && *row->arm;
        /* A library has none, and is told apart by its engine. */
        if (!revision)
            revision = row->git_revision;
        naming.revision |= row->git_revision && differ(row->git_revision, revision);
        naming.run |= row->run.value != first->run.value;
        naming.threads |= row->threads.known;
    }
    return naming;
}

void tb_describe_engine(const tb_result_row *row, bool version, tb_buf *out)
{
    if (!row->engine)
        return;
    size_t name = strcspn(row->engine, ":");
    tb_buf_append(out, row->engine, name);
    if (version && row->engine_version)
        tb_buf_printf(out, " %s", row->engine_version);
    if (row->engine[name]) {
        const char *path = row->engine + name + 1, *slash = strrchr(path, '/');
        tb_buf_printf(out, " (%s)", slash ? slash + 1 : path);
    }
}

/* `before_threads` is ", " in a table and " with " in a sentence. */
static void add_configuration(const tb_result *result, const tb_naming *naming,
                              const char *before_threads, tb_buf *out)
{
    const tb_result_row *row = &result->row;
    if (naming->engine && row->engine) {
        tb_describe_engine(row, false, out);
        tb_buf_append_text(out, " ");
    }
    tb_buf_append_text(out, row->delegate ? row->delegate : "no delegate");
    bool fell_back = row->nodes_total.known && row->nodes_delegated.known &&
                     row->nodes_delegated.value < row->nodes_total.value;
    if (fell_back && row->delegate && strcmp(row->delegate, "reference") != 0)
        tb_buf_printf(out, " %lld/%lld nodes", (long long)row->nodes_delegated.value,
                      (long long)row->nodes_total.value);
    if (naming->threads && row->threads.known)
        tb_buf_printf(out, "%s%lld thread%s", before_threads, (long long)row->threads.value,
                      row->threads.value == 1 ? "" : "s");
    if (naming->options && row->options && *row->options)
        tb_buf_printf(out, ", %s", row->options);
    if (naming->arm && row->arm)
        tb_buf_printf(out, ", %s", row->arm);
    if (naming->revision && row->git_revision)
        tb_buf_printf(out, ", %.8s", row->git_revision);
    if (naming->run)
        tb_buf_printf(out, ", @%lld", (long long)row->run.value);
}

void tb_describe_configuration(const tb_result *result, const tb_naming *naming, tb_buf *out)
{
    add_configuration(result, naming, ", ", out);
}

bool tb_list_has(const char *list, const char *item, size_t length)
{
    while (list && *list) {
        size_t here = strcspn(list, ";");
        if (here == length && strncmp(list, item, length) == 0)
            return true;
        list += here + (list[here] == ';');
    }
    return false;
}

bool tb_result_is_right(const tb_result *result)
{
    return result->status == TB_PROCESS_OK && result->row.median_ns.known &&
           (!result->row.check_verdict || strcmp(result->row.check_verdict, "wrong") != 0);
}

size_t tb_model_group(const tb_results *results, size_t first)
{
    size_t count = 0;
    const tb_result *begin = &results->items[first];
    while (first + count < results->count) {
        const tb_result *at = &results->items[first + count];
        if (at->model_id != begin->model_id || at->run_id != begin->run_id)
            break;
        count++;
    }
    return count;
}

/* Our portable kernels; another engine's own are what it has of the best. */
static bool is_reference(const tb_result *result)
{
    const tb_result_row *row = &result->row;
    return row->delegate && strcmp(row->delegate, "reference") == 0 &&
           (!row->engine || strcmp(row->engine, "native") == 0);
}

const tb_result *tb_fastest(const tb_result *results, size_t count)
{
    const tb_result *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (tb_result_is_right(&results[i]) &&
            (!best || results[i].summary.median < best->summary.median))
            best = &results[i];
    return best;
}

const tb_result *tb_yardstick(const tb_result *results, size_t count)
{
    const tb_result *reference = NULL, *slowest = NULL;
    for (size_t i = 0; i < count; i++) {
        const tb_result *at = &results[i];
        if (!tb_result_is_right(at))
            continue;
        /* Of several thread counts the fastest: a comparison must not flatter. */
        if (is_reference(at) && (!reference || at->summary.median < reference->summary.median))
            reference = at;
        if (!slowest || at->summary.median > slowest->summary.median)
            slowest = at;
    }
    return reference ? reference : slowest;
}

double tb_speedup(const tb_result *result, const tb_result *other)
{
    if (!result || !other || !result->row.median_ns.known || !other->row.median_ns.known ||
        result->summary.median <= 0)
        return 0;
    return other->summary.median / result->summary.median;
}

/* ---- the sentence ---- */

static void add_latency(const tb_result *result, tb_buf *out)
{
    char middle[TB_FIGURE_TEXT_SIZE], interval[TB_FIGURE_TEXT_SIZE];
    if (result->row.median_low_ns.known) {
        tb_format_duration_interval(result->summary.median, result->summary.median_interval.low,
                                    result->summary.median_interval.high, middle, interval);
        tb_buf_printf(out, "%s %s", middle, interval);
    } else {
        tb_format_duration(result->summary.median, middle);
        tb_buf_append_text(out, middle);
    }
}

/* Another right result whose interval reaches that of the fastest. */
static const tb_result *as_fast(const tb_result *results, size_t count, const tb_result *fastest)
{
    const tb_result *found = NULL;
    for (size_t i = 0; i < count; i++) {
        const tb_result *at = &results[i];
        if (at == fastest || !tb_result_is_right(at))
            continue;
        const tb_interval *a = &fastest->summary.median_interval;
        const tb_interval *b = &at->summary.median_interval;
        bool touches = a->level > 0 && b->level > 0 ? b->low <= a->high
                                                    : at->summary.median <= fastest->summary.median;
        if (touches && (!found || at->summary.median < found->summary.median))
            found = at;
    }
    return found;
}

static const char *verb_of(tb_process_status status)
{
    static const char *const verbs[] = {
        [TB_PROCESS_OK] = "ended",
        [TB_PROCESS_RUNNING] = "did not finish",
        [TB_PROCESS_CANCELLED] = "was stopped",
        [TB_PROCESS_UNAVAILABLE] = "is not available here",
        [TB_PROCESS_FAILED] = "failed",
        [TB_PROCESS_TIMED_OUT] = "ran out of time",
        [TB_PROCESS_OUT_OF_MEMORY] = "ran out of memory",
        [TB_PROCESS_CRASHED] = "crashed",
    };
    return verbs[status];
}

static bool is_wrong(const tb_result *result)
{
    return result->status == TB_PROCESS_OK && result->row.check_verdict &&
           strcmp(result->row.check_verdict, "wrong") == 0;
}

/* What did not end well, or not right: the first of each with its reason, and how many more. */
static void add_failures(const tb_result *results, size_t count, const tb_naming *naming,
                         tb_buf *out)
{
    size_t failures = 0, wrong = 0;
    const tb_result *first_failure = NULL, *first_wrong = NULL;
    for (size_t i = 0; i < count; i++) {
        if (results[i].status != TB_PROCESS_OK && !failures++)
            first_failure = &results[i];
        if (is_wrong(&results[i]) && !wrong++)
            first_wrong = &results[i];
    }
    if (first_wrong) {
        add_configuration(first_wrong, naming, " with ", out);
        tb_buf_append_text(out, " gives wrong outputs");
        if (wrong > 1)
            tb_buf_printf(out, " (and %zu more)", wrong - 1);
    }
    if (first_failure) {
        tb_buf_append_text(out, first_wrong ? "; " : "");
        add_configuration(first_failure, naming, " with ", out);
        tb_buf_printf(out, " %s: %s", verb_of(first_failure->status),
                      first_failure->row.reason ? first_failure->row.reason : "no reason is known");
        if (failures > 1)
            tb_buf_printf(out, " (and %zu more)", failures - 1);
    }
}

static bool is_evaluated(const tb_result *result)
{
    return result->status == TB_PROCESS_OK && result->row.accuracy.known &&
           result->row.accuracy_metric;
}

/* Without a latency, accuracy may be what was asked for. False: nothing was evaluated either. */
static bool describe_accuracy(const tb_results *results, tb_buf *out)
{
    size_t evaluated = 0;
    double least = 0, most = 0;
    const char *metric = NULL;
    bool same_metric = true;
    for (size_t i = 0; i < results->count; i++) {
        const tb_result *result = &results->items[i];
        if (!is_evaluated(result))
            continue;
        double value = result->row.accuracy.value;
        same_metric = same_metric && (!metric || strcmp(metric, result->row.accuracy_metric) == 0);
        metric = result->row.accuracy_metric;
        least = !evaluated || value < least ? value : least;
        most = !evaluated || value > most ? value : most;
        evaluated++;
    }
    if (!evaluated)
        return false;
    tb_buf_printf(out, "%zu configuration%s evaluated", evaluated, evaluated == 1 ? "" : "s");
    if (same_metric && least == most)
        tb_buf_printf(out, ": %s %.4f", metric, most);
    else if (same_metric)
        tb_buf_printf(out, ": %s from %.4f to %.4f", metric, least, most);
    return true;
}

static void describe_one_model(const tb_results *results, const tb_naming *naming, tb_buf *out,
                               tb_buf *remark)
{
    const tb_result *items = results->items;
    const tb_result *fastest = tb_fastest(items, results->count);
    const tb_result *yardstick = tb_yardstick(items, results->count);
    add_failures(items, results->count, naming, remark);
    if (!fastest) {
        if (describe_accuracy(results, out))
            return;
        tb_buf_printf(out, "no configuration of %s gave a result",
                      items[0].row.model ? items[0].row.model : "the model");
        return;
    }
    const tb_result *rival = as_fast(items, results->count, fastest);
    add_configuration(fastest, naming, " with ", out);
    if (rival) {
        tb_buf_append_text(out, " and ");
        add_configuration(rival, naming, " with ", out);
        tb_buf_append_text(out, " are equally fast within their noise: ");
        add_latency(fastest, out);
        tb_buf_append_text(out, " and ");
        add_latency(rival, out);
    } else {
        tb_buf_append_text(out, results->count > 1 ? " is fastest: " : " takes ");
        add_latency(fastest, out);
    }
    if (yardstick && yardstick != fastest && yardstick != rival) {
        char ratio[TB_FIGURE_TEXT_SIZE];
        tb_format_ratio(tb_speedup(fastest, yardstick), ratio);
        tb_buf_printf(out, ", %s as fast as ", ratio);
        if (is_reference(yardstick))
            tb_buf_append_text(out, "the portable kernels");
        else
            add_configuration(yardstick, naming, " with ", out);
    }
}

bool tb_same_choices(const tb_result *a, const tb_result *b)
{
    return a->row.threads.value == b->row.threads.value &&
           !differ(a->row.delegate, b->row.delegate) && !differ(a->row.engine, b->row.engine) &&
           !differ(a->row.options, b->row.options) && !differ(a->row.arm, b->row.arm) &&
           a->build_id == b->build_id;
}

typedef struct tally {
    const tb_result *winner; /* of the most models */
    size_t wins, models, decided, compared;
    double log_speedup; /* summed over `compared` models */
} tally;

static tally count_winners(const tb_results *results)
{
    tally counted = {0};
    for (size_t i = 0; i < results->count; i += tb_model_group(results, i)) {
        const tb_result *mine = tb_fastest(&results->items[i], tb_model_group(results, i));
        counted.models++;
        if (!mine)
            continue;
        counted.decided++;
        size_t wins = 0;
        for (size_t k = 0; k < results->count; k += tb_model_group(results, k)) {
            const tb_result *other = tb_fastest(&results->items[k], tb_model_group(results, k));
            wins += other && tb_same_choices(mine, other);
        }
        if (wins > counted.wins) {
            counted.wins = wins;
            counted.winner = mine;
        }
    }
    for (size_t i = 0; i < results->count; i += tb_model_group(results, i)) {
        size_t count = tb_model_group(results, i);
        const tb_result *fastest = tb_fastest(&results->items[i], count);
        const tb_result *yardstick = tb_yardstick(&results->items[i], count);
        if (fastest && yardstick && fastest != yardstick && is_reference(yardstick)) {
            counted.log_speedup += log(tb_speedup(fastest, yardstick));
            counted.compared++;
        }
    }
    return counted;
}

static void describe_many_models(const tb_results *results, tb_naming naming, tb_buf *out,
                                 tb_buf *remark)
{
    /* The name stands for several models: their node counts and runs differ. */
    naming.run = false;
    tally counted = count_winners(results);
    size_t failed = 0, wrong = 0;
    for (size_t i = 0; i < results->count; i++) {
        failed += results->items[i].status != TB_PROCESS_OK;
        wrong += is_wrong(&results->items[i]);
    }
    if (failed)
        tb_buf_printf(remark, "%zu of %zu configurations did not end well", failed, results->count);
    if (wrong)
        tb_buf_printf(remark, "%s%zu give%s wrong outputs", failed ? "; " : "", wrong,
                      wrong == 1 ? "s" : "");
    if (!counted.winner) {
        if (describe_accuracy(results, out))
            return;
        tb_buf_printf(out, "none of %zu models gave a result", counted.models);
        return;
    }
    tb_result winner = *counted.winner;
    winner.row.nodes_total.known = false;
    add_configuration(&winner, &naming, " with ", out);
    if (counted.wins == counted.models)
        tb_buf_printf(out, " is fastest on all %zu models", counted.models);
    else
        tb_buf_printf(out, " is fastest on %zu of %zu models", counted.wins, counted.models);
    if (counted.compared) {
        char ratio[TB_FIGURE_TEXT_SIZE];
        tb_format_ratio(exp(counted.log_speedup / (double)counted.compared), ratio);
        tb_buf_printf(out,
                      "; the fastest of each is %s as fast as the portable kernels "
                      "(geometric mean)",
                      ratio);
    }
}

void tb_describe_results(const tb_results *results, tb_buf *headline, tb_buf *remark)
{
    if (results->count == 0) {
        tb_buf_append_text(headline, "nothing has been measured yet");
        return;
    }
    tb_naming naming = tb_naming_of(results);
    if (tb_model_group(results, 0) == results->count)
        describe_one_model(results, &naming, headline, remark);
    else
        describe_many_models(results, naming, headline, remark);
}

void tb_describe_in_one(const tb_results *results, tb_buf *out)
{
    tb_buf remark = {0};
    tb_describe_results(results, out, &remark);
    tb_buf_printf(out, "%s%s.", remark.size ? "; " : "", tb_buf_text(&remark));
    out->failed |= remark.failed;
    tb_buf_free(&remark);
}

/* ---- reasons ---- */

/* What outputs were held to, where that were rules of cases. */
static void describe_rules(const tb_results *results, tb_buf *out)
{
    size_t strict = 0, lenient = 0;
    for (size_t i = 0; i < results->count; i++) {
        const tb_result_row *row = &results->items[i].row;
        if (!row->check_detail || !row->check_verdict || strcmp(row->check_verdict, "ok") != 0 ||
            strncmp(row->check_detail, "within the case's ", 18) != 0)
            continue;
        if (strstr(row->check_detail, "lenient"))
            lenient++;
        else
            strict++;
    }
    if (!strict && !lenient)
        return;
    tb_buf_printf(out, "outputs within their case's rule: %zu", strict);
    if (lenient)
        tb_buf_printf(out, "; within its lenient rule, which is for other engines: %zu", lenient);
    tb_buf_append_text(out, "\n");
}

void tb_describe_reasons(const tb_results *results, tb_buf *out)
{
    tb_naming naming = tb_naming_of(results);
    for (size_t i = 0; i < results->count; i++) {
        const tb_result *result = &results->items[i];
        const char *reason = result->row.reason;
        bool seen = !reason;
        for (size_t k = 0; k < i && !seen; k++)
            seen =
                results->items[k].row.reason && strcmp(results->items[k].row.reason, reason) == 0;
        if (seen)
            continue;
        size_t more = 0;
        for (size_t k = i + 1; k < results->count; k++)
            more +=
                results->items[k].row.reason && strcmp(results->items[k].row.reason, reason) == 0;
        if (naming.run || tb_model_group(results, 0) != results->count)
            tb_buf_printf(out, "%s, ", result->row.model ? result->row.model : "unnamed model");
        tb_describe_configuration(result, &naming, out);
        if (more)
            tb_buf_printf(out, " (and %zu more)", more);
        if (result->status == TB_PROCESS_OK)
            tb_buf_printf(out, ": %s\n", reason);
        else
            tb_buf_printf(out, " %s: %s\n", verb_of(result->status), reason);
    }
    describe_rules(results, out);
}

void tb_report_sentence(const tb_results *results, char *text, size_t size)
{
    tb_buf sentence = {0};
    tb_describe_in_one(results, &sentence);
    size_t length = sentence.size < size - 1 ? sentence.size : size - 1;
    memcpy(text, tb_buf_text(&sentence), length);
    text[length] = '\0';
    tb_buf_free(&sentence);
}

const char *tb_describe_warning(const char *kind)
{
    static const struct {
        const char *kind, *text;
    } known[] = {
        {"few_samples", "Fewer than six samples: no interval can be given. Raise --min-runs."},
        {"unstable", "The samples vary by more than 1 % of their mean: look at the spread before "
                     "believing a small difference."},
        {"plan_changed", "The delegate made different plans in different processes, so their "
                         "samples are not of one kind."},
        {"nondeterministic",
         "The same inputs gave different outputs, in one process or from one to the next."},
        {"too_few_samples", "The interval of the median is wider than was asked for."},
        {"unfinished", "The driver ended before this measurement did."},
        {"metadata",
         "What the model's own metadata says about its inputs, and whether it was used."},
        {"no_op_times", "The engine could not be watched op by op: there are no per-op times."},
        {"fallback", "Some nodes were not taken by the delegate and ran on the portable kernels."},
        {"thermal", "The device was hot or throttled while measuring."},
        {"governor", "The frequency governor may change the clock during a measurement."},
        {"load", "Other programs used the processors while this ran."},
        {"steal", "The host of this virtual machine gave processor time to others."},
        {"clock_drift", "A fixed piece of arithmetic took unevenly long while this ran."},
    };
    for (size_t i = 0; kind && i < TB_COUNT_OF(known); i++)
        if (strcmp(kind, known[i].kind) == 0)
            return known[i].text;
    return NULL;
}
