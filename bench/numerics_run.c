/* Running both sides and comparing; see numerics_run.h. */
#include "bench/numerics_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/outputs.h"
#include "bench/reference.h"
#include "models/rewrite.h"
#include "runtime/base/os.h"
#include "runtime/builtin_names.h"

static tb_status no_memory(tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "numerics: out of memory");
}

/* ---- what can be seen -------------------------------------------------------------------------- */

static bool has_numbers(const tb_tensor_def *tensor)
{
    return !tensor->is_variable && tensor->type != kTfLiteString &&
           tensor->type != kTfLiteResource && tensor->type != kTfLiteVariant &&
           tensor->type != kTfLiteNoType;
}

static const char *keep(tb_arena *arena, const char *text)
{
    return tb_arena_text(arena, text, strlen(text));
}

static const char *op_name(tb_arena *arena, const tb_operator_def *op)
{
    return op->opcode.custom_name ? keep(arena, op->opcode.custom_name)
                                  : tb_builtin_name(op->opcode.builtin_code);
}

static int producer_of(const tb_model *model, int32_t tensor)
{
    tb_subgraph_def graph = tb_model_subgraph(model, 0);
    for (size_t k = 0; k < graph.operator_count; k++) {
        tb_operator_def op = tb_model_operator(model, 0, k);
        for (size_t o = 0; o < op.outputs.count; o++)
            if (op.outputs.data[o] == tensor)
                return (int)k;
    }
    return -1;
}

static tb_numerics_tensor describe(const tb_model *model, tb_arena *arena, int32_t tensor, int node,
                                   bool is_output)
{
    tb_tensor_def def = tb_model_tensor(model, 0, (size_t)tensor);
    tb_numerics_tensor made = {
        .tensor = tensor, .node = node, .name = keep(arena, def.name), .is_output = is_output};
    if (node >= 0) {
        tb_operator_def op = tb_model_operator(model, 0, (size_t)node);
        made.op = op_name(arena, &op);
    }
    return made;
}

static bool is_output(tb_i32s outputs, int32_t tensor)
{
    for (size_t k = 0; k < outputs.count; k++)
        if (outputs.data[k] == tensor)
            return true;
    return false;
}

/* A model with the tensors that it shows, and the copy that shows all. */
typedef struct shown {
    tb_model *model;
    tb_numerics_tensor *tensors; /* the model's outputs, then the further ones of the copy */
    int output_count, count;
    char copy[64]; /* path; "" without one */
} shown;

static void hide(shown *s)
{
    if (s->copy[0])
        unlink(s->copy);
    if (s->model)
        tb_model_release(s->model);
    *s = (shown){0};
}

static tb_status list_tensors(shown *s, tb_arena *arena, tb_error *err)
{
    tb_subgraph_def graph = tb_model_subgraph(s->model, 0);
    size_t room = graph.outputs.count + 1;
    for (size_t k = 0; k < graph.operator_count; k++)
        room += tb_model_operator(s->model, 0, k).outputs.count;
    s->tensors = TB_ARENA_NEW(arena, tb_numerics_tensor, room);
    if (!s->tensors)
        return no_memory(err);
    for (size_t k = 0; k < graph.outputs.count; k++) {
        int32_t tensor = graph.outputs.data[k];
        s->tensors[s->count++] =
            describe(s->model, arena, tensor, producer_of(s->model, tensor), true);
    }
    s->output_count = s->count;
    for (size_t k = 0; k < graph.operator_count; k++) {
        tb_operator_def op = tb_model_operator(s->model, 0, k);
        for (size_t o = 0; o < op.outputs.count; o++) {
            int32_t tensor = op.outputs.data[o];
            if (tensor < 0 || is_output(graph.outputs, tensor))
                continue;
            tb_tensor_def def = tb_model_tensor(s->model, 0, (size_t)tensor);
            if (has_numbers(&def))
                s->tensors[s->count++] = describe(s->model, arena, tensor, (int)k, false);
        }
    }
    for (int k = 0; k < s->count; k++)
        if (!s->tensors[k].name || (s->tensors[k].node >= 0 && !s->tensors[k].op))
            return no_memory(err);
    return TB_OK;
}

static tb_status write_copy(shown *s, const uint8_t *bytes, size_t size, tb_error *err)
{
    const char *folder = getenv("TMPDIR");
    if (!folder || strlen(folder) > 30)
        folder = "/tmp";
    snprintf(s->copy, sizeof s->copy, "%s/tflbench-XXXXXX", folder);
    int fd = mkstemp(s->copy);
    if (fd < 0) {
        s->copy[0] = '\0';
        return tb_fail_errno(err, "cannot make a temporary file in %s", folder);
    }
    FILE *file = fdopen(fd, "wb");
    if (!file)
        close(fd);
    bool written = file && fwrite(bytes, 1, size, file) == size;
    written = file && fclose(file) == 0 && written;
    return written ? TB_OK : tb_fail_errno(err, "cannot write %s", s->copy);
}

