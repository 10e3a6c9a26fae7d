/* A sweep as a command; see sweep_cmd.h. */
#include "bench/sweep_cmd.h"

#include <unistd.h>

#include "bench/store_args.h"
#include "runtime/base/clock.h"

uint64_t tb_sweep_new_seed(void)
{
    uint64_t mixed = (tb_clock_ns() ^ (uint64_t)getpid() << 32) * UINT64_C(0x9e3779b97f4a7c15);
    return mixed >> 40; /* short enough to be typed */
}

/* The run's table, which closes with one sentence on it. */
static tb_status print_results(const tb_args *args, tb_store *store, int64_t run_id, tb_error *err)
{
    char name[32];
    const char *format;
    snprintf(name, sizeof name, "@%lld", (long long)run_id);
    tb_selection *selection = NULL;
    tb_status status = tb_store_args_format(args, err, &format);
    if (status == TB_OK)
        status = tb_selection_open(store, name, NULL, err, &selection);
    if (status != TB_OK)
        return status;
    tb_report_options look = tb_store_args_look();
    status = tb_report_print(selection, format, stdout, &look, err);
    tb_selection_close(selection);
    return status;
}

static tb_status measure(const tb_args *args, const tb_sweep_plan *plan, tb_sweep_show show,
                         tb_error *err, tb_exit *code)
{
    tb_store *store = NULL;
    tb_status status = tb_store_args_open(args, TB_STORE_WRITE, err, &store);
    if (status != TB_OK)
        return status;
    if (!plan->request->quiet) {
        tb_sweep_plan_print(plan, false, stderr);
        fflush(stderr);
    }
    tb_sweep_result result = {0};
    status = tb_sweep_run(plan, store, err, &result);
    if (result.run_id) {
        tb_error print_err = TB_ERROR_NONE;
        tb_status printed = show(args, store, result.run_id, &print_err);
        if (status == TB_OK && printed != TB_OK) {
            *err = print_err;
            status = printed;
        }
        fflush(stdout);
        if (!plan->request->quiet)
            fprintf(stderr, "Stored as @%lld in %s.\n", (long long)result.run_id,
                    tb_store_path(store));
    }
    *code = tb_sweep_exit(&result);
    tb_store_close(store);
    return status;
}

tb_exit tb_sweep_cmd(const tb_args *args, const tb_sweep_request *request)
{
    tb_error err = TB_ERROR_NONE;
    const char *format;
    if (tb_store_args_format(args, &err, &format) != TB_OK)
        return tb_cmd_fail(&err);
    return tb_sweep_cmd_then(args, request, print_results);
}

tb_exit tb_sweep_cmd_then(const tb_args *args, const tb_sweep_request *request, tb_sweep_show show)
{
    tb_error err = TB_ERROR_NONE;
    tb_sweep_plan plan;
    tb_exit code = TB_EXIT_OK;
    tb_status status = tb_sweep_plan_make(request, &err, &plan);
    if (status != TB_OK)
        return tb_cmd_fail(&err);
    if (tb_args_flag(args, "dry-run"))
        tb_sweep_plan_print(&plan, true, stdout);
    else
        status = measure(args, &plan, show, &err, &code);
    tb_sweep_plan_free(&plan);
    if (status == TB_OK)
        return code;
    /* What the driver itself could not do is the environment's fault, whatever the status. */
    tb_cmd_fail(&err);
    return TB_EXIT_ENVIRONMENT;
}
