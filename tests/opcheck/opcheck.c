/* opcheck's command line. See opcheck.h. */
#include "tests/opcheck/opcheck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct totals {
    int passed, failed, skipped;
} totals;

static const oc_check *const groups[] = {oc_product_checks, oc_winograd_checks, oc_depthwise_checks,
                                         oc_row_checks, oc_reduce_checks};

/* All trials of one variant; a trial's seed makes it repeatable alone. */
static void check_variant(const oc_check *check, int which, const tb_cpu_kernels *scalar,
                          const tb_cpu_kernels *variant, uint64_t seed, int rounds, totals *sum)
{
    for (int round = 0; round < rounds; round++) {
        oc_trial t = {.random = {seed + (uint64_t)round * 0x2545F4914F6CDD1Du},
                      .scalar = scalar,
                      .variant = variant,
                      .which = which};
        bool right = check->trial(&t);
        oc_release_all();
        if (!right) {
            printf("FAILED %s, round %d: %s\n", check->name(variant, which), round, t.text);
            sum->failed++;
            return;
        }
    }
    sum->passed++;
}

static void check_kernels(const char *filter, uint64_t seed, int rounds, totals *sum)
{
    oc_features sets[16];
    const int set_count = oc_feature_sets(sets, 16);
    static char done[512][64]; /* variants that an earlier set gave already */
    int done_count = 0;
    tb_cpu_kernels scalar;
    tb_cpu_kernels_select(0, &scalar);
    for (int s = 1; s < set_count; s++) {
        tb_cpu_kernels variant;
        tb_cpu_kernels_select(sets[s].mask, &variant);
        for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++)
            for (const oc_check *check = groups[g]; check->slot; check++)
                for (int which = 0; which < check->count; which++) {
                    const char *name = check->name(&variant, which);
                    bool seen = strcmp(name, check->name(&scalar, which)) == 0;
                    for (int i = 0; i < done_count && !seen; i++)
                        seen = strcmp(done[i], name) == 0;
                    if (seen || (filter && !strstr(name, filter)))
                        continue;
                    if (done_count < 512)
                        snprintf(done[done_count++], sizeof done[0], "%s", name);
                    check_variant(check, which, &scalar, &variant, seed, rounds, sum);
                }
    }
    /* what is compiled in and this processor cannot run */
    int row_count;
    const tb_cpu_kernel_row *rows = tb_cpu_kernel_rows(&row_count);
    for (int i = 0; i < row_count; i++) {
        bool can_run = rows[i].feature == 0;
        for (int s = 0; s < set_count; s++)
            can_run = can_run || (sets[s].mask & rows[i].feature) == rows[i].feature;
        if (!can_run && (!filter || strstr(rows[i].name, filter)))
            sum->skipped++;
    }
}

static int usage(void)
{
    fprintf(stderr,
            "usage: opcheck [--bench] [--filter TEXT] [--seed N] [--rounds N] [--threads N]\n"
            "  --bench     time the kernels against this machine's measured peaks\n"
            "  --filter    only variants (or networks) whose name contains TEXT\n"
            "  --rounds    trials of each variant (default 60)\n"
            "  --threads   networks run with up to so many (default 5)\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *filter = NULL;
    uint64_t seed = 1;
    int rounds = 60, threads = 5;
    bool bench = false;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--bench") == 0) {
            bench = true;
            continue;
        }
        if (!value)
            return usage();
        if (strcmp(argv[i], "--filter") == 0)
            filter = value;
        else if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--rounds") == 0)
            rounds = (int)strtol(value, NULL, 10);
        else if (strcmp(argv[i], "--threads") == 0)
            threads = (int)strtol(value, NULL, 10);
        else
            return usage();
        i++;
    }
    if (bench)
        return oc_bench(filter) ? 0 : 1;
    totals sum = {0};
    check_kernels(filter, seed, rounds, &sum);
    if (!filter || strstr("network", filter))
        oc_check_graphs(seed, rounds, threads, &sum.passed, &sum.failed);
    printf("opcheck: %d passed, %d failed, %d skipped\n", sum.passed, sum.failed, sum.skipped);
    return sum.failed ? 1 : 0;
}
