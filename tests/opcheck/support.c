/* Random numbers, guarded memory, comparison. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/cpu_features.h"
#include "tests/opcheck/opcheck.h"

/* splitmix64 */
uint32_t oc_next(oc_random *r)
{
    uint64_t z = r->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ z >> 31) >> 32);
}

int32_t oc_between(oc_random *r, int32_t low, int32_t high)
{
    uint64_t span = (uint64_t)((int64_t)high - low) + 1;
    return (int32_t)(low + (int64_t)((uint64_t)oc_next(r) * span >> 32));
}

float oc_float(oc_random *r, float low, float high)
{
    return low + (high - low) * ((float)(oc_next(r) >> 8) / 16777216.0f);
}

bool oc_chance(oc_random *r, int percent)
{
    return oc_between(r, 0, 99) < percent;
}

void oc_fill_floats(oc_random *r, float *to, size_t count, float low, float high)
{
    for (size_t i = 0; i < count; i++)
        to[i] = oc_float(r, low, high);
}

/* Mostly any byte, now and then nothing but the extremes. */
void oc_fill_bytes(oc_random *r, void *to, size_t count)
{
    static const unsigned char extremes[] = {0x00, 0xFF, 0x80, 0x7F};
    unsigned char *bytes = to;
    bool extreme = oc_chance(r, 15);
    for (size_t i = 0; i < count; i++) {
        uint32_t word = oc_next(r);
        bytes[i] = extreme ? extremes[word & 3] : (unsigned char)(word >> 8 & 0xFF);
    }
}

/* ---- memory ---------------------------------------------------------------------------------------- */

enum { MAX_BLOCKS = 96 };
static struct {
    void *base;
    size_t bytes;
} blocks[MAX_BLOCKS];
static int block_count;

void *oc_guarded(oc_random *r, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t inside = (bytes + page - 1) / page * page, all = inside + 2 * page;
    if (block_count == MAX_BLOCKS) {
        fprintf(stderr, "opcheck: more than %d blocks in one trial\n", MAX_BLOCKS);
        abort();
    }
    char *base = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED || (inside && mprotect(base + page, inside, PROT_READ | PROT_WRITE))) {
        perror("opcheck: mmap");
        abort();
    }
    blocks[block_count].base = base;
    blocks[block_count++].bytes = all;
    return base + page + (oc_chance(r, 80) ? inside - bytes : 0);
}

void oc_release_all(void)
{
    while (block_count > 0) {
        block_count--;
        munmap(blocks[block_count].base, blocks[block_count].bytes);
    }
}

/* ---- comparison ------------------------------------------------------------------------------------ */

bool oc_wrong(oc_trial *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(t->text, sizeof t->text, format, args);
    va_end(args);
    return false;
}

bool oc_same_bytes(oc_trial *t, const char *what, const void *got, const void *expected,
                   size_t count)
{
    const unsigned char *a = got, *b = expected;
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i])
            return oc_wrong(t, "%s: byte %zu of %zu is %u, expected %u", what, i, count, a[i],
                            b[i]);
    return true;
}

bool oc_close(oc_trial *t, const char *what, const float *got, const float *expected, size_t count,
              float absolute, float relative)
{
    for (size_t i = 0; i < count; i++) {
        float allowed = absolute + relative * fabsf(expected[i]);
        bool same = isnan(expected[i])
                        ? isnan(got[i])
                        : got[i] == expected[i] || fabsf(got[i] - expected[i]) <= allowed;
        if (!same)
            return oc_wrong(t, "%s: element %zu of %zu is %.9g, expected %.9g", what, i, count,
                            (double)got[i], (double)expected[i]);
    }
    return true;
}

/* ---- instruction sets ------------------------------------------------------------------------------ */

int oc_feature_sets(oc_features *out, int capacity)
{
    static const char *const names[] = {"scalar",
#define NAME(id, name, base) name,
                                        TB_CPU_FEATURE_LIST(NAME)
#undef NAME
    };
    uint32_t detected = tb_cpu_detect();
    int count = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && count < capacity; i++) {
        uint32_t mask = tb_cpu_parse(names[i]);
        if ((detected & mask) == mask)
            out[count++] = (oc_features){names[i], mask};
    }
    return count;
}
