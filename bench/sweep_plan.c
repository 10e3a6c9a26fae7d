/* What a sweep will do, and in which order; see sweep.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/file_identity.h"
#include "bench/sweep.h"
#include "bench/units.h"
#include "reports/stats.h"
#include "reports/units.h"
#include "runtime/base/size.h"
#include "runtime/model.h"

/* The part of a configuration's time that its profiled process gets. */
#define PROFILE_PART 5

static const char *const fallback_texts[] = {"allow", "warn", "fail"};

tb_status tb_fallback_parse(const char *text, tb_error *err, tb_fallback *out)
{
    for (size_t k = 0; k < TB_COUNT_OF(fallback_texts); k++)
        if (strcmp(fallback_texts[k], text) == 0) {
            *out = (tb_fallback)k;
            return TB_OK;
        }
    return tb_fail(err, TB_USAGE, "--fallback %s: goes allow, warn or fail", text);
}

const char *tb_fallback_text(tb_fallback fallback)
{
    return fallback_texts[fallback];
}

static tb_status no_memory(tb_error *err)
{
    return tb_fail(err, TB_NO_MEMORY, "plan of the sweep: out of memory");
}

/* ---- models ------------------------------------------------------------------------------------ */

/* The file's name without folder and ending; of a file that is just called model.tflite, its
   folder's name. */
static const char *model_name(const char *path, tb_arena *arena)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (slash && slash > path && strcmp(name, "model.tflite") == 0) {
        const char *folder = slash;
        while (folder > path && folder[-1] != '/')
            folder--;
        if (folder < slash && *folder != '.')
            return tb_arena_text(arena, folder, (size_t)(slash - folder));
    }
    const char *dot = strrchr(name, '.');
    return tb_arena_text(arena, name, dot && dot != name ? (size_t)(dot - name) : strlen(name));
}

/* Of a model that cannot be read nothing is known; its configurations will say why. */
static void look_inside(tb_sweep_model *out)
{
    tb_model *model = NULL;
    if (tb_model_open(out->path, NULL, &model) != TB_OK)
        return;
    for (size_t g = 0; g < tb_model_subgraph_count(model); g++) {
        size_t count = tb_model_subgraph(model, g).tensor_count;
        for (size_t k = 0; k < count; k++) {
            tb_tensor_def tensor = tb_model_tensor(model, g, k);
            out->stateful |= tensor.is_variable || tensor.type == kTfLiteResource;
            out->quantised |= !tensor.constant.data && tensor.quantization.scales.count > 0 &&
                              (tensor.type == kTfLiteInt8 || tensor.type == kTfLiteUInt8 ||
                               tensor.type == kTfLiteInt16);
        }
    }
    tb_model_release(model);
}

static tb_status examine_model(const char *path, tb_arena *arena, tb_error *err,
                               tb_sweep_model *out)
{
    *out = (tb_sweep_model){.path = path};
    out->info.path = path;
    out->info.name = model_name(path, arena);
    if (!out->info.name)
        return no_memory(err);
    tb_error why = TB_ERROR_NONE;
    tb_file_identity file = {0};
    out->status = tb_file_identify(path, arena, &why, &file);
    if (out->status != TB_OK) {
        out->reason = tb_arena_text(arena, why.text, strlen(why.text));
        return out->reason ? TB_OK : no_memory(err);
    }
    out->info.size_bytes = file.bytes;
    out->info.sha256 = file.sha256;
    look_inside(out);
    return TB_OK;
}

