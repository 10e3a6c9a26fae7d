/* Row by row along the last axis with a border: the row that is mirrored is found by its coordinates,
   and its middle is copied at once. */
#include "runtime/ops/mirror.h"

#include <string.h>

#include "runtime/base/stop.h"

void tb_mirror_plan(tb_mirror *m)
{
    m->axis = 0;
    for (int d = 0; d < m->rank; d++)
        if (m->before[d] || m->after[d])
            m->axis = d;
    m->run_bytes = m->element_bytes;
    for (int d = m->axis + 1; d < m->rank; d++)
        m->run_bytes *= m->dims[d];
    m->rows = 1;
    for (int d = 0; d < m->axis; d++)
        m->rows *= m->before[d] + m->dims[d] + m->after[d];
    m->row_bytes = m->run_bytes;
    if (m->rank > 0)
        m->row_bytes *= m->before[m->axis] + m->dims[m->axis] + m->after[m->axis];
}

/* The input's index that the output's index `at` along dimension d shows. */
static size_t mirrored(const tb_mirror *m, int d, size_t at)
{
    if (at < m->before[d])
        return m->before[d] - at - 1 + m->edge;
    at -= m->before[d];
    return at < m->dims[d] ? at : 2 * m->dims[d] - 1 - m->edge - at;
}

void tb_mirror_rows(const tb_mirror *m, const char *in, char *out, size_t begin, size_t end)
{
    const size_t run = m->run_bytes;
    const size_t dim = m->rank > 0 ? m->dims[m->axis] : 1;
    const size_t before = m->rank > 0 ? m->before[m->axis] : 0;
    const size_t after = m->rank > 0 ? m->after[m->axis] : 0;
    for (size_t row = begin; row < end && !tb_stopped(); row++) {
        size_t rest = row, source = 0, stride = 1;
        for (int d = m->axis - 1; d >= 0; d--) {
            const size_t extent = m->before[d] + m->dims[d] + m->after[d];
            source += mirrored(m, d, rest % extent) * stride;
            rest /= extent;
            stride *= m->dims[d];
        }
        const char *from = in + source * dim * run;
        char *to = out + row * m->row_bytes;
        for (size_t i = 0; i < before; i++)
            memcpy(to + i * run, from + (before - i - 1 + m->edge) * run, run);
        memcpy(to + before * run, from, dim * run);
        to += (before + dim) * run;
        for (size_t i = 0; i < after; i++)
            memcpy(to + i * run, from + (dim - 1 - m->edge - i) * run, run);
    }
}
