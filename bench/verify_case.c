/* Running and judging one case; see verify_case.h. */
#include "bench/verify_case.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/compare_rules.h"
#include "runtime/base/buf.h"
#include "runtime/base/size.h"
#include "runtime/model.h"
#include "runtime/resolver.h"

static const char *const verdict_names[] = {
    [TB_VERDICT_PASSED] = "passed",       [TB_VERDICT_FAILED] = "failed",
    [TB_VERDICT_SKIPPED] = "skipped",     [TB_VERDICT_CRASHED] = "crashed",
    [TB_VERDICT_TIMED_OUT] = "timed out",
};

const char *tb_verdict_name(tb_verdict verdict)
{
    return verdict_names[verdict];
}

/* Everything that one case needs while it runs. */
typedef struct case_run {
    const tb_suite *suite;
    int k;
    const tb_verify_options *options;
    tb_arena *arena;
    tb_verify_result *result;
    tb_case parsed;
    tb_suite_model model;
    tb_session *session;
    int *input_at; /* the engine's number of each of the case's inputs */
    int *output_at;
    int wrong_outputs;
    bool beyond_halves; /* an input or output has values that half floats have not */
    bool refused;       /* the engine said no, at load, allocate or invoke */
    tb_error err;
} case_run;

static const tb_engine *engine_of(const case_run *run)
{
    return run->options->engine;
}

/* ---- verdicts ---------------------------------------------------------------------------------- */

static void conclude(case_run *run, tb_verdict verdict, const char *message)
{
    run->result->verdict = verdict;
    run->result->message = message ? tb_arena_text(run->arena, message, strlen(message)) : NULL;
}

/* Takes "<name>: " from the front of the message, if that is how it begins. */
static void drop_prefix(tb_error *err, const char *name)
{
    size_t size = strlen(name);
    if (size > 0 && !strncmp(err->text, name, size) && !strncmp(err->text + size, ": ", 2))
        memmove(err->text, err->text + size + 2, strlen(err->text + size + 2) + 1);
}

/* An error of the engine in one of the phases in which it may refuse a model. Which model it was is
   known, and the path of one out of an archive means nothing to anybody. */
static tb_status refuse(case_run *run, const char *phase)
{
    const char *slash = strrchr(run->model.path, '/');
    run->refused = true;
    drop_prefix(&run->err, run->model.path);
    drop_prefix(&run->err, slash ? slash + 1 : run->model.path);
    return tb_in(&run->err, "%s", phase);
}

static void conclude_expected_failure(case_run *run, tb_status status)
{
    bool refusal_wanted = run->parsed.expect == TB_EXPECT_REFUSE;
    if (status == TB_TIME_LIMIT)
        conclude(run, TB_VERDICT_TIMED_OUT, run->err.text);
    else if (status != TB_OK && !run->refused)
        conclude(run, TB_VERDICT_FAILED, run->err.text);
    else if (status == TB_OK && refusal_wanted)
        conclude(run, TB_VERDICT_FAILED, "has to be refused, but ran to its end");
    else
        conclude(run, TB_VERDICT_PASSED, run->refused ? run->err.text : NULL);
}

static void conclude_run(case_run *run, tb_status status)
{
    if (run->parsed.expect != TB_EXPECT_OK)
        conclude_expected_failure(run, status);
    else if (status == TB_TIME_LIMIT)
        conclude(run, TB_VERDICT_TIMED_OUT, run->err.text);
    else if (status != TB_OK)
        conclude(run, TB_VERDICT_FAILED, run->err.text);
    else
        conclude(run, TB_VERDICT_PASSED, NULL);
}

/* ---- which operators there are ----------------------------------------------------------------- */

/* TB_UNSUPPORTED, and which, where the model uses an operator that is not in ops.def. Models that
   cannot be read at all are not our business here. */