static bool is_folder(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* A folder stands for the cases in it; one without any is a model that cannot be read. */
static tb_status add_cases(tb_sweep_plan *plan, const char *path, tb_error *err)
{
    const tb_sweep_request *request = plan->request;
    if (!is_folder(path))
        return TB_OK;
    tb_error why = TB_ERROR_NONE;
    tb_status status = plan->suite ? TB_OK : tb_suite_create(err, &plan->suite);
    if (status != TB_OK)
        return status;
    status = tb_suite_add(plan->suite, path, request->tiers, request->tier_count, &why);
    if (status != TB_OK && (status != TB_NOT_FOUND || request->tier_count > 0))
        return tb_fail(err, status, "%s", why.text);
    return TB_OK;
}

static tb_status add_model(tb_sweep_plan *plan, const char *path, const tb_case_model *from,
                           tb_error *err)
{
    for (int i = 0; i < plan->model_count; i++)
        if (strcmp(plan->models[i].path, path) == 0)
            return TB_OK;
    tb_sweep_model *model = &plan->models[plan->model_count++];
    tb_status status = examine_model(path, &plan->arena, err, model);
    model->from = from;
    return status;
}

static tb_status add_case_model(tb_sweep_plan *plan, int k, tb_error *err)
{
    tb_case_model *from = TB_ARENA_NEW(&plan->arena, tb_case_model, 1);
    if (!from)
        return no_memory(err);
    tb_status status = tb_case_model_read(plan->suite, k, &plan->arena, err, from);
    return status == TB_OK ? add_model(plan, from->path, from, err) : status;
}

static tb_status add_models(tb_sweep_plan *plan, tb_error *err)
{
    tb_text_list paths = plan->request->models;
    int *ends = TB_ARENA_NEW(&plan->arena, int, (size_t)paths.count + 1);
    if (!ends)
        return no_memory(err);
    tb_status status = TB_OK;
    for (int k = 0; k < paths.count && status == TB_OK; k++) {
        status = add_cases(plan, paths.items[k], err);
        ends[k] = plan->suite ? tb_suite_count(plan->suite) : 0;
    }
    if (status != TB_OK)
        return status;
    size_t room = (size_t)paths.count + (size_t)(paths.count ? ends[paths.count - 1] : 0);
    plan->models = TB_ARENA_NEW(&plan->arena, tb_sweep_model, room + 1);
    if (!plan->models)
        return no_memory(err);
    for (int k = 0, at = 0; k < paths.count && status == TB_OK; k++) {
        if (at == ends[k])
            status = add_model(plan, paths.items[k], NULL, err);
        while (at < ends[k] && status == TB_OK)
            status = add_case_model(plan, at++, err);
    }
    return status;
}

/* ---- configurations ---------------------------------------------------------------------------- */

/* Everything besides engine, delegate and threads that changes what is measured. */
static const char *options_text(tb_sweep_plan *plan, const tb_sweep_configuration *c)
{
    const tb_sweep_request *request = plan->request;
    tb_buf text = {0};
    if (request->memory_limit_bytes)
        tb_buf_printf(&text, ";memory-limit=%llu", (unsigned long long)request->memory_limit_bytes);
    for (int k = 0; k < request->custom_ops.count; k++) {
        const char *path = request->custom_ops.items[k], *slash = strrchr(path, '/');
        tb_buf_printf(&text, ";custom-op=%s", slash ? slash + 1 : path);
    }
    for (int k = 0; k < c->shapes.count; k++)
        tb_buf_printf(&text, ";shape=%s", c->shapes.items[k]);
    if (request->interval_ns)
        tb_buf_printf(&text, ";rate=%.6g", 1e9 / (double)request->interval_ns);
    if (request->idle_ns)
        tb_buf_printf(&text, ";idle=%.6gs", (double)request->idle_ns / 1e9);
    if (request->cold)
        tb_buf_printf(&text, ";cold=%s", tb_cold_text(request->cold));
    if (request->priority)
        tb_buf_printf(&text, ";priority=%lld", (long long)request->priority);
    if (request->check && request->check_every)
        tb_buf_printf(&text, ";check=every");
    if (request->signature)
        tb_buf_printf(&text, ";signature=%s", request->signature);
    const char *kept =
        text.size ? tb_arena_text(&plan->arena, tb_buf_text(&text) + 1, text.size - 1) : NULL;
    tb_buf_free(&text);
    return kept;
}

static const char *configuration_text(tb_sweep_plan *plan, const tb_sweep_configuration *c)
{
    tb_buf text = {0};
    tb_buf_printf(&text, "%s, ", plan->models[c->model].info.name);
    if (strcmp(c->record.engine, "native") != 0)
        tb_buf_printf(&text, "%s, ", c->record.engine);
    tb_buf_printf(&text, "%s, %d thread%s", c->delegate.canonical, c->threads,
                  c->threads == 1 ? "" : "s");
    if (plan->request->shape_sets.count > 1)
        tb_buf_printf(&text, ", %s", plan->request->shape_sets.items[c->shape_set]);
    const char *kept = tb_arena_text(&plan->arena, tb_buf_text(&text), text.size);
    tb_buf_free(&text);
    return kept;
}

int tb_sweep_shape_sets(const tb_sweep_request *request)
{
    return request->shape_sets.count ? request->shape_sets.count : 1;
}

/* The request's shapes, and those of the set: "a=1,8;b=1,4". */
static tb_status set_shapes(tb_sweep_plan *plan, tb_sweep_configuration *c, tb_error *err)
{
    const tb_sweep_request *request = plan->request;
    const char *set = request->shape_sets.count ? request->shape_sets.items[c->shape_set] : "";
    size_t room = (size_t)request->shapes.count + 1;
    for (const char *at = set; *at; at++)
        room += *at == ';';
    const char **items = TB_ARENA_NEW(&plan->arena, const char *, room);
    char *rest = tb_arena_text(&plan->arena, set, strlen(set));
    if (!items || !rest)
        return no_memory(err);
    int count = 0;
    for (; count < request->shapes.count; count++)
        items[count] = request->shapes.items[count];
    for (char *shape; (shape = strsep(&rest, ";"));)
        if (*shape)
            items[count++] = shape;
    c->shapes = (tb_text_list){items, count};
    return TB_OK;
}

static bool is_known(const tb_sweep_plan *plan, const tb_sweep_configuration *c)
{
    for (int k = 0; k < plan->configuration_count; k++) {
        const tb_sweep_configuration *known = &plan->configurations[k];
        if (known->model == c->model && known->threads == c->threads &&
            known->shape_set == c->shape_set &&
            strcmp(known->record.engine, c->record.engine) == 0 &&
            strcmp(known->delegate.canonical, c->delegate.canonical) == 0)
            return true;
    }
    return false;
}

/* What is known of a library before it says hello: nothing, where it cannot even be read. */
static tb_build library_build(tb_sweep_plan *plan, const tb_sweep_configuration *c)
{
    for (int k = 0; k < plan->configuration_count; k++)
        if (plan->configurations[k].library == c->library)
            return plan->configurations[k].library_build;
    tb_file_identity file = {0};
    if (tb_file_identify(c->library, &plan->arena, NULL, &file) != TB_OK)
        file = (tb_file_identity){0};
    return (tb_build){.engine = c->engine->name, .sha256 = file.sha256, .binary_bytes = file.bytes};
}

static tb_status add_configuration(tb_sweep_plan *plan, int model, const char *engine,
                                   const char *delegate, int threads, int shape_set, tb_error *err)
{
    tb_sweep_configuration *c = &plan->configurations[plan->configuration_count];
    *c = (tb_sweep_configuration){.model = model, .threads = threads, .shape_set = shape_set};
    tb_status status = tb_engine_parse(engine, err, &c->engine, &c->library);
    if (status == TB_OK)
        status = tb_delegate_arg_parse(delegate, &plan->arena, err, &c->delegate);
    if (status == TB_OK)
        status = set_shapes(plan, c, err);
    if (status != TB_OK)
        return status;
    c->record.engine = engine;
    c->record.delegate = c->delegate.canonical;
    c->record.threads = tb_int(threads);
    c->record.options = options_text(plan, c);
    if (c->library)
        c->library_build = library_build(plan, c);
    c->text = configuration_text(plan, c);
    if (!c->text)
        return no_memory(err);
    if (!is_known(plan, c))
        plan->configuration_count++;
    return TB_OK;
}

/* All delegates, threads and shapes of a model in an engine. */
static tb_status add_of_engine(tb_sweep_plan *plan, int model, const char *engine, tb_error *err)
{
    const tb_sweep_request *request = plan->request;
    int sets = tb_sweep_shape_sets(request);
    tb_status status = TB_OK;
    for (int d = 0; d < request->delegates.count; d++)
        for (int t = 0; t < request->thread_count; t++) {
            if (request->threads_for_first && t > 0 && d > 0)
                continue;
            for (int s = 0; s < sets && status == TB_OK; s++)
                status = add_configuration(plan, model, engine, request->delegates.items[d],
                                           (int)request->threads[t], s, err);
        }
    return status;
}

static tb_status add_configurations(tb_sweep_plan *plan, tb_error *err)
{
    const tb_sweep_request *request = plan->request;
    size_t count = (size_t)plan->model_count;
    if (!tb_mul_size(count, (size_t)request->engines.count, &count) ||
        !tb_mul_size(count, (size_t)request->delegates.count, &count) ||
        !tb_mul_size(count, (size_t)tb_sweep_shape_sets(request), &count) ||
        !tb_mul_size(count, (size_t)request->thread_count, &count) || count > 1000000)
        return tb_fail(err, TB_USAGE, "more than a million configurations");
    plan->configurations = TB_ARENA_NEW(&plan->arena, tb_sweep_configuration, count + 1);
    if (!plan->configurations)
        return no_memory(err);
    tb_status status = TB_OK;
    for (int m = 0; m < plan->model_count; m++)
        for (int e = 0; e < request->engines.count && status == TB_OK; e++)
            status = add_of_engine(plan, m, request->engines.items[e], err);
    return status;
}

/* ---- order ------------------------------------------------------------------------------------- */

static void shuffle(tb_sweep_plan *plan)
{
    tb_random random;
    tb_random_seed(&random, plan->request->seed);
    for (int k = plan->unit_count - 1; k > 0; k--) {
        int other = (int)tb_random_below(&random, (uint64_t)k + 1);
        tb_sweep_unit swapped = plan->units[k];
        plan->units[k] = plan->units[other];
        plan->units[other] = swapped;
    }
}

int tb_sweep_processes(const tb_sweep_request *request)
{
    return request->processes + (request->profile ? 1 : 0) + (request->accuracy ? 1 : 0);
}

static tb_status add_units(tb_sweep_plan *plan, tb_error *err)
{
    const tb_sweep_request *request = plan->request;
    int each = tb_sweep_processes(request);
    size_t count;
    if (!tb_mul_size((size_t)plan->configuration_count, (size_t)each, &count) || count > 1000000)
        return tb_fail(err, TB_USAGE, "more than a million processes");
    plan->units = TB_ARENA_NEW(&plan->arena, tb_sweep_unit, count + 1);
    if (!plan->units)
        return no_memory(err);
    for (int process = 0; process < each; process++)
        for (int c = 0; c < plan->configuration_count; c++)
            plan->units[plan->unit_count++] = (tb_sweep_unit){
                .configuration = c,
                .process = process,
                .profile = request->profile && process == request->processes,
                .evaluate = request->accuracy && process == each - 1,
            };
    if (request->random_order)
        shuffle(plan);
    return TB_OK;
}

tb_status tb_sweep_plan_make(const tb_sweep_request *request, tb_error *err, tb_sweep_plan *out)
{
    *out = (tb_sweep_plan){.request = request};
    tb_status status = add_models(out, err);
    if (status == TB_OK)
        status = add_configurations(out, err);
    if (status == TB_OK)
        status = add_units(out, err);
    if (status != TB_OK)
        tb_sweep_plan_free(out);
    return status;
}

void tb_sweep_plan_free(tb_sweep_plan *plan)
{
    tb_suite_destroy(plan->suite);
    plan->suite = NULL;
    tb_arena_free(&plan->arena);
}

/* ---- time -------------------------------------------------------------------------------------- */

uint64_t tb_sweep_unit_ns(const tb_sweep_plan *plan, const tb_sweep_unit *unit)
{
    const tb_sweep_request *request = plan->request;
    uint64_t profile_ns = request->profile ? request->max_ns / PROFILE_PART : 0;
    if (unit->evaluate)
        return 0;
    return unit->profile ? profile_ns
                         : (request->max_ns - profile_ns) / (uint64_t)request->processes;
}

uint64_t tb_sweep_plan_ns(const tb_sweep_plan *plan)
{
    uint64_t sum = 0;
    for (int k = 0; k < plan->unit_count; k++)
        sum += tb_sweep_unit_ns(plan, &plan->units[k]);
    return sum;
}

static const char *plural(int count)
{
    return count == 1 ? "" : "s";
}

void tb_sweep_plan_print(const tb_sweep_plan *plan, bool all, FILE *to)
{
    const tb_sweep_request *request = plan->request;
    char each[TB_FIGURE_TEXT_SIZE], total[TB_WAIT_TEXT_SIZE];
    tb_format_duration((double)request->max_ns, each);
    if (!request->processes)
        fprintf(to, "%d model%s, %d configuration%s. ", plan->model_count,
                plural(plan->model_count), plan->configuration_count,
                plural(plan->configuration_count));
    else
        fprintf(to,
                "%d model%s, %d configuration%s, %d process%s; at most %s a configuration, %s in "
                "all, besides loading%s. ",
                plan->model_count, plural(plan->model_count), plan->configuration_count,
                plural(plan->configuration_count), plan->unit_count,
                plan->unit_count == 1 ? "" : "es", each,
                tb_wait_text(tb_sweep_plan_ns(plan), total),
                request->check ? " and one inference a model by the reference kernels" : "");
    if (request->random_order)
        fprintf(to, "Order by seed %llu.\n", (unsigned long long)request->seed);
    else
        fprintf(to, "Order as given.\n");
    for (int k = 0; all && k < plan->unit_count; k++) {
        const tb_sweep_unit *unit = &plan->units[k];
        fprintf(to, "%4d  %s%s\n", k + 1, plan->configurations[unit->configuration].text,
                unit->profile ? ", per-op profiling" : "");
    }
}