static tb_status make_copy(shown *s, tb_error *err)
{
    size_t count = (size_t)(s->count - s->output_count), size;
    if (!count)
        return TB_OK;
    int32_t *tensors = malloc(count * sizeof *tensors);
    uint8_t *bytes;
    if (!tensors)
        return no_memory(err);
    for (size_t k = 0; k < count; k++)
        tensors[k] = s->tensors[(size_t)s->output_count + k].tensor;
    tb_status status =
        tb_rewrite_outputs(tb_model_bytes(s->model), 0, tensors, count, err, &bytes, &size);
    free(tensors);
    if (status != TB_OK)
        return status;
    status = write_copy(s, bytes, size, err);
    free(bytes);
    return status;
}

/* ---- running ----------------------------------------------------------------------------------- */

/* What a worker's inference gave. */
typedef struct result {
    tb_mapping file;
    tb_io *tensors;
    int count;
} result;

static void drop(result *r)
{
    tb_os_unmap(&r->file);
    free(r->tensors);
    *r = (result){0};
}

typedef struct inference {
    const tb_numerics_request *request;
    const tb_worker_program *program;
    const tb_numerics_side *side;
    const char *model;
    int run;
    int first, end; /* nodes that may be delegated; end 0: all */
    int capacity;   /* outputs at most */
    bool tell;      /* the request's message takes the events */
} inference;

static tb_status map_outputs(int fd, int capacity, tb_error *err, result *out)
{
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    tb_status status = tb_os_map_file(path, err, &out->file);
    if (status != TB_OK)
        return status;
    out->tensors = calloc((size_t)capacity + 1, sizeof *out->tensors);
    if (!out->tensors)
        return no_memory(err);
    return tb_outputs_read(out->file.data, out->file.size, capacity, err, out->tensors,
                           &out->count);
}

static tb_status infer(const inference *what, tb_error *err, result *out)
{
    const tb_numerics_request *request = what->request;
    *out = (result){0};
    int fd = tb_nameless_file();
    if (fd < 0)
        return tb_fail_errno(err, "cannot make a temporary file for outputs");
    tb_job job = {
        .model = what->model,
        .engine = what->side->engine,
        .library = what->side->library,
        .delegate = what->side->delegate,
        .threads = what->side->threads,
        .seed = (int64_t)request->seed + what->run,
        .inputs = request->inputs,
        .real_inputs = strcmp(request->reference.model, request->candidate.model) != 0,
        .shapes = request->shapes,
        .custom_ops = request->custom_ops,
        .memory_limit_bytes = (int64_t)request->memory_limit_bytes,
        .delegate_first = what->first,
        .delegate_end = what->end,
        .write_outputs = tb_lent_path(),
        .outputs_only = true,
    };
    tb_launch launch = {
        .program = what->program,
        .job = &job,
        .silence_ns = request->silence_ns,
        .lent_fd = fd,
        .message = what->tell ? request->message : NULL,
        .context = request->context,
    };
    tb_launch_result how;
    tb_status status = tb_launch_run(&launch, err, &how);
    if (status == TB_OK && how.status != TB_PROCESS_OK)
        status = tb_fail(err, TB_UNAVAILABLE, "%s with %s: %s", what->side->model,
                         what->side->delegate, how.reason);
    if (status == TB_OK)
        status = map_outputs(fd, what->capacity, err, out);
    close(fd);
    if (status != TB_OK)
        drop(out);
    return status;
}

/* ---- comparing --------------------------------------------------------------------------------- */

/* The reference's tensor of the same place (outputs) or name (others); -1: none. */
static int partner_of(const shown *reference, const shown *candidate, int k)
{
    if (k < candidate->output_count || reference->model == candidate->model)
        return k < reference->count ? k : -1;
    for (int i = reference->output_count; i < reference->count; i++)
        if (*candidate->tensors[k].name &&
            strcmp(reference->tensors[i].name, candidate->tensors[k].name) == 0)
            return i;
    return -1;
}

static void compare(const shown *reference, const result *wanted, const shown *candidate,
                    const result *got, tb_numerics_tensor *tensors, int count, bool first_run)
{
    for (int k = 0; k < count; k++) {
        int partner = partner_of(reference, candidate, k);
        bool there = k < got->count && partner >= 0 && partner < wanted->count;
        bool added =
            there && (first_run || tensors[k].compared) &&
            tb_numerics_add(&tensors[k].numerics, &wanted->tensors[partner], &got->tensors[k]);
        tensors[k].compared = added;
    }
}