static tb_status find_missing_operator(const char *path, tb_error *err)
{
    tb_model *model;
    tb_resolver *resolver = NULL;
    if (tb_model_open(path, NULL, &model) != TB_OK)
        return TB_OK;
    tb_status status = tb_resolver_create(err, &resolver);
    for (size_t k = 0; status == TB_OK && k < tb_model_opcode_count(model); k++) {
        tb_opcode_def opcode = tb_model_opcode(model, k);
        const TfLiteRegistration *found;
        status = tb_resolver_find(resolver, opcode.builtin_code, opcode.custom_name, opcode.version,
                                  err, &found);
    }
    tb_resolver_destroy(resolver);
    tb_model_release(model);
    return status;
}

/* ---- one session ------------------------------------------------------------------------------- */

static tb_status open_session(case_run *run)
{
    tb_engine_options options = run->options->engine_options;
    options.signature = run->parsed.signature;
    if (engine_of(run)->open(run->model.path, &options, &run->err, &run->session) != TB_OK)
        return refuse(run, "load");
    return TB_OK;
}

typedef tb_status (*io_getter)(tb_session *session, int k, tb_error *err, tb_io *out);

/* With a signature tensors go by name (the signature's, or the tensor's own), else by position. */
static tb_status find_tensor(case_run *run, const tb_case_tensor *tensor, const char *what,
                             io_getter get, int count, int *at)
{
    *at = tensor->position;
    for (int k = 0; tensor->signature_name && k < count; k++) {
        tb_io io;
        if (get(run->session, k, &run->err, &io) != TB_OK)
            return run->err.status;
        if (!strcmp(io.name, tensor->signature_name) || !strcmp(io.name, tensor->name)) {
            *at = k;
            return TB_OK;
        }
    }
    if (tensor->signature_name)
        return tb_fail(&run->err, TB_NOT_FOUND, "the signature has no %s '%s'", what,
                       tensor->signature_name);
    if (*at >= count)
        return tb_fail(&run->err, TB_NOT_FOUND, "the case has an %s %d, the model has %d of them",
                       what, *at, count);
    return TB_OK;
}

static tb_status find_tensors(case_run *run)
{
    const tb_case *c = &run->parsed;
    const tb_engine *engine = engine_of(run);
    run->input_at = TB_ARENA_NEW(run->arena, int, (size_t)c->input_count + 1);
    run->output_at = TB_ARENA_NEW(run->arena, int, (size_t)c->output_count + 1);
    if (!run->input_at || !run->output_at)
        return tb_fail(&run->err, TB_NO_MEMORY, "out of memory for a case");
    tb_status status = TB_OK;
    int count = engine->input_count(run->session);
    for (int k = 0; status == TB_OK && k < c->input_count; k++)
        status = find_tensor(run, &c->inputs[k], "input", engine->input, count, &run->input_at[k]);
    count = engine->output_count(run->session);
    for (int k = 0; status == TB_OK && k < c->output_count; k++)
        status =
            find_tensor(run, &c->outputs[k], "output", engine->output, count, &run->output_at[k]);
    return status;
}

static bool same_dims(const tb_io *io, const tb_case_blob *blob)
{
    return io->rank == blob->rank &&
           (io->rank == 0 || !memcmp(io->dims, blob->dims, (size_t)io->rank * sizeof *io->dims));
}

/* Gives the inputs this step's shapes, and memory where that was asked for or is the first. */
static tb_status shape_inputs(case_run *run, const tb_case_step *step, bool first)
{
    const tb_engine *engine = engine_of(run);
    bool changed = first;
    for (int k = 0; k < run->parsed.input_count; k++) {
        const tb_case_blob *blob = &step->inputs[k];
        tb_io io;
        if (engine->input(run->session, run->input_at[k], &run->err, &io) != TB_OK)
            return refuse(run, "input");
        if (same_dims(&io, blob))
            continue;
        changed = true;
        if (engine->resize(run->session, run->input_at[k], blob->rank, blob->dims, &run->err) !=
            TB_OK)
            return refuse(run, "resize");
    }
    if (changed && engine->allocate(run->session, &run->err) != TB_OK)
        return refuse(run, "allocate");
    return TB_OK;
}

