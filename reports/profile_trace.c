/*
 * The timeline as trace-event JSON, which Perfetto and chrome://tracing open: a process a
 * configuration, a thread a thread, begin and end events (B, E) that balance and nest.
 */
#include <stdio.h>
#include <string.h>

#include "reports/profile.h"

typedef struct span {
    double begin_ns, end_ns;
    int64_t op;
    const char *kind;
    double bytes;
} span;

typedef struct tracer {
    cJSON *events;
    const tb_profile *profile;
    int pid;
    tb_pool *pool;
} tracer;

static cJSON *add_event(const tracer *t, const char *phase, int thread, double ns)
{
    cJSON *event = cJSON_CreateObject();
    if (!event || !cJSON_AddItemToArray(t->events, event)) {
        cJSON_Delete(event);
        return NULL;
    }
    cJSON_AddStringToObject(event, "ph", phase);
    cJSON_AddNumberToObject(event, "pid", t->pid);
    cJSON_AddNumberToObject(event, "tid", thread);
    /* Microseconds; three decimals keep the nanosecond. */
    char text[48];
    snprintf(text, sizeof text, "%.3f", ns / 1000);
    cJSON_AddRawToObject(event, "ts", text);
    return event;
}

static void name_track(const tracer *t, const char *what, int thread, const char *name)
{
    cJSON *event = add_event(t, "M", thread, 0);
    cJSON_AddStringToObject(event, "name", what);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(event, "args"), "name", name);
}

static const tb_profile_op *op_at(const tb_profile *profile, int64_t row)
{
    if (row < 0 || (uint64_t)row >= profile->plan.count || profile->op_of_row[row] < 0)
        return NULL;
    return &profile->ops[profile->op_of_row[row]];
}

static void add_args(cJSON *event, const tb_profile_op *op, double bytes)
{
    cJSON *args = cJSON_AddObjectToObject(event, "args");
    cJSON *nodes = cJSON_AddArrayToObject(args, "nodes");
    for (size_t k = 0; k < op->cover_count; k++)
        cJSON_AddItemToArray(nodes, cJSON_CreateNumber((double)op->covers[k]));
    if (op->tensor && !op->encloses)
        cJSON_AddStringToObject(args, "tensor", op->tensor);
    if (op->row->op.kernel)
        cJSON_AddStringToObject(args, "kernel", op->row->op.kernel);
    if (op->delegate)
        cJSON_AddStringToObject(args, "delegate", op->delegate);
    if (op->flops.known && !op->encloses)
        cJSON_AddNumberToObject(args, "flops", (double)op->flops.value);
    if (bytes > 0)
        cJSON_AddNumberToObject(args, "bytes", bytes);
}

static void begin_span(const tracer *t, int thread, const span *s, double ns, const char *label)
{
    const tb_profile_op *op = op_at(t->profile, s->op);
    cJSON *event = add_event(t, "B", thread, ns);
    bool whole = strcmp(s->kind, "invoke") == 0;
    cJSON_AddStringToObject(event, "name", op ? op->name : whole ? label : s->kind);
    cJSON_AddStringToObject(event, "cat", s->kind);
    if (op)
        add_args(event, op, s->bytes);
}

/* The events of one inference, in order of begin with the enclosing first: those whose end would lie
   behind the enclosing one's are cut there, so that tracks never overlap. */
static void add_spans(const tracer *t, const cJSON *events, int thread, double start_ns,
                      const char *label, span *stack)
{
    size_t depth = 0;
    for (const cJSON *row = events ? events->child : NULL; row; row = row->next) {
        const cJSON *cell[7];
        int count = 0;
        for (const cJSON *c = row->child; c && count < 7; c = c->next)
            cell[count++] = c;
        if (count < 7 || cell[2]->valueint != thread || !cJSON_IsString(cell[3]))
            continue;
        span s = {cell[0]->valuedouble, cell[0]->valuedouble + cell[1]->valuedouble,
                  (int64_t)cell[4]->valuedouble, cell[3]->valuestring, cell[6]->valuedouble};
        while (depth && stack[depth - 1].end_ns <= s.begin_ns)
            add_event(t, "E", thread, start_ns + stack[--depth].end_ns);
        if (depth && s.end_ns > stack[depth - 1].end_ns)
            s.end_ns = stack[depth - 1].end_ns;
        begin_span(t, thread, &s, start_ns + s.begin_ns, label);
        stack[depth++] = s;
    }
    while (depth)
        add_event(t, "E", thread, start_ns + stack[--depth].end_ns);
}