typedef struct comparing {
    const tb_numerics_request *request;
    const tb_worker_program *program;
    shown reference, candidate;
    int total, done;
} comparing;

static void tell(comparing *c, const char *what)
{
    if (c->request->progress)
        c->request->progress(c->request->progress_context, what, c->done, c->total);
    c->done++;
}

/* One run of both sides; `copy` runs the models that show all. */
static tb_status compare_run(comparing *c, int run, bool copy, tb_numerics_tensor *tensors,
                             int count, tb_error *err)
{
    const tb_numerics_request *request = c->request;
    inference wanted = {.request = request,
                        .program = c->program,
                        .side = &request->reference,
                        .model = copy && c->reference.copy[0] ? c->reference.copy
                                                              : request->reference.model,
                        .run = run,
                        .capacity = c->reference.count};
    inference got = wanted;
    got.side = &request->candidate;
    got.model = copy && c->candidate.copy[0] ? c->candidate.copy : request->candidate.model;
    got.capacity = c->candidate.count;
    got.tell = run == 0 && !copy;
    result left, right;
    tell(c, copy ? "reference, all tensors" : "reference");
    tb_status status = infer(&wanted, err, &left);
    if (status != TB_OK)
        return status;
    tell(c, copy ? "candidate, all tensors" : "candidate");
    status = infer(&got, err, &right);
    if (status == TB_OK)
        compare(&c->reference, &left, &c->candidate, &right, tensors, count, run == 0);
    drop(&left);
    drop(&right);
    return status;
}

/* ---- the report -------------------------------------------------------------------------------- */

static tb_numerics_tensor *copy_tensors(tb_arena *arena, const tb_numerics_tensor *from, int count)
{
    tb_numerics_tensor *made = TB_ARENA_NEW(arena, tb_numerics_tensor, (size_t)count + 1);
    if (made && count)
        memcpy(made, from, (size_t)count * sizeof *made);
    return made;
}

static bool reads_what_is_off(const tb_model *model, int node, const tb_numerics_tensor *tensors,
                              int count)
{
    tb_operator_def op = tb_model_operator(model, 0, (size_t)node);
    for (size_t i = 0; i < op.inputs.count; i++)
        for (int k = 0; k < count; k++)
            if (tensors[k].tensor == op.inputs.data[i] && tensors[k].off)
                return true;
    return false;
}

static void judge(tb_numerics_report *report, const tb_model *model,
                  const tb_numerics_limits *limits)
{
    for (int k = 0; k < report->output_count; k++) {
        tb_numerics_tensor *t = &report->outputs[k];
        t->off = !t->compared || tb_numerics_is_off(&t->numerics, limits);
        report->outputs_off = report->outputs_off || t->off;
    }
    for (int k = 0; k < report->tensor_count; k++)
        report->tensors[k].off =
            report->tensors[k].compared && tb_numerics_is_off(&report->tensors[k].numerics, limits);
    report->suspect = -1;
    for (int k = 0; k < report->tensor_count; k++) {
        const tb_numerics_tensor *t = &report->tensors[k];
        if (t->off && t->node >= 0 && (report->suspect < 0 || t->node < report->suspect) &&
            !reads_what_is_off(model, t->node, report->tensors, report->tensor_count)) {
            report->suspect = t->node;
            report->suspect_op = t->op;
        }
    }
}

static tb_status open_shown(const char *path, bool outputs_only, tb_arena *arena, tb_error *err,
                            shown *out)
{
    tb_status status = tb_model_open(path, err, &out->model);
    if (status == TB_OK)
        status = list_tensors(out, arena, err);
    if (status == TB_OK && outputs_only)
        out->count = out->output_count;
    return status == TB_OK && !outputs_only ? make_copy(out, err) : status;
}

static int by_node(const void *left, const void *right)
{
    const tb_numerics_tensor *a = left, *b = right;
    return a->node != b->node ? a->node - b->node : a->tensor - b->tensor;
}

static tb_status run_all(comparing *c, tb_numerics_report *out, tb_error *err)
{
    const tb_numerics_request *request = c->request;
    tb_status status = TB_OK;
    bool all = c->candidate.copy[0] != '\0';
    c->total = request->runs * (all ? 4 : 2);
    for (int run = 0; status == TB_OK && run < request->runs; run++)
        status = compare_run(c, run, false, out->outputs, out->output_count, err);
    /* What a delegate makes of the copy is a matter of its own: not seeing inside is no failure. */
    for (int run = 0; status == TB_OK && all && run < request->runs; run++) {
        tb_error why = TB_ERROR_NONE;
        if (compare_run(c, run, true, out->tensors, out->tensor_count, &why) == TB_OK)
            continue;
        out->without = tb_arena_text(&out->arena, why.text, strlen(why.text));
        out->tensor_count = 0;
        break;
    }
    return status;
}

