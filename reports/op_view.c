/* Lines of ops from stored rows; see op_view.h. */
#include "reports/op_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/buf.h"

/* One of the model's own nodes, found by (subgraph, node). */
typedef struct place {
    int64_t subgraph, node;
    size_t row;
    bool covered; /* a step speaks for it */
} place;

typedef struct maker {
    const tb_ops *ops;
    tb_pool *pool;
    place *places; /* sorted */
    size_t place_count;
    double *inside_ns; /* by row: of a kernel node, what its steps take */
    tb_array lines;
} maker;

static bool is_node(const tb_op_row *row)
{
    return !row->op.kind || strcmp(row->op.kind, "node") == 0;
}

/* A wait that names nodes lies inside their step, whose time has it already. */
static bool is_wait_in_step(const tb_op_row *row)
{
    return row->op.kind && strcmp(row->op.kind, "sync") == 0 && row->op.covers && *row->op.covers;
}

/* A delegate's kernel node: a node that covers others. */
static bool is_kernel(const tb_op_row *row)
{
    return is_node(row) && row->op.covers && *row->op.covers;
}

static int compare_places(const void *left, const void *right)
{
    const place *a = left, *b = right;
    if (a->subgraph != b->subgraph)
        return a->subgraph < b->subgraph ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node);
}

static place *find_place(const maker *m, int64_t subgraph, int64_t node)
{
    const place wanted = {.subgraph = subgraph, .node = node};
    return m->place_count
               ? bsearch(&wanted, m->places, m->place_count, sizeof wanted, compare_places)
               : NULL;
}

/* The next number of a list separated by commas; false at its end or where it is malformed. */
static bool next_number(const char **list, int64_t *number)
{
    char *end;
    errno = 0;
    long long value = strtoll(*list, &end, 10);
    if (end == *list || errno)
        return false;
    *number = value;
    *list = *end == ',' ? end + 1 : end;
    return true;
}

static tb_real time_of(const tb_op_row *row)
{
    tb_real none = {0};
    return row->time.median_ns.known ? tb_num((double)row->time.median_ns.value) : none;
}

static bool index_places(maker *m)
{
    m->places = tb_pool_take(m->pool, m->ops->count, sizeof *m->places);
    m->inside_ns = tb_pool_take(m->pool, m->ops->count, sizeof *m->inside_ns);
    if (!m->places || !m->inside_ns)
        return false;
    for (size_t i = 0; i < m->ops->count; i++) {
        const tb_op_row *row = &m->ops->items[i];
        if (is_node(row) && !is_kernel(row) && row->op.node.known)
            m->places[m->place_count++] =
                (place){row->op.subgraph.value, row->op.node.value, i, false};
    }
    if (m->place_count)
        qsort(m->places, m->place_count, sizeof *m->places, compare_places);
    return true;
}

/* The kernel node that a step runs in: that of the partition of a node it covers, or of its own. */
static size_t kernel_of(const maker *m, const tb_op_row *step, const place *covered)
{
    tb_integer partition = covered ? m->ops->items[covered->row].op.partition : step->op.partition;
    for (size_t i = 0; i < m->ops->count; i++) {
        const tb_op_row *row = &m->ops->items[i];
        if (is_kernel(row) && partition.known && row->op.partition.known &&
            row->op.partition.value == partition.value &&
            row->op.subgraph.value == step->op.subgraph.value)
            return i;
    }
    return m->ops->count;
}

static tb_op_line *add_line(maker *m, const tb_op_row *row)
{
    tb_op_line *line = tb_array_push(m->pool, &m->lines);
    if (line)
        *line = (tb_op_line){
            .op = row->op.op ? row->op.op : "unnamed",
            .kernel = row->op.kernel,
            .tensor = row->op.tensor,
            .shape = row->op.shape,
            .delegate = row->op.delegate,
            .reason = row->op.reason,
            .nodes = row->op.covers,
            .subgraph = row->op.subgraph.value,
            .first_node = row->op.node.known ? row->op.node.value : INT64_MAX,
            .flops = row->op.flops,
            .bytes = row->op.bytes,
            .median_ns = time_of(row),
        };
    return line;
}

