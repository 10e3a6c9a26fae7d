/* Readings of memory and of the machine. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/alloc_count.h"
#include "profiler/environment.h"
#include "profiler/memuse.h"
#include "profiler/proc_file.h"
#include "reports/record.h"
#include "runtime/base/os_process.h"

Test(memuse, notices_touched_memory)
{
    tb_memuse before, after;
    tb_memuse_read(&before);
    if (!before.metric[TB_MEMUSE_RSS].known)
        cr_skip("this system has no /proc");
    size_t size = 32 << 20;
    char *block = malloc(size);
    memset(block, 1, size);
    tb_memuse_read(&after);
    cr_assert_geq(after.metric[TB_MEMUSE_RSS].bytes,
                  before.metric[TB_MEMUSE_RSS].bytes + size * 9 / 10);
    cr_assert_geq(after.metric[TB_MEMUSE_PEAK_RSS].bytes, size);
    for (int k = 0; k < TB_MEMUSE_COUNT; k++)
        cr_assert(after.metric[k].known || after.metric[k].reason, "%s",
                  tb_memuse_name((tb_memuse_metric)k));
    free(block);
}

Test(proc_file, finds_keys_at_line_starts_only)
{
    static const char text[] = "VmRSS:\t 12 kB\nNotVmHWM: 3\nVmHWM:   4 kB\nSwap: x";
    int64_t value = 0;
    cr_assert(tb_proc_find(text, "VmHWM:", &value));
    cr_assert_eq(value, 4);
    cr_assert(tb_proc_find(text, "VmRSS:", &value));
    cr_assert_eq(value, 12);
    cr_assert_not(tb_proc_find(text, "Swap:", &value));
    cr_assert_not(tb_proc_find(text, "HWM:", &value));
}

typedef struct taken {
    const tb_record_type *type;
    int count;
} taken;

static void expect_field(taken *t, const char *name, bool is_text)
{
    const tb_field *field = tb_record_field(t->type, name);
    cr_assert_not_null(field, "the store has no field for the reading '%s'", name);
    cr_assert_eq(field->kind == TB_KIND_TEXT, is_text, "%s", name);
    t->count++;
}

static void take_text(void *context, const char *name, const char *value)
{
    cr_assert(value && *value, "%s", name);
    expect_field(context, name, true);
}

static void take_number(void *context, const char *name, double value)
{
    cr_assert(value == value, "%s", name);
    expect_field(context, name, false);
}

Test(environment, every_reading_has_its_field_in_the_store)
{
    taken t = {&tb_environment_type, 0};
    tb_reading_taker taker = {take_text, take_number, &t};
    tb_environment_read(&taker);
    cr_assert_geq(t.count, 5);
    t = (taken){&tb_device_type, 0};
    tb_device_read(&taker);
    cr_assert_geq(t.count, 2);
}

Test(memuse, resident_bytes_of_a_mapping)
{
    uint64_t bytes = 1;
    cr_assert(tb_os_resident_bytes(NULL, 0, &bytes));
    cr_assert_eq(bytes, 0);
    size_t size = (3 << 20) + 5;
    char *block = malloc(size);
    memset(block, 1, size);
    cr_assert(tb_os_resident_bytes(block, size, &bytes));
    cr_assert_eq(bytes, size);
    free(block);
}

Test(alloc_count, sees_each_call)
{
    uint64_t before, after;
    cr_assert(tb_alloc_count(&before), "the test program is linked with --wrap");
    void *volatile a = malloc(10);
    void *volatile b = calloc(2, 5);
    void *volatile c = realloc(a, 20);
    tb_alloc_count(&after);
    cr_assert_eq(after - before, 3);
    free(b);
    free(c);
}

Test(proc, end_of_a_list_of_processors)
{
    cr_assert_eq(tb_proc_list_end("0-3,6\n"), 7);
    cr_assert_eq(tb_proc_list_end("0"), 1);
    cr_assert_eq(tb_proc_list_end("0-127"), 128);
    cr_assert_eq(tb_proc_list_end(""), 0);
    cr_assert_eq(tb_proc_list_end("\n"), 0);
    cr_assert_eq(tb_proc_list_end("99999999999999999999999"), 0);
    int end = tb_proc_cpu_end(512);
    cr_assert(end >= 1 && end <= 512);
    cr_assert_eq(tb_proc_cpu_end(1), 1);
}