/* Whether it has floats above the largest half, or that are none. */
static bool is_beyond_halves(TfLiteType type, const void *data, size_t bytes)
{
    const float largest = 65504.0f;
    for (size_t at = 0; type == kTfLiteFloat32 && at + sizeof(float) <= bytes;
         at += sizeof(float)) {
        float value;
        memcpy(&value, (const char *)data + at, sizeof value);
        if (!(value >= -largest && value <= largest))
            return true;
    }
    return false;
}

/* What halves may make of a rule about floats. */
static tb_rule widen(const tb_rule *rule)
{
    const double hundredth = 0.01;
    tb_rule wide = *rule;
    if (rule->kind != TB_RULE_FLOAT && rule->kind != TB_RULE_EXACT &&
        rule->kind != TB_RULE_SAME_VALUE)
        return wide;
    wide.kind = TB_RULE_FLOAT;
    wide.abs = rule->kind == TB_RULE_FLOAT ? fmax(rule->abs, hundredth) : hundredth;
    wide.rel = rule->kind == TB_RULE_FLOAT ? fmax(rule->rel, hundredth) : hundredth;
    return wide;
}

static tb_status fill_inputs(case_run *run, const tb_case_step *step)
{
    for (int k = 0; k < run->parsed.input_count; k++) {
        tb_suite_file file;
        if (tb_suite_read(run->suite, run->k, step->inputs[k].file, &run->err, &file) != TB_OK)
            return run->err.status;
        tb_status status = engine_of(run)->set_input(
            run->session, run->input_at[k], file.data ? file.data : "", file.size, &run->err);
        run->beyond_halves |= is_beyond_halves(run->parsed.inputs[k].type, file.data, file.size);
        tb_suite_release(&file);
        /* A case that is to be refused often has inputs that do not fit; the refusal that counts
           is the model's, so it is run all the same. */
        if (status != TB_OK && run->parsed.expect == TB_EXPECT_OK)
            return tb_in(&run->err, "%s", step->inputs[k].file);
    }
    return TB_OK;
}

/* ---- comparing --------------------------------------------------------------------------------- */

static void note_error(tb_verify_result *result, const tb_difference *difference)
{
    if (isnan(difference->of_allowed))
        return;
    if (!result->has_error || difference->worst > result->worst)
        result->worst = difference->worst;
    if (!result->has_error || difference->of_allowed > result->of_allowed)
        result->of_allowed = difference->of_allowed;
    result->has_error = true;
}

static tb_status compare_output(case_run *run, int step, int k)
{
    const tb_case_tensor *tensor = &run->parsed.outputs[k];
    const tb_case_blob *blob = &run->parsed.steps[step].outputs[k];
    tb_io io;
    tb_suite_file file;
    if (engine_of(run)->output(run->session, run->output_at[k], &run->err, &io) != TB_OK ||
        tb_suite_read(run->suite, run->k, blob->file, &run->err, &file) != TB_OK)
        return run->err.status;
    tb_values expected = {tensor->type, blob->rank, blob->dims, file.data, file.size};
    tb_values got = {io.type, io.rank, io.dims, io.data, io.bytes};
    bool lenient = run->options->lenient && tensor->has_lenient_rule;
    tb_difference difference;
    tb_rule rule = lenient ? tensor->lenient_rule : tensor->rule;
    if (run->options->halves && tensor->type == kTfLiteFloat32)
        rule = widen(&rule);
    run->beyond_halves |= is_beyond_halves(tensor->type, file.data, file.size);
    tb_rule_compare(&rule, &expected, &got, &difference);
    tb_suite_release(&file);
    note_error(run->result, &difference);
    if (difference.matches)
        return TB_OK;
    if (run->wrong_outputs++ == 0) {
        tb_fail(&run->err, TB_MISMATCH, "%s", difference.text);
        tb_in(&run->err, "output %d '%s'", tensor->position, tensor->name);
        if (run->parsed.step_count > 1)
            tb_in(&run->err, "step %d", step);
    }
    return TB_OK;
}

