/* Counters on a kernel of the test's own: groups, scaling, refusals, threads. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "profiler/counters.h"

#define MAX_FDS 128

/* A pretended processor: events count `step` at every read; groups larger than `most_in_group`
   hardware events never run. */
typedef struct fake {
    int refuse_hardware; /* errno; 0: allowed */
    int refuse_kernel;   /* errno for events that include the kernel */
    int paranoid;
    int most_in_group;
    double running_share;
    int fd_count, open_count, enabled;
    int leader_of[MAX_FDS], tid_of[MAX_FDS];
    bool hardware[MAX_FDS], closed[MAX_FDS];
    uint64_t reads[MAX_FDS];
} fake;

static int fake_open(void *context, const struct perf_event_attr *attr, int tid, int group_fd)
{
    fake *f = context;
    if (attr->type == PERF_TYPE_HARDWARE && f->refuse_hardware)
        return -f->refuse_hardware;
    if (!attr->exclude_kernel && f->refuse_kernel)
        return -f->refuse_kernel;
    cr_assert_lt(f->fd_count, MAX_FDS);
    int fd = f->fd_count++;
    f->leader_of[fd] = group_fd < 0 ? fd : group_fd;
    f->tid_of[fd] = tid;
    f->hardware[fd] = attr->type == PERF_TYPE_HARDWARE;
    f->open_count++;
    return fd;
}

static int fake_enable(void *context, int fd)
{
    (void)fd;
    ((fake *)context)->enabled++;
    return 0;
}

/* Event number i of a group has (i + 1) * 100 * tid after each read more. */
static ssize_t fake_read(void *context, int fd, void *buffer, size_t size)
{
    fake *f = context;
    uint64_t *out = buffer, round = ++f->reads[fd];
    int members = 0, hardware = 0;
    for (int k = 0; k < f->fd_count; k++)
        if (f->leader_of[k] == fd && !f->closed[k]) {
            members++;
            out[2 + members] = round * (uint64_t)members * 100 * (uint64_t)f->tid_of[fd];
            hardware += f->hardware[k];
        }
    cr_assert_leq((size_t)(3 + members) * sizeof *out, size);
    bool starves = hardware > f->most_in_group;
    out[0] = (uint64_t)members;
    out[1] = round * 1000;
    out[2] = starves ? 0 : (uint64_t)((double)(round * 1000) * f->running_share);
    return (ssize_t)((size_t)(3 + members) * sizeof *out);
}

static void fake_close(void *context, int fd)
{
    fake *f = context;
    cr_assert_not(f->closed[fd]);
    f->closed[fd] = true;
    f->open_count--;
}

static int fake_paranoid(void *context)
{
    return ((fake *)context)->paranoid;
}

static tb_counters *open_on(fake *f, tb_perf_calls *calls, size_t threads)
{
    static const int tids[] = {1, 2, 3};
    *calls = (tb_perf_calls){fake_open, fake_enable, fake_read, fake_close, fake_paranoid, f};
    tb_counters *counters = NULL;
    cr_assert_eq(tb_counters_open(calls, tids, threads, NULL, &counters), TB_OK);
    return counters;
}

static double counted_once(tb_counters *counters, tb_counter counter)
{
    tb_counter_reading from, to, sum = {0};
    tb_counters_read(counters, &from);
    tb_counters_read(counters, &to);
    tb_counters_add(&sum, &from, &to);
    double value;
    cr_assert(tb_counters_scaled(&sum.value[counter], &value));
    return value;
}

Test(counters, one_group_where_the_processor_takes_all)
{
    fake f = {.most_in_group = 16, .running_share = 1};
    tb_perf_calls calls;
    tb_counters *counters = open_on(&f, &calls, 1);
    for (int k = 0; k < TB_COUNTER_COUNT; k++) {
        cr_expect(tb_counters_has(counters, (tb_counter)k));
        cr_expect_null(tb_counters_reason(counters, (tb_counter)k));
    }
    cr_expect_eq(f.enabled, 1);
    cr_expect_eq(f.open_count, TB_COUNTER_COUNT);
    cr_expect_float_eq(counted_once(counters, TB_COUNTER_INSTRUCTIONS), 100, 1e-9);
    cr_expect_float_eq(counted_once(counters, TB_COUNTER_CYCLES), 200, 1e-9);
    tb_counters_close(counters);
    cr_expect_eq(f.open_count, 0);
}

Test(counters, a_group_that_never_runs_is_split_and_values_are_scaled)
{
    fake f = {.most_in_group = 4, .running_share = 0.5};
    tb_perf_calls calls;
    tb_counters *counters = open_on(&f, &calls, 1);
    cr_expect(tb_counters_has(counters, TB_COUNTER_STALLED_BACKEND));
    cr_expect_eq(f.open_count, TB_COUNTER_COUNT);
    /* Counted half of the time: twice what was seen. */
    cr_expect_float_eq(counted_once(counters, TB_COUNTER_INSTRUCTIONS), 200, 1e-9);
    tb_counter_reading reading;
    tb_counters_read(counters, &reading);
    cr_expect_eq(reading.value[TB_COUNTER_CYCLES].enabled_ns,
                 2 * reading.value[TB_COUNTER_CYCLES].running_ns);
    tb_counters_close(counters);
    cr_expect_eq(f.open_count, 0);
}

