/* Energy, clocks and temperatures out of trees of the test's own. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/state.h"
#include "tests/unit/support/fake_root.h"

TestSuite(state, .init = fake_root_begin, .fini = fake_root_end);

static tb_state *open_root(size_t samples)
{
    tb_state *state = NULL;
    cr_assert_eq(tb_state_open(fake_root, samples, NULL, &state), TB_OK);
    return state;
}

Test(state, nothing_there_is_said_and_not_zero)
{
    tb_state *state = open_root(4);
    tb_state_sample(state, 1);
    tb_state_sample(state, 2);
    double uj;
    const char *reason;
    size_t channel;
    cr_expect_eq(tb_state_channel_count(state), 0);
    cr_expect_not(tb_state_energy_uj(state, &uj, &reason));
    cr_expect(strstr(reason, "powercap"));
    cr_expect_not(tb_state_throttled(state, &channel));
    tb_state_close(state);
}

Test(state, rapl_counts_packages_and_memory_once_and_past_the_wrap)
{
    fake_root_put("/sys/class/powercap/intel-rapl:0/name", "package-0\n");
    fake_root_put("/sys/class/powercap/intel-rapl:0/energy_uj", "900\n");
    fake_root_put("/sys/class/powercap/intel-rapl:0/max_energy_range_uj", "1000\n");
    fake_root_put("/sys/class/powercap/intel-rapl:0:0/name", "core\n");
    fake_root_put("/sys/class/powercap/intel-rapl:0:0/energy_uj", "5\n");
    fake_root_put("/sys/class/powercap/intel-rapl:0:1/name", "dram\n");
    fake_root_put("/sys/class/powercap/intel-rapl:0:1/energy_uj", "70\n");
    tb_state *state = open_root(8);
    cr_assert_eq(tb_state_channel_count(state), 2);
    cr_expect_str_eq(tb_state_channel_name(state, 0), "energy package-0");
    cr_expect_str_eq(tb_state_channel_name(state, 1), "energy dram");
    tb_state_sample(state, 1000);
    fake_root_put("/sys/class/powercap/intel-rapl:0/energy_uj", "150\n");
    fake_root_put("/sys/class/powercap/intel-rapl:0:1/energy_uj", "80\n");
    tb_state_sample(state, 2000);
    double uj;
    const char *reason;
    cr_assert(tb_state_energy_uj(state, &uj, &reason));
    cr_expect_float_eq(uj, 250 + 10, 1e-9);
    cr_expect(strstr(reason, "whole chip"));
    tb_state_close(state);
}

Test(state, rails_of_a_phone)
{
    fake_root_put("/sys/bus/iio/devices/iio:device0/energy_value",
                  "t=12345\nCH0(T=12345)[VDD_BIG], 1000\nCH1(T=12345)[VDD_LITTLE], 200\n");
    tb_state *state = open_root(4);
    cr_assert_eq(tb_state_channel_count(state), 2);
    cr_expect_str_eq(tb_state_channel_name(state, 1), "energy VDD_LITTLE");
    tb_state_sample(state, 1);
    fake_root_put("/sys/bus/iio/devices/iio:device0/energy_value",
                  "t=12399\nCH0(T=12399)[VDD_BIG], 1500\nCH1(T=12399)[VDD_LITTLE], 260\n");
    tb_state_sample(state, 2);
    double uj;
    const char *reason;
    cr_assert(tb_state_energy_uj(state, &uj, &reason));
    cr_expect_float_eq(uj, 560, 1e-9);
    tb_state_close(state);
}

Test(state, a_battery_gives_power_by_voltage_and_current)
{
    fake_root_put("/sys/class/power_supply/battery/type", "Battery\n");
    fake_root_put("/sys/class/power_supply/battery/voltage_now", "4000000\n");
    fake_root_put("/sys/class/power_supply/battery/current_now", "-500000\n");
    fake_root_put("/sys/class/power_supply/usb/type", "USB\n");
    fake_root_put("/sys/class/power_supply/usb/voltage_now", "5000000\n");
    fake_root_put("/sys/class/power_supply/usb/current_now", "100000\n");
    tb_state *state = open_root(4);
    cr_assert_eq(tb_state_channel_count(state), 1);
    tb_state_sample(state, 0);
    tb_state_sample(state, 3000000000u);
    uint64_t time_ns;
    double uw, uj;
    const char *reason;
    cr_assert(tb_state_value(state, 1, 0, &time_ns, &uw));
    cr_expect_float_eq(uw, 2e6, 1e-6); /* 4 V x 0.5 A */
    cr_expect_eq(time_ns, 3000000000u);
    cr_assert(tb_state_energy_uj(state, &uj, &reason));
    cr_expect_float_eq(uj, 6e6, 1e-3);
    cr_expect(strstr(reason, "battery"));
    tb_state_close(state);
}