static int last_thread(const cJSON *inference)
{
    int last = 0;
    const cJSON *events = cJSON_GetObjectItemCaseSensitive(inference, "events");
    for (const cJSON *row = events ? events->child : NULL; row; row = row->next) {
        const cJSON *thread = cJSON_GetArrayItem(row, 2);
        if (thread && thread->valueint > last && thread->valueint < 1024)
            last = thread->valueint;
    }
    return last;
}

static double start_of(const cJSON *inference)
{
    const cJSON *start = cJSON_GetObjectItemCaseSensitive(inference, "start_ns");
    return cJSON_IsNumber(start) ? start->valuedouble : 0;
}

/* The inference that starts next after a time: in the order of time, and each once, whatever
   labels it has. */
static const cJSON *next_after(const cJSON *inferences, double ns)
{
    const cJSON *best = NULL;
    for (const cJSON *one = inferences ? inferences->child : NULL; one; one = one->next)
        if (start_of(one) > ns && (!best || start_of(one) < start_of(best)))
            best = one;
    return best;
}

static void add_inference(const tracer *t, const cJSON *inference)
{
    const cJSON *events = cJSON_GetObjectItemCaseSensitive(inference, "events");
    const cJSON *label = cJSON_GetObjectItemCaseSensitive(inference, "label");
    span *stack = tb_pool_take(t->pool, (size_t)cJSON_GetArraySize(events) + 1, sizeof *stack);
    if (!stack)
        return;
    char text[64];
    snprintf(text, sizeof text, "%.40s inference",
             cJSON_IsString(label) ? label->valuestring : "an");
    int last = last_thread(inference);
    for (int thread = 0; thread <= last; thread++)
        add_spans(t, events, thread, start_of(inference), text, stack);
}

static void add_profile(const tracer *t)
{
    const tb_result_row *row = &t->profile->result->row;
    char name[300];
    snprintf(name, sizeof name, "%.120s, %.80s, %lld thread%s", row->model ? row->model : "model",
             row->ran        ? row->ran
             : row->delegate ? row->delegate
                             : "",
             (long long)row->threads.value, row->threads.value == 1 ? "" : "s");
    name_track(t, "process_name", 0, name);
    cJSON *timeline = t->profile->timeline_text ? cJSON_Parse(t->profile->timeline_text) : NULL;
    const cJSON *inferences = cJSON_GetObjectItemCaseSensitive(timeline, "inferences");
    int last = 0;
    for (const cJSON *one = inferences ? inferences->child : NULL; one; one = one->next)
        last = last_thread(one) > last ? last_thread(one) : last;
    for (int thread = 0; thread <= last; thread++) {
        snprintf(name, sizeof name, thread ? "worker %d" : "invoking thread", thread);
        name_track(t, "thread_name", thread, name);
    }
    double done_ns = -1;
    for (const cJSON *next = next_after(inferences, done_ns); next;
         next = next_after(inferences, done_ns)) {
        done_ns = start_of(next);
        add_inference(t, next);
    }
    cJSON_Delete(timeline);
}

tb_status tb_profile_trace(const tb_profile *profiles, size_t count, tb_error *err, tb_buf *out)
{
    cJSON *document = cJSON_CreateObject();
    cJSON *events = cJSON_AddArrayToObject(document, "traceEvents");
    cJSON_AddStringToObject(document, "displayTimeUnit", "ns");
    for (size_t k = 0; events && k < count; k++) {
        tracer t = {events, &profiles[k], (int)k + 1, profiles[k].pool};
        add_profile(&t);
    }
    char *text = events ? cJSON_PrintUnformatted(document) : NULL;
    cJSON_Delete(document);
    if (!text)
        return tb_fail(err, TB_NO_MEMORY, "no memory for the trace");
    tb_buf_append_text(out, text);
    tb_buf_append_text(out, "\n");
    cJSON_free(text);
    return tb_buf_status(out, "trace", err);
}