Test(counters, threads_are_counted_together)
{
    fake f = {.most_in_group = 16, .running_share = 1};
    tb_perf_calls calls;
    tb_counters *counters = open_on(&f, &calls, 3);
    cr_expect_float_eq(counted_once(counters, TB_COUNTER_INSTRUCTIONS), 100 + 200 + 300, 1e-9);
    tb_counters_close(counters);
}

Test(counters, what_is_missing_has_the_kernel_s_reason_and_never_a_zero)
{
    fake f = {.refuse_hardware = ENOENT, .most_in_group = 16, .running_share = 1};
    tb_perf_calls calls;
    tb_counters *counters = open_on(&f, &calls, 1);
    cr_expect_not(tb_counters_has(counters, TB_COUNTER_CYCLES));
    const char *reason = tb_counters_reason(counters, TB_COUNTER_CYCLES);
    cr_expect(strstr(reason, strerror(ENOENT)), "%s", reason);
    tb_counter_reading reading;
    double value;
    tb_counters_read(counters, &reading);
    cr_expect_not(tb_counters_scaled(&reading.value[TB_COUNTER_CYCLES], &value));
    cr_expect(tb_counters_has(counters, TB_COUNTER_PAGE_FAULTS));
    cr_expect(tb_counters_any(counters));
    tb_counters_close(counters);
}

Test(counters, too_strict_a_kernel_is_named_with_the_command_that_helps)
{
    fake f = {.refuse_kernel = EACCES, .paranoid = 2, .most_in_group = 16, .running_share = 1};
    tb_perf_calls calls;
    tb_counters *counters = open_on(&f, &calls, 1);
    /* What also happens in user space is counted there; what does not is missing, not zero. */
    cr_expect(tb_counters_has(counters, TB_COUNTER_CYCLES));
    cr_expect_str_eq(tb_counters_reason(counters, TB_COUNTER_CYCLES), "user space only");
    cr_expect_not(tb_counters_has(counters, TB_COUNTER_CONTEXT_SWITCHES));
    const char *reason = tb_counters_reason(counters, TB_COUNTER_CONTEXT_SWITCHES);
    cr_expect(strstr(reason, "kernel.perf_event_paranoid is 2"), "%s", reason);
    cr_expect(strstr(reason, "sysctl kernel.perf_event_paranoid=1"), "%s", reason);
    tb_counters_close(counters);
}

Test(counters, a_sandbox_is_not_blamed_on_the_kernels_setting)
{
    fake f = {.refuse_hardware = EACCES, .paranoid = -1, .most_in_group = 16, .running_share = 1};
    tb_perf_calls calls;
    tb_counters *counters = open_on(&f, &calls, 1);
    const char *reason = tb_counters_reason(counters, TB_COUNTER_CYCLES);
    cr_expect(strstr(reason, "a sandbox or a security module"), "%s", reason);
    cr_expect(!strstr(reason, "sudo"), "%s", reason);
    tb_counters_close(counters);
}

Test(counters, the_sink_counts_between_begin_and_end_of_each_node)
{
    fake f = {.most_in_group = 16, .running_share = 1};
    tb_perf_calls calls;
    tb_counters *counters = open_on(&f, &calls, 1);
    tb_counter_sink *counting = NULL;
    cr_assert_eq(tb_counter_sink_create(counters, 2, NULL, &counting), TB_OK);
    tb_sink *sink = tb_counter_sink_sink(counting);
    tb_event node = {.kind = TB_EVENT_NODE, .node = 4}, step = {.kind = TB_EVENT_STEP, .node = -1};
    tb_event other = {.kind = TB_EVENT_SUBGRAPH};
    sink->begin(sink, 0); /* node: readings 1 to 4 */
    sink->begin(sink, 0); /* step: readings 2 to 3 */
    sink->emit(sink, &step);
    sink->emit(sink, &node);
    sink->emit(sink, &other); /* had no begin */
    sink->begin(sink, 0);
    sink->emit(sink, &node); /* no room */
    size_t count, dropped;
    const tb_counted *events = tb_counter_sink_events(counting, &count, &dropped);
    cr_assert_eq(count, 2);
    cr_expect_eq(dropped, 1);
    cr_expect_eq(events[0].event.kind, TB_EVENT_STEP);
    cr_expect_eq(events[0].inside.value[TB_COUNTER_INSTRUCTIONS].raw, 100);
    cr_expect_eq(events[1].event.node, 4);
    cr_expect_eq(events[1].inside.value[TB_COUNTER_INSTRUCTIONS].raw, 300);
    tb_counter_sink_clear(counting);
    tb_counter_sink_events(counting, &count, &dropped);
    cr_expect(count == 0 && dropped == 0);
    tb_counter_sink_destroy(counting);
    tb_counters_close(counters);
}
