/* What doctor says of counters, on a kernel of the test's own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "bench/doctor.h"
#include "profiler/counters.h"

typedef struct refusal {
    int hardware;  /* errno; 0: allowed */
    int in_kernel; /* errno for events that include the kernel */
    int in_user;   /* errno for those that do not */
    int paranoid;
} refusal;

static int refuse(void *context, const struct perf_event_attr *attr, int tid, int group_fd)
{
    const refusal *r = context;
    (void)tid;
    (void)group_fd;
    int error = attr->type == PERF_TYPE_HARDWARE ? r->hardware : 0;
    if (!error)
        error = attr->exclude_kernel ? r->in_user : r->in_kernel;
    return error ? -error : 7;
}

static int enable(void *context, int fd)
{
    (void)context;
    (void)fd;
    return 0;
}

static ssize_t read_nothing(void *context, int fd, void *buffer, size_t size)
{
    (void)context;
    (void)fd;
    (void)buffer;
    (void)size;
    return 0;
}

static void close_event(void *context, int fd)
{
    (void)context;
    (void)fd;
}

static int paranoid(void *context)
{
    return ((const refusal *)context)->paranoid;
}

static tb_finding look(refusal r)
{
    tb_perf_calls calls = {refuse, enable, read_nothing, close_event, paranoid, &r};
    tb_finding finding = {0};
    tb_check_counters_of(&calls, &finding);
    return finding;
}

static void expect_has(const char *text, const char *part)
{
    cr_expect(strstr(text, part), "\"%s\" lacks \"%s\"", text, part);
}

Test(check_counters, what_is_all_there_is_good)
{
    tb_finding f = look((refusal){.paranoid = -1});
    cr_expect_eq(f.health, TB_HEALTH_GOOD);
    expect_has(f.found, "10 of 10 counters");
    cr_expect_str_eq(f.advice, "");
}

Test(check_counters, a_kernel_that_allows_nothing_is_helped_by_one_command)
{
    tb_finding f = look((refusal){.in_kernel = EACCES, .in_user = EACCES, .paranoid = 3});
    cr_expect_eq(f.health, TB_HEALTH_NOTE);
    expect_has(f.found, "0 of 10 counters");
    expect_has(f.found, "kernel.perf_event_paranoid is 3");
    /* Some need 2 and some 1: the command is the one that helps with all. */
    expect_has(f.advice, "`sudo sysctl kernel.perf_event_paranoid=1`");
}

Test(check_counters, a_kernel_that_allows_user_space_alone_is_told_so)
{
    tb_finding f = look((refusal){.in_kernel = EACCES, .paranoid = 2});
    cr_expect_eq(f.health, TB_HEALTH_NOTE);
    expect_has(f.found, "8 of 10 counters, in user space only");
    expect_has(f.advice, "`sudo sysctl kernel.perf_event_paranoid=1`");
}

Test(check_counters, what_the_machine_lacks_no_command_brings)
{
    tb_finding f = look((refusal){.hardware = ENOENT, .paranoid = 2});
    expect_has(f.found, "3 of 10 counters");
    expect_has(f.found, strerror(ENOENT));
    cr_expect_str_eq(f.advice, "");
}

Test(check_counters, a_command_is_found_behind_what_the_machine_lacks)
{
    tb_finding f = look((refusal){.hardware = ENOENT, .in_kernel = EACCES, .paranoid = 2});
    expect_has(f.found, strerror(ENOENT));
    expect_has(f.advice, "perf_event_paranoid=1");
}