static tb_status compare_outputs(case_run *run, int step)
{
    tb_status status = TB_OK;
    for (int k = 0; status == TB_OK && k < run->parsed.output_count; k++)
        status = compare_output(run, step, k);
    return status;
}

/* ---- what was placed where --------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static void count_node(case_run *run, const tb_engine_node *node)
{
    tb_verify_result *result = run->result;
    const char *op = node->op_name ? node->op_name : "?";
    bool delegated = node->partition >= 0;
    const char *reason = delegated ? NULL : node->reason;
    tb_verify_nodes *row = NULL;
    for (int k = 0; k < result->node_count && !row; k++)
        if (same_text(result->nodes[k].op, op) && same_text(result->nodes[k].reason, reason))
            row = &result->nodes[k];
    if (!row) {
        row = &result->nodes[result->node_count];
        row->op = tb_arena_text(run->arena, op, strlen(op));
        row->reason = reason ? tb_arena_text(run->arena, reason, strlen(reason)) : NULL;
        if (!row->op)
            return;
        result->node_count++;
    }
    if (delegated)
        row->delegated++;
    else
        row->left++;
}

static tb_status count_nodes(case_run *run)
{
    tb_engine_plan plan;
    if (!engine_of(run)->plan)
        return TB_OK;
    tb_error why = TB_ERROR_NONE;
    tb_status status = engine_of(run)->plan(run->session, &why, &plan);
    if (status == TB_UNAVAILABLE)
        return TB_OK;
    if (status != TB_OK)
        return tb_fail(&run->err, status, "plan: %s", why.text);
    run->result->nodes = TB_ARENA_NEW(run->arena, tb_verify_nodes,
                                      (size_t)(plan.node_count > 0 ? plan.node_count : 1));
    if (!run->result->nodes)
        return tb_fail(&run->err, TB_NO_MEMORY, "out of memory for a case");
    for (int k = 0; k < plan.node_count; k++)
        count_node(run, &plan.nodes[k]);
    return TB_OK;
}

static tb_status check_memory_plan(case_run *run)
{
    tb_verify_result *result = run->result;
    int count = 0;
    const tb_engine_figure *figures =
        engine_of(run)->figures ? engine_of(run)->figures(run->session, &count) : NULL;
    for (int k = 0; k < count; k++) {
        if (!figures[k].known)
            continue;
        if (!strcmp(figures[k].metric, "arena_plan_bytes"))
            result->arena_bytes = (uint64_t)figures[k].value;
        else if (!strcmp(figures[k].metric, "arena_lower_bound_bytes"))
            result->lower_bound_bytes = (uint64_t)figures[k].value;
    }
    double limit = run->options->plan_limit;
    double most = (double)result->lower_bound_bytes * (1 + limit);
    if (limit < 0 || run->parsed.expect != TB_EXPECT_OK || (double)result->arena_bytes <= most)
        return TB_OK;
    return tb_fail(&run->err, TB_MISMATCH,
                   "the memory plan takes %llu bytes, more than %g %% above its lower bound of "
                   "%llu",
                   (unsigned long long)result->arena_bytes, 100 * limit,
                   (unsigned long long)result->lower_bound_bytes);
}

/* ---- the whole --------------------------------------------------------------------------------- */

/* A case without steps is one that has to be survived: once, on whatever the inputs hold. */
static tb_status run_without_steps(case_run *run)
{
    if (engine_of(run)->allocate(run->session, &run->err) != TB_OK)
        return refuse(run, "allocate");
    if (engine_of(run)->invoke(run->session, &run->err) != TB_OK)
        return refuse(run, "invoke");
    return TB_OK;
}

