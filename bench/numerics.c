/* Differences of tensors; see numerics.h. */
#include "bench/numerics.h"

#include <math.h>
#include <string.h>

#include "bench/case_type.h"

static double real(const tb_io *io, const tb_case_type *type, size_t k)
{
    tb_number number = tb_case_type_read(io->type, io->data, k);
    double value = tb_number_value(type->kind, &number);
    return io->scale != 0 ? (value - io->zero_point) * (double)io->scale : value;
}

static bool alike(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static int bucket_of(double difference, double peak)
{
    double share = peak > 0 ? difference / peak : INFINITY;
    if (share < 1e-9)
        return 0;
    if (!(share < 1))
        return TB_NUMERICS_BUCKETS - 1;
    int k = (int)floor(log10(share)) + 9;
    return k < 0 ? 0 : k < TB_NUMERICS_BUCKETS ? k : TB_NUMERICS_BUCKETS - 1;
}

static double peak_of(const tb_io *io, const tb_case_type *type, size_t count)
{
    double peak = 0;
    for (size_t k = 0; k < count; k++) {
        double value = fabs(real(io, type, k));
        peak = isfinite(value) && value > peak ? value : peak;
    }
    return peak;
}

static size_t largest_in(const tb_io *io, const tb_case_type *type, size_t first, size_t count)
{
    size_t best = first;
    for (size_t k = first + 1; k < first + count; k++)
        if (real(io, type, k) > real(io, type, best))
            best = k;
    return best;
}

static void add_rows(tb_numerics *n, const tb_io *reference, const tb_case_type *reference_type,
                     const tb_io *got, const tb_case_type *got_type, size_t count)
{
    size_t row = reference->rank > 0 ? (size_t)reference->dims[reference->rank - 1] : 1;
    if (row < 2)
        return;
    for (size_t first = 0; first + row <= count; first += row) {
        n->top_all++;
        n->top_same += largest_in(reference, reference_type, first, row) ==
                       largest_in(got, got_type, first, row);
    }
}

bool tb_numerics_add(tb_numerics *n, const tb_io *reference, const tb_io *got)
{
    const tb_case_type *reference_type = tb_case_type_of(reference->type);
    const tb_case_type *got_type = tb_case_type_of(got->type);
    size_t count = tb_case_type_numbers(reference->type, reference->bytes);
    if (reference_type->kind == TB_NUMBER_NONE || got_type->kind == TB_NUMBER_NONE ||
        reference->rank != got->rank || reference_type->parts != got_type->parts ||
        memcmp(reference->dims, got->dims, (size_t)reference->rank * sizeof *got->dims) != 0 ||
        tb_case_type_numbers(got->type, got->bytes) != count)
        return false;
    double peak = peak_of(reference, reference_type, count);
    n->peak = peak > n->peak ? peak : n->peak;
    n->count += count;
    for (size_t k = 0; k < count; k++) {
        double r = real(reference, reference_type, k), g = real(got, got_type, k);
        double d = alike(r, g) ? 0 : fabs(g - r);
        d = isnan(d) ? INFINITY : d;
        n->differing += d > 0;
        n->histogram[bucket_of(d, peak)]++;
        n->max_abs = d > n->max_abs ? d : n->max_abs;
        n->sum_d2 += d * d;
        if (isfinite(r) && isfinite(g)) {
            n->sum_r2 += r * r;
            n->sum_g2 += g * g;
            n->sum_rg += r * g;
        }
    }
    add_rows(n, reference, reference_type, got, got_type, count);
    return true;
}

double tb_numerics_mse(const tb_numerics *n)
{
    return n->count ? n->sum_d2 / (double)n->count : 0;
}

double tb_numerics_snr_db(const tb_numerics *n)
{
    return n->sum_d2 > 0 ? 10 * log10(n->sum_r2 / n->sum_d2) : INFINITY;
}

double tb_numerics_psnr_db(const tb_numerics *n)
{
    return n->sum_d2 > 0 ? 10 * log10(n->peak * n->peak / tb_numerics_mse(n)) : INFINITY;
}

double tb_numerics_cosine(const tb_numerics *n)
{
    if (n->sum_r2 == 0 && n->sum_g2 == 0)
        return 1;
    double both = sqrt(n->sum_r2) * sqrt(n->sum_g2);
    return both > 0 ? fmin(n->sum_rg / both, 1) : 0;
}

bool tb_numerics_is_off(const tb_numerics *n, const tb_numerics_limits *limits)
{
    bool by_itself = n->max_abs > limits->max_abs || tb_numerics_mse(n) > limits->mse;
    bool by_values =
        tb_numerics_snr_db(n) < limits->snr_db || tb_numerics_cosine(n) < limits->cosine;
    return by_itself && by_values;
}
