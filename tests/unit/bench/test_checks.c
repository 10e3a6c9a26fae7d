/* Every check of the machine on constructed observations, and the warnings that a run keeps of them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bench/noise.h"
#include "runtime/base/size.h"
#include "tests/unit/reports/fixture.h"

TestSuite(checks, .fini = fixture_remove);

static tb_finding look(const char *name, const tb_observation *seen)
{
    int count;
    const tb_check *const *rows = tb_check_rows(&count);
    for (int k = 0; k < count; k++)
        if (strcmp(rows[k]->name, name) == 0) {
            tb_finding finding = {.health = TB_HEALTH_UNKNOWN};
            rows[k]->look(seen, &finding);
            cr_expect(finding.found[0], "%s says what is the case", name);
            bool bad = finding.health == TB_HEALTH_WARNING || finding.health == TB_HEALTH_NOTE;
            cr_expect_eq(finding.advice[0] != '\0', bad, "%s advises where something helps", name);
            return finding;
        }
    cr_assert_fail("no check is named %s", name);
    return (tb_finding){0};
}

Test(checks, what_each_makes_of_what_was_seen)
{
    const struct {
        const char *name;
        tb_observation seen;
        tb_health expected;
    } cases[] = {
        {"governor", {.environment.governor = "performance"}, TB_HEALTH_GOOD},
        {"governor", {.environment.governor = "performance;schedutil"}, TB_HEALTH_WARNING},
        {"governor", {.environment.governor = "powersave"}, TB_HEALTH_WARNING},
        {"governor", {.shares_known = false}, TB_HEALTH_UNKNOWN},
        {"turbo", {.environment.turbo = "off"}, TB_HEALTH_GOOD},
        {"turbo", {.environment.turbo = "on"}, TB_HEALTH_NOTE},
        {"turbo", {.shares_known = false}, TB_HEALTH_UNKNOWN},
        {"load", {.shares_known = true, .busy_share = 0.04}, TB_HEALTH_GOOD},
        {"load", {.shares_known = true, .busy_share = 0.06}, TB_HEALTH_WARNING},
        {"load",
         {.environment.load_1m = {.known = true, .value = 0.9},
          .environment.cpu_count = {.known = true, .value = 2}},
         TB_HEALTH_GOOD},
        {"load",
         {.environment.load_1m = {.known = true, .value = 1.1},
          .environment.cpu_count = {.known = true, .value = 2}},
         TB_HEALTH_WARNING},
        {"load", {.shares_known = false}, TB_HEALTH_UNKNOWN},
        {"steal", {.shares_known = true, .steal_share = 0.009}, TB_HEALTH_GOOD},
        {"steal", {.shares_known = true, .steal_share = 0.011}, TB_HEALTH_WARNING},
        {"steal", {.shares_known = false}, TB_HEALTH_UNKNOWN},
        {"clock_drift", {.kernel_known = true, .kernel_spread = 1.09}, TB_HEALTH_GOOD},
        {"clock_drift", {.kernel_known = true, .kernel_spread = 1.11}, TB_HEALTH_WARNING},
        {"clock_drift", {.shares_known = false}, TB_HEALTH_UNKNOWN},
        {"thermal",
         {.environment.temperature_celsius = {.known = true, .value = 84}},
         TB_HEALTH_GOOD},
        {"thermal",
         {.environment.temperature_celsius = {.known = true, .value = 85}},
         TB_HEALTH_WARNING},
        {"thermal", {.shares_known = false}, TB_HEALTH_UNKNOWN},
        {"swap",
         {.environment.swap_used_bytes = {.known = true, .value = 1 << 20}},
         TB_HEALTH_GOOD},
        {"swap",
         {.environment.swap_used_bytes = {.known = true, .value = 65 << 20}},
         TB_HEALTH_NOTE},
        {"swap", {.shares_known = false}, TB_HEALTH_UNKNOWN},
        {"power", {.environment.power_source = "mains"}, TB_HEALTH_GOOD},
        {"power", {.environment.power_source = "battery"}, TB_HEALTH_WARNING},
        {"power", {.shares_known = false}, TB_HEALTH_UNKNOWN},
        {"timer", {.environment.timer_resolution_ns = {.known = true, .value = 1}}, TB_HEALTH_GOOD},
        {"timer",
         {.environment.timer_resolution_ns = {.known = true, .value = 1000}},
         TB_HEALTH_WARNING},
        {"timer", {.shares_known = false}, TB_HEALTH_UNKNOWN},
        {"aslr", {.environment.aslr = {.known = true, .value = 0}}, TB_HEALTH_GOOD},
        {"aslr", {.environment.aslr = {.known = true, .value = 2}}, TB_HEALTH_NOTE},
        {"aslr", {.shares_known = false}, TB_HEALTH_UNKNOWN},
        {"hypervisor", {.environment.hypervisor = "kvm"}, TB_HEALTH_NOTE},
        {"hypervisor", {.shares_known = false}, TB_HEALTH_GOOD},
    };
    for (size_t k = 0; k < TB_COUNT_OF(cases); k++) {
        tb_finding finding = look(cases[k].name, &cases[k].seen);
        cr_expect_eq(finding.health, cases[k].expected, "case %zu: %s: %s: %s", k, cases[k].name,
                     tb_health_text(finding.health), finding.found);
    }
}

static int told;

static void tell(void *context, const char *text)
{
    (void)context;
    cr_expect(*text);
    told++;
}

Test(checks, a_run_keeps_what_disturbed_it)
{
    const char *path = fixture_path("noise.sqlite");
    tb_store *store = fixture_open(path, TB_STORE_WRITE);
    int64_t run_id = fixture_run(store, "noise");
    static tb_noise noise;
    noise = (tb_noise){.seen = {.environment = {.governor = "powersave",
                                                .timer_resolution_ns = tb_int(10000),
                                                .load_1m = tb_num(0),
                                                .cpu_count = tb_int(2),
                                                .hypervisor = "kvm"},
                                .shares_known = true,
                                .steal_share = 0.2}};
    /* A tenth and more of the reference kernel's times are half as long again; none is as long as the
       one that the end takes. */
    for (int k = 0; k < 40; k++)
        noise.kernel_ns[noise.kernel_count++] = k % 4 ? 0.001 : 0.0015;
    noise.ticks = noise.kernel_count;
    noise.before.known = false;
    tb_error err = TB_ERROR_NONE;
    cr_assert_eq(tb_noise_end(&noise, store, run_id, tell, NULL, &err), TB_OK, "%s", err.text);
    tb_store_close(store);
    static const char *const kinds[] = {"governor", "timer", "steal", "clock_drift"};
    for (size_t k = 0; k < TB_COUNT_OF(kinds); k++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM warning WHERE kind = '%s'", kinds[k]);
        cr_expect_eq(fixture_ask(path, sql), 1, "%s", kinds[k]);
    }
    cr_expect_eq(fixture_ask(path, "SELECT count(*) FROM warning"), 4, "notes are no warnings");
    cr_expect_eq(told, 4);
    cr_expect_float_eq(
        fixture_ask(path, "SELECT value FROM figure WHERE metric = 'reference_kernel_spread'"), 1.5,
        1e-12);
    cr_expect_float_eq(fixture_ask(path, "SELECT value FROM figure WHERE metric = 'steal'"), 0.2,
                       1e-12);
}

Test(checks, a_long_run_keeps_its_latest_times)
{
    static tb_noise noise;
    for (int k = 0; k < TB_NOISE_TIMES; k++)
        noise.kernel_ns[noise.kernel_count++] = -1;
    noise.ticks = TB_NOISE_TIMES;
    tb_noise_tick(&noise);
    cr_expect_eq(noise.kernel_count, TB_NOISE_TIMES);
    cr_expect_gt(noise.kernel_ns[0], 0, "the oldest went");
    cr_expect_lt(noise.kernel_ns[1], 0);
}