static tb_status run_step(case_run *run, int s)
{
    const tb_case_step *step = &run->parsed.steps[s];
    tb_status status = shape_inputs(run, step, s == 0);
    if (status == TB_OK)
        status = fill_inputs(run, step);
    if (status != TB_OK)
        return status;
    if (engine_of(run)->invoke(run->session, &run->err) != TB_OK)
        return refuse(run, "invoke");
    return run->parsed.expect == TB_EXPECT_OK ? compare_outputs(run, s) : TB_OK;
}

static tb_status run_steps(case_run *run)
{
    if (run->parsed.step_count == 0)
        return run_without_steps(run);
    for (int s = 0; s < run->parsed.step_count; s++) {
        if (run_step(run, s) != TB_OK)
            return run->parsed.step_count > 1 ? tb_in(&run->err, "step %d", s) : run->err.status;
    }
    if (run->wrong_outputs == 0)
        return check_memory_plan(run);
    if (run->wrong_outputs > 1) {
        size_t used = strlen(run->err.text);
        snprintf(run->err.text + used, sizeof run->err.text - used, " (and %d more wrong)",
                 run->wrong_outputs - 1);
    }
    return TB_MISMATCH;
}

static tb_status run_session(case_run *run)
{
    tb_status status = open_session(run);
    if (status != TB_OK)
        return status;
    status = find_tensors(run);
    if (status == TB_OK)
        status = run_steps(run);
    /* Where the nodes went matters for a wrong result as much as for a right one. */
    if ((status == TB_OK || status == TB_MISMATCH) && run->parsed.expect == TB_EXPECT_OK) {
        tb_error kept = run->err;
        if (count_nodes(run) == TB_OK || status == TB_MISMATCH)
            run->err = kept;
        else
            status = run->err.status;
    }
    engine_of(run)->close(run->session);
    return status;
}

static const char *first_part(tb_arena *arena, const char *name)
{
    const char *slash = strchr(name, '/');
    return tb_arena_text(arena, name, slash ? (size_t)(slash - name) : strlen(name));
}

static void run_parsed(case_run *run)
{
    const tb_case *c = &run->parsed;
    if (c->op)
        run->result->op = tb_arena_text(run->arena, c->op, strlen(c->op));
    tb_status status = tb_suite_model_open(run->suite, run->k, &run->err, &run->model);
    if (status != TB_OK) {
        conclude(run, TB_VERDICT_FAILED, run->err.text);
        return;
    }
    /* What other engines lack only they know: their cases run, and fail with what they say. */
    bool is_ours = run->options->engine == tb_engine_find("native");
    if (run->options->supported_only && is_ours && c->expect == TB_EXPECT_OK &&
        find_missing_operator(run->model.path, &run->err) != TB_OK)
        conclude(run, TB_VERDICT_SKIPPED, run->err.text);
    else
        conclude_run(run, run_session(run));
    if (run->options->halves && run->beyond_halves && run->result->verdict == TB_VERDICT_FAILED)
        conclude(run, TB_VERDICT_SKIPPED, "it has values that half floats have not");
    tb_suite_model_close(&run->model);
}

void tb_verify_case(const tb_suite *suite, int k, const tb_verify_options *options, tb_arena *arena,
                    tb_verify_result *out)
{
    const char *name = tb_suite_name(suite, k);
    *out = (tb_verify_result){.name = name, .op = first_part(arena, name)};
    case_run run = {.suite = suite,
                    .k = k,
                    .options = options,
                    .arena = arena,
                    .result = out,
                    .err = TB_ERROR_NONE};
    run.model.descriptor = -1;
    if (tb_suite_case(suite, k, &run.err, &run.parsed) != TB_OK) {
        conclude(&run, TB_VERDICT_FAILED, run.err.text);
        return;
    }
    run_parsed(&run);
    tb_case_free(&run.parsed);
}
