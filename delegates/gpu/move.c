/* Steps that only move elements; see move.h. */
#include "delegates/gpu/move.h"

#include <string.h>

void tb_gpu_move_add(tb_gpu_move *move, int32_t extent, int32_t from, int32_t to)
{
    const int last = move->rank - 1;
    if (extent == 1)
        return;
    if (move->rank > 0 && move->rank <= TB_GPU_MOVE_RANK && move->from[last] == from * extent &&
        move->to[last] == to * extent) {
        move->extent[last] *= extent;
        move->from[last] = from;
        move->to[last] = to;
        return;
    }
    if (move->rank < TB_GPU_MOVE_RANK) {
        move->extent[move->rank] = extent;
        move->from[move->rank] = from;
        move->to[move->rank] = to;
    }
    move->rank++;
}

tb_gpu_format tb_gpu_move_format(size_t bytes)
{
    return bytes == 1 ? TB_GPU_U8 : bytes == 2 ? TB_GPU_I16 : bytes == 4 ? TB_GPU_I32 : TB_GPU_I64;
}

static bool is_even(const tb_gpu_move *m)
{
    const int last = m->rank - 1;
    if (last < 0 || m->from[last] != 1 || m->to[last] != 1 || m->extent[last] % 2 ||
        m->from_offset % 2 || m->to_offset % 2)
        return false;
    for (int d = 0; d < last; d++)
        if (m->from[d] % 2 || m->to[d] % 2)
            return false;
    return true;
}

/* Two elements as one, as long as that goes. */
static size_t widen(tb_gpu_move *m, size_t bytes)
{
    for (; bytes < 8 && is_even(m); bytes *= 2) {
        for (int d = 0; d < m->rank - 1; d++) {
            m->from[d] /= 2;
            m->to[d] /= 2;
        }
        m->extent[m->rank - 1] /= 2;
        m->from_offset /= 2;
        m->to_offset /= 2;
    }
    return bytes;
}

/* `numbers` with `filler` in front, eight in all. */
static void add_eight(tb_gpu_plan *plan, tb_gpu_step *step, const int32_t *numbers, int rank,
                      int32_t filler)
{
    for (int d = rank; d < TB_GPU_MOVE_RANK; d++)
        tb_gpu_arg_int(plan, step, filler);
    tb_gpu_arg_ints(plan, step, numbers, (size_t)rank);
}

/* A work item an element. */
static tb_status end_step(tb_gpu_plan *plan, tb_gpu_step *step, const int32_t *extent, int rank)
{
    size_t outer = 1;
    for (int d = 0; d < rank - 2; d++)
        outer *= (size_t)extent[d];
    return tb_gpu_step_end(plan, step, rank > 0 ? (size_t)extent[rank - 1] : 1,
                           rank > 1 ? (size_t)extent[rank - 2] : 1, outer);
}

tb_status tb_gpu_move_step(tb_gpu_plan *plan, const char *name, const tb_gpu_move *move, int in,
                           int out)
{
    tb_gpu_move m = *move;
    if (m.rank > TB_GPU_MOVE_RANK) {
        tb_gpu_plan_fail(plan, TB_UNSUPPORTED, "%s goes along %d dimensions", name, m.rank);
        return plan->fault;
    }
    size_t bytes = tb_gpu_format_bytes(plan->values[in]->format);
    if (!m.table)
        bytes = widen(&m, bytes);
    tb_gpu_step *step = tb_gpu_step_begin(plan, name, "move", "move", tb_gpu_move_format(bytes),
                                          m.table ? "-DLUT" : NULL);
    tb_gpu_arg_value(plan, step, in);
    if (m.table)
        tb_gpu_arg_mem(plan, step, m.table);
    tb_gpu_arg_value(plan, step, out);
    add_eight(plan, step, m.extent, m.rank, 1);
    tb_gpu_arg_int(plan, step, m.from_offset);
    add_eight(plan, step, m.from, m.rank, 0);
    tb_gpu_arg_int(plan, step, m.to_offset);
    add_eight(plan, step, m.to, m.rank, 0);
    return end_step(plan, step, m.extent, m.rank);
}

/* ---- by tables --------------------------------------------------------------------------------------- */

int32_t *tb_gpu_map_add(tb_gpu_plan *plan, tb_gpu_map *map, int32_t extent)
{
    int32_t *table = TB_GPU_NEW(plan, int32_t, (size_t)extent);
    if (map->rank == TB_GPU_MOVE_RANK || !table) {
        tb_gpu_plan_fail(plan, table ? TB_UNSUPPORTED : TB_NO_MEMORY, "a table of %d offsets",
                         extent);
        return NULL;
    }
    map->extent[map->rank] = extent;
    map->table[map->rank++] = table;
    return table;
}

static cl_mem tables_of(tb_gpu_plan *plan, const tb_gpu_map *map)
{
    /* Zeros stand for the dimensions of one that are not there. */
    size_t entries = (size_t)(TB_GPU_MOVE_RANK - map->rank), at = entries;
    for (int d = 0; d < map->rank; d++)
        entries += (size_t)map->extent[d];
    int32_t *all = TB_GPU_NEW(plan, int32_t, entries);
    if (!all) {
        tb_gpu_plan_fail(plan, TB_NO_MEMORY, "%zu offsets", entries);
        return NULL;
    }
    for (int d = 0; d < map->rank; d++) {
        memcpy(all + at, map->table[d], (size_t)map->extent[d] * sizeof *all);
        at += (size_t)map->extent[d];
    }
    return tb_gpu_own_constant(plan, all, entries * sizeof *all);
}

tb_status tb_gpu_map_step(tb_gpu_plan *plan, const char *name, const tb_gpu_map *map, int in,
                          int fill, uint8_t zero, int out)
{
    uint8_t bytes[8];
    if (plan->fault != TB_OK)
        return plan->fault;
    memset(bytes, zero, sizeof bytes);
    tb_gpu_step *step =
        tb_gpu_step_begin(plan, name, "move", "mapped",
                          tb_gpu_move_format(tb_gpu_format_bytes(plan->values[in]->format)), NULL);
    tb_gpu_arg_value(plan, step, in);
    tb_gpu_arg_mem(plan, step, tables_of(plan, map));
    if (fill >= 0)
        tb_gpu_arg_value(plan, step, fill);
    else
        tb_gpu_arg_mem(plan, step, tb_gpu_own_constant(plan, bytes, sizeof bytes));
    tb_gpu_arg_value(plan, step, out);
    add_eight(plan, step, map->extent, map->rank, 1);
    return end_step(plan, step, map->extent, map->rank);
}