Test(state, clocks_temperatures_and_throttling)
{
    fake_root_put("/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "1800000\n");
    fake_root_put("/sys/devices/system/cpu/cpufreq/policy4/scaling_cur_freq", "2400000\n");
    fake_root_put("/sys/class/thermal/thermal_zone0/type", "cpu-0-0\n");
    fake_root_put("/sys/class/thermal/thermal_zone0/temp", "45500\n");
    fake_root_put("/sys/class/thermal/cooling_device0/type", "cpufreq-cpu4\n");
    fake_root_put("/sys/class/thermal/cooling_device0/cur_state", "0\n");
    fake_root_put("/sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "7\n");
    tb_state *state = open_root(2);
    cr_assert_eq(tb_state_channel_count(state), 5);
    cr_expect_str_eq(tb_state_channel_name(state, 1), "frequency policy4");
    tb_state_sample(state, 1);
    size_t channel;
    cr_expect_not(tb_state_throttled(state, &channel));
    uint64_t time_ns;
    double value;
    cr_assert(tb_state_value(state, 0, 2, &time_ns, &value) ||
              tb_state_value(state, 0, 3, &time_ns, &value));
    fake_root_put("/sys/class/thermal/cooling_device0/cur_state", "3\n");
    fake_root_put("/sys/devices/system/cpu/cpufreq/policy4/scaling_cur_freq", "not a number\n");
    tb_state_sample(state, 2);
    tb_state_sample(state, 3); /* past the room: renews the last */
    cr_expect_eq(tb_state_sample_count(state), 2);
    cr_expect_not(tb_state_value(state, 1, 1, &time_ns, &value));
    cr_expect_eq(time_ns, 3);
    cr_assert(tb_state_throttled(state, &channel));
    cr_expect_eq(tb_state_channel_group(state, channel), TB_STATE_COOLING);
    tb_state_close(state);
}

/* ---- perf's power PMU ---------------------------------------------------------------------------- */

/* Each descriptor counts 1000 more at every reading. */
typedef struct fake_pmu {
    int refuse; /* errno */
    int opened, closed;
    tb_power_event events[8];
    uint64_t counts[8];
} fake_pmu;

static int pmu_open(void *context, const tb_power_event *event)
{
    fake_pmu *f = context;
    if (f->refuse)
        return -f->refuse;
    f->events[f->opened] = *event;
    return f->opened++;
}

static bool pmu_read(void *context, int fd, uint64_t *count)
{
    *count = ((fake_pmu *)context)->counts[fd] += 1000;
    return true;
}

static void pmu_close(void *context, int fd)
{
    (void)fd;
    ((fake_pmu *)context)->closed++;
}

static void put_pmu(void)
{
    fake_root_put("/sys/bus/event_source/devices/power/type", "22\n");
    fake_root_put("/sys/bus/event_source/devices/power/cpumask", "0,32\n");
    fake_root_put("/sys/bus/event_source/devices/power/events/energy-pkg", "event=0x02\n");
    fake_root_put("/sys/bus/event_source/devices/power/events/energy-pkg.scale", "0.001\n");
    fake_root_put("/sys/bus/event_source/devices/power/events/energy-ram", "event=0x03\n");
    fake_root_put("/sys/bus/event_source/devices/power/events/energy-ram.scale", "2.5e-4\n");
    fake_root_put("/sys/bus/event_source/devices/power/events/energy-psys", "event=0x05\n");
    fake_root_put("/sys/bus/event_source/devices/power/events/energy-psys.scale", "0.001\n");
}

static tb_state *open_pmu(fake_pmu *f, tb_power_calls *calls)
{
    tb_state *state = NULL;
    *calls = (tb_power_calls){pmu_open, pmu_read, pmu_close, f};
    cr_assert_eq(tb_state_open_with(fake_root, calls, 4, NULL, &state), TB_OK);
    return state;
}

Test(state, the_power_pmu_stands_in_for_powercap)
{
    fake_pmu f = {0};
    tb_power_calls calls;
    put_pmu();
    tb_state *state = open_pmu(&f, &calls);
    cr_assert_eq(f.opened, 4);
    cr_expect_eq(tb_state_channel_count(state), 4);
    cr_expect_str_eq(tb_state_channel_name(state, 0), "energy pkg cpu0");
    cr_expect_str_eq(tb_state_channel_name(state, 3), "energy ram cpu32");
    cr_expect_eq(f.events[1].type, 22);
    cr_expect_eq(f.events[1].cpu, 32);
    cr_expect_eq(f.events[2].config, 3);
    tb_state_sample(state, 0);
    tb_state_sample(state, 1000);
    double uj;
    const char *reason;
    cr_assert(tb_state_energy_uj(state, &uj, &reason));
    /* A thousand counts each: a joule a package, and a quarter for its memory. */
    cr_expect(uj > 2.4999e6 && uj < 2.5001e6, "%g", uj);
    tb_state_close(state);
    cr_expect_eq(f.closed, 4);
}

Test(state, the_power_pmu_counts_nothing_twice)
{
    fake_pmu f = {0};
    tb_power_calls calls;
    put_pmu();
    fake_root_put("/sys/class/powercap/intel-rapl:0/name", "package-0\n");
    fake_root_put("/sys/class/powercap/intel-rapl:0/energy_uj", "5\n");
    tb_state *state = open_pmu(&f, &calls);
    cr_expect_eq(f.opened, 0);
    cr_expect_eq(tb_state_channel_count(state), 1);
    tb_state_close(state);
}

Test(state, a_power_pmu_that_is_refused_or_damaged_is_none)
{
    fake_pmu f = {.refuse = 13};
    tb_power_calls calls;
    put_pmu();
    tb_state *state = open_pmu(&f, &calls);
    cr_expect_eq(tb_state_channel_count(state), 0);
    tb_state_close(state);
    f.refuse = 0;
    fake_root_put("/sys/bus/event_source/devices/power/events/energy-pkg", "nothing\n");
    fake_root_put("/sys/bus/event_source/devices/power/events/energy-ram.scale", "-1\n");
    state = open_pmu(&f, &calls);
    cr_expect_eq(tb_state_channel_count(state), 0);
    tb_state_close(state);
}