tb_status tb_numerics_run(const tb_numerics_request *request, const tb_worker_program *program,
                          tb_error *err, tb_numerics_report *out)
{
    *out = (tb_numerics_report){0};
    comparing c = {.request = request, .program = program};
    bool same = strcmp(request->reference.model, request->candidate.model) == 0;
    tb_status status =
        open_shown(request->candidate.model, request->outputs_only, &out->arena, err, &c.candidate);
    if (status == TB_OK && same)
        c.reference = c.candidate;
    else if (status == TB_OK)
        status = open_shown(request->reference.model, request->outputs_only, &out->arena, err,
                            &c.reference);
    if (status == TB_OK) {
        out->output_count = c.candidate.output_count;
        out->tensor_count = c.candidate.count;
        out->outputs = copy_tensors(&out->arena, c.candidate.tensors, out->output_count);
        out->tensors = copy_tensors(&out->arena, c.candidate.tensors, out->tensor_count);
        status = out->outputs && out->tensors ? run_all(&c, out, err) : no_memory(err);
    }
    if (status == TB_OK) {
        judge(out, c.candidate.model, &request->limits);
        if (out->tensor_count)
            qsort(out->tensors, (size_t)out->tensor_count, sizeof *out->tensors, by_node);
    }
    if (same)
        c.reference = (shown){0};
    hide(&c.candidate);
    hide(&c.reference);
    if (status != TB_OK)
        tb_numerics_report_free(out);
    return status;
}

void tb_numerics_report_free(tb_numerics_report *report)
{
    tb_arena_free(&report->arena);
    *report = (tb_numerics_report){0};
}

/* ---- bisecting --------------------------------------------------------------------------------- */

typedef struct search {
    comparing c;
    result wanted;
    tb_arena arena;
    int runs;
} search;

static tb_status shows(search *s, int first, int end, tb_error *err, bool *off)
{
    const tb_numerics_request *request = s->c.request;
    char text[64];
    snprintf(text, sizeof text, "nodes %d to %d alone", first, end - 1);
    tell(&s->c, text);
    s->runs++;
    inference what = {.request = request,
                      .program = s->c.program,
                      .side = &request->candidate,
                      .model = request->candidate.model,
                      .first = first,
                      .end = end,
                      .capacity = s->c.candidate.count};
    int count = s->c.candidate.output_count;
    result got;
    tb_status status = infer(&what, err, &got);
    if (status != TB_OK)
        return status;
    tb_numerics_tensor *tensors = copy_tensors(&s->arena, s->c.candidate.tensors, count);
    status = tensors ? TB_OK : no_memory(err);
    if (tensors)
        compare(&s->c.candidate, &s->wanted, &s->c.candidate, &got, tensors, count, true);
    *off = false;
    for (int k = 0; tensors && k < count; k++)
        *off = *off || !tensors[k].compared ||
               tb_numerics_is_off(&tensors[k].numerics, &request->limits);
    drop(&got);
    return status;
}

static tb_status narrow(search *s, int nodes, tb_error *err, int *first, int *end)
{
    tb_status status = TB_OK;
    bool off;
    int low = 1, high = nodes; /* the end lies in [low, high] */
    while (status == TB_OK && low < high) {
        int middle = low + (high - low) / 2;
        status = shows(s, 0, middle, err, &off);
        if (off)
            high = middle;
        else
            low = middle + 1;
    }
    *end = high;
    low = 0; /* the beginning lies in [low, high] */
    high = *end - 1;
    while (status == TB_OK && low < high) {
        int middle = low + (high - low + 1) / 2;
        status = shows(s, middle, *end, err, &off);
        if (off)
            low = middle;
        else
            high = middle - 1;
    }
    *first = low;
    return status;
}

tb_status tb_numerics_bisect(const tb_numerics_request *request, const tb_worker_program *program,
                             tb_error *err, int *first, int *end, int *runs)
{
    search s = {.c = {.request = request, .program = program}};
    tb_status status = open_shown(request->candidate.model, true, &s.arena, err, &s.c.candidate);
    if (status == TB_OK) {
        inference reference = {.request = request,
                               .program = program,
                               .side = &request->reference,
                               .model = request->reference.model,
                               .capacity = s.c.candidate.count};
        status = infer(&reference, err, &s.wanted);
    }
    if (status == TB_OK) {
        int nodes = (int)tb_model_subgraph(s.c.candidate.model, 0).operator_count;
        status = nodes ? narrow(&s, nodes, err, first, end)
                       : tb_fail(err, TB_USAGE, "the model has no nodes");
    }
    *runs = s.runs;
    drop(&s.wanted);
    hide(&s.c.candidate);
    tb_arena_free(&s.arena);
    return status;
}