/* A step takes the names of the nodes it covers, the output of the last, and the sum of the bytes. */
static void add_step(maker *m, const tb_op_row *row)
{
    tb_buf names = {0};
    const place *first = NULL, *last = NULL;
    int64_t node, bytes = 0;
    const char *list = row->op.covers;
    while (list && *list && next_number(&list, &node)) {
        place *at = find_place(m, row->op.subgraph.value, node);
        if (!at)
            continue;
        const tb_op *covered = &m->ops->items[at->row].op;
        at->covered = true;
        first = first ? first : at;
        last = at;
        bytes += covered->bytes.value;
        tb_buf_printf(&names, "%s%s", names.size ? " + " : "",
                      covered->op ? covered->op : "unnamed");
    }
    tb_op_line *line = add_line(m, row);
    if (line && last) {
        const tb_op *output = &m->ops->items[last->row].op;
        line->op = tb_pool_text(m->pool, tb_buf_text(&names));
        line->tensor = output->tensor;
        line->shape = output->shape;
        line->first_node = first->node;
        if (bytes)
            line->bytes = tb_int(bytes);
    }
    tb_buf_free(&names);
    size_t kernel = kernel_of(m, row, first);
    if (kernel < m->ops->count && row->time.median_ns.known)
        m->inside_ns[kernel] += (double)row->time.median_ns.value;
}

/* What a kernel node takes beyond its steps: all of it where the delegate tells none. */
static void add_kernel(maker *m, size_t index)
{
    const tb_op_row *row = &m->ops->items[index];
    int64_t first = INT64_MAX;
    const char *list = row->op.covers;
    if (!row->time.median_ns.known)
        return;
    next_number(&list, &first);
    tb_op_line *line = add_line(m, row);
    if (!line)
        return;
    line->first_node = first;
    if (m->inside_ns[index] > 0) {
        double rest = (double)row->time.median_ns.value - m->inside_ns[index];
        line->median_ns = tb_num(rest > 0 ? rest : 0);
        line->op = tb_pool_printf(m->pool, "inside %s", line->op);
        line->flops.known = false;
        line->nodes = NULL;
    }
}

/* The model's own nodes that no step speaks for, and rows that name no node. */
static void add_nodes(maker *m)
{
    for (size_t i = 0; i < m->place_count; i++) {
        if (m->places[i].covered)
            continue;
        tb_op_line *line = add_line(m, &m->ops->items[m->places[i].row]);
        if (line)
            line->nodes = tb_pool_printf(m->pool, "%lld", (long long)m->places[i].node);
    }
    for (size_t i = 0; i < m->ops->count; i++) {
        const tb_op_row *row = &m->ops->items[i];
        if (is_node(row) && !is_kernel(row) && !row->op.node.known)
            add_line(m, row);
    }
}

static int compare_lines(const void *left, const void *right)
{
    const tb_op_line *a = left, *b = right;
    if (a->subgraph != b->subgraph)
        return a->subgraph < b->subgraph ? -1 : 1;
    if (a->first_node != b->first_node)
        return a->first_node < b->first_node ? -1 : 1;
    /* A kernel as a whole stands before its first step or node. */
    if ((a->nodes != NULL) != (b->nodes != NULL))
        return a->nodes ? 1 : -1;
    return (int)b->median_ns.known - (int)a->median_ns.known;
}

tb_status tb_op_view_make(const tb_ops *ops, tb_pool *pool, tb_error *err, tb_op_view *view)
{
    *view = (tb_op_view){0};
    maker m = {.ops = ops, .pool = pool, .lines = {.item_size = sizeof(tb_op_line)}};
    if (ops->count == 0)
        return TB_OK;
    if (!index_places(&m))
        return tb_pool_check(NULL, err);
    for (size_t i = 0; i < ops->count; i++)
        if (!is_node(&ops->items[i]) && !is_wait_in_step(&ops->items[i]))
            add_step(&m, &ops->items[i]);
    for (size_t i = 0; i < ops->count; i++)
        if (is_kernel(&ops->items[i]))
            add_kernel(&m, i);
    add_nodes(&m);
    view->lines = m.lines.items;
    view->count = m.lines.count;
    if (view->count)
        qsort(view->lines, view->count, sizeof *view->lines, compare_lines);
    for (size_t i = 0; i < view->count; i++)
        if (view->lines[i].subgraph == view->lines[0].subgraph)
            view->total_ns += view->lines[i].median_ns.value;
    return tb_pool_check(pool, err);
}
