/* Names of stored results and conditions on them; the grammar is in select.h. */
#include "reports/select.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/selection.h"
#include "reports/store_read.h"
#include "runtime/base/size.h"

static const char *const condition_keys[] = {"model", "delegate", "threads", "engine",
                                             "arm",   "options",  "rev",     NULL};

const char *const *tb_condition_keys(void)
{
    return condition_keys;
}

const char *tb_selection_name(const tb_selection *selection)
{
    return selection->name;
}

tb_store *tb_selection_store(const tb_selection *selection)
{
    return selection->store;
}

const int64_t *tb_selection_runs(const tb_selection *selection, size_t *count)
{
    *count = selection->runs.count;
    return selection->runs.items;
}

void tb_selection_close(tb_selection *selection)
{
    if (!selection)
        return;
    tb_store_close(selection->owned_store);
    tb_pool_free(selection->pool);
    free(selection);
}

/* ---- conditions ---- */

static bool matches_pattern(const char *pattern, size_t length, const char *text)
{
    /* One place to return to is enough: a later * makes an earlier one settled. */
    size_t at = 0, star = length;
    const char *resume = text;
    while (*text) {
        if (at < length && pattern[at] == '*') {
            star = at++;
            resume = text;
        } else if (at < length && (pattern[at] == '?' || pattern[at] == *text)) {
            at++;
            text++;
        } else if (star < length) {
            at = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (at < length && pattern[at] == '*')
        at++;
    return at == length;
}

/* Does any alternative of `value` (separated by |) match? Unknown texts match nothing. */
static bool matches_any(const char *value, const char *text)
{
    if (!text)
        return false;
    for (;;) {
        size_t length = strcspn(value, "|");
        if (matches_pattern(value, length, text))
            return true;
        if (!value[length])
            return false;
        value += length + 1;
    }
}

/* Does any alternative begin or equal the text? For hashes and revisions. */
static bool starts_any(const char *value, const char *text, size_t least)
{
    while (text) {
        size_t length = strcspn(value, "|");
        if (length >= least && strncmp(value, text, length) == 0)
            return true;
        if (!value[length])
            break;
        value += length + 1;
    }
    return false;
}

static bool condition_holds(const tb_condition *condition, const tb_process_row *row)
{
    const char *value = condition->value;
    char threads[32];
    snprintf(threads, sizeof threads, "%lld", (long long)row->configuration.threads.value);
    const struct {
        const char *key, *text;
    } plain[] = {
        {"model", row->model.name},
        {"model", row->model.path},
        {"delegate", row->configuration.delegate},
        {"threads", row->configuration.threads.known ? threads : NULL},
        {"engine", row->configuration.engine},
        {"arm", row->process.arm},
        {"options", row->configuration.options},
    };
    for (size_t i = 0; i < TB_COUNT_OF(plain); i++)
        if (strcmp(condition->key, plain[i].key) == 0 && matches_any(value, plain[i].text))
            return true;
    if (strcmp(condition->key, "model") == 0)
        return starts_any(value, row->model.sha256, 6);
    if (strcmp(condition->key, "rev") == 0)
        return starts_any(value, row->build.git_revision, 1);
    return false;
}

bool tb_selection_takes(const tb_selection *selection, const tb_process_row *row)
{
    if (selection->revision && !starts_any(selection->revision, row->build.git_revision, 1))
        return false;
    for (size_t i = 0; i < selection->condition_count; i++)
        if (!condition_holds(&selection->conditions[i], row))
            return false;
    return true;
}

/* Takes "key=value" up to an unescaped comma; gives what follows. */
static tb_status parse_condition(tb_selection *selection, const char **where, tb_error *err)
{
    const char *at = *where;
    const char *equals = strpbrk(at, "=,");
    size_t key_length = equals ? (size_t)(equals - at) : strlen(at);
    const char *key = NULL;
    for (size_t i = 0; condition_keys[i]; i++)
        if (strlen(condition_keys[i]) == key_length &&
            strncmp(condition_keys[i], at, key_length) == 0)
            key = condition_keys[i];
    if (!key || !equals || *equals != '=')
        return tb_fail(err, TB_USAGE,
                       "condition \"%s\": expected KEY=VALUE,... with the keys model, delegate, "
                       "threads, engine, arm, options, rev",
                       at);
    at = equals + 1;
    char *value = tb_pool_take(selection->pool, strlen(at) + 1, 1);
    if (!value)
        return tb_pool_check(selection->pool, err);
    size_t length = 0;
    for (; *at && *at != ','; at++) {
        if (at[0] == '\\' && at[1] == ',')
            at++;
        value[length++] = *at;
    }
    if (selection->condition_count == TB_COUNT_OF(selection->conditions))
        return tb_fail(err, TB_USAGE, "more than %zu conditions",
                       TB_COUNT_OF(selection->conditions));
    selection->conditions[selection->condition_count++] = (tb_condition){key, value};
    *where = *at ? at + 1 : at;
    return TB_OK;
}

/* ---- names ---- */

static tb_status none_found(const tb_selection *selection, const char *what, const char *known,
                            tb_error *err)
{
    return tb_fail(err, TB_NOT_FOUND, "%s: no run is named %s; %s%s",
                   tb_store_path(selection->store), selection->name, what,
                   known ? known : "there are none");
}

static tb_status find_by_number(tb_selection *selection, const char *name, tb_error *err)
{
    const char *digits = name + 1;
    bool back = *digits == '-' || !*digits;
    digits += *digits == '-';
    char *end;
    errno = 0;
    long long number = *digits ? strtoll(digits, &end, 10) : 0;
    bool bare = name[1] == '\0';
    if (!bare && (*digits < '0' || *digits > '9' || *end || errno))
        return tb_fail(err, TB_USAGE, "\"%s\": expected @, @-1 (the one before) or @42 (a number)",
                       name);
    tb_status status =
        back ? tb_read_run_back(selection->store, number, selection->pool, err, &selection->runs)
             : tb_read_run_number(selection->store, number, selection->pool, err, &selection->runs);
    if (status == TB_OK && selection->runs.count == 0)
        return none_found(
            selection, "runs here: ", tb_read_known_runs(selection->store, selection->pool), err);
    return status;
}

static tb_status find_by_label(tb_selection *selection, const char *label, tb_error *err)
{
    const char *equals = strchr(label, '=');
    if (!equals || equals == label)
        return tb_fail(err, TB_USAGE, "\"%s\": expected label:KEY=VALUE", selection->name);
    const char *key = tb_pool_printf(selection->pool, "%.*s", (int)(equals - label), label);
    tb_status status = tb_read_runs_labelled(selection->store, key, equals + 1, selection->pool,
                                             err, &selection->runs);
    if (status == TB_OK && selection->runs.count == 0)
        return none_found(selection,
                          "labels here: ", tb_read_known_labels(selection->store, selection->pool),
                          err);
    return status;
}

static tb_status find_by_revision(tb_selection *selection, const char *revision, tb_error *err)
{
    if (!*revision)
        return tb_fail(err, TB_USAGE, "\"%s\": expected rev:REVISION", selection->name);
    selection->revision = tb_pool_text(selection->pool, revision);
    tb_status status = tb_read_runs_of_revision(selection->store, revision, selection->pool, err,
                                                &selection->runs);
    if (status == TB_OK && selection->runs.count == 0)
        return none_found(selection, "revisions here: ",
                          tb_read_known_revisions(selection->store, selection->pool), err);
    return status;
}

/* db:FILE, or db:FILE@... where no file has the whole as its name. */
static tb_status find_in_file(tb_selection *selection, const char *file, tb_error *err)
{
    const char *run = "@";
    struct stat about;
    const char *at = strrchr(file, '@');
    if (at && at > file && stat(file, &about) != 0) {
        run = at;
        file = tb_pool_printf(selection->pool, "%.*s", (int)(at - file), file);
    }
    tb_status status = tb_store_open(file, TB_STORE_READ, err, &selection->owned_store);
    if (status != TB_OK)
        return status;
    selection->store = selection->owned_store;
    return find_by_number(selection, run, err);
}

static tb_status find_runs(tb_selection *selection, const char *name, tb_error *err)
{
    static const struct {
        const char *prefix;
        tb_status (*find)(tb_selection *selection, const char *rest, tb_error *err);
    } forms[] = {{"label:", find_by_label}, {"rev:", find_by_revision}, {"db:", find_in_file}};
    if (*name == '@')
        return find_by_number(selection, name, err);
    for (size_t i = 0; i < TB_COUNT_OF(forms); i++)
        if (strncmp(name, forms[i].prefix, strlen(forms[i].prefix)) == 0)
            return forms[i].find(selection, name + strlen(forms[i].prefix), err);
    return tb_fail(err, TB_USAGE,
                   "\"%s\" names no stored result: expected @, @-1, @42, label:KEY=VALUE, "
                   "rev:REVISION or db:FILE",
                   name);
}

tb_status tb_selection_open(tb_store *store, const char *name, const char *where, tb_error *err,
                            tb_selection **selection)
{
    *selection = NULL;
    tb_selection *opened = calloc(1, sizeof *opened);
    if (!opened)
        return tb_fail(err, TB_NO_MEMORY, "out of memory while loading results");
    opened->pool = tb_pool_create();
    opened->store = store;
    opened->name = tb_pool_text(opened->pool, name);
    tb_status status = tb_pool_check(opened->pool, err);
    while (status == TB_OK && where && *where)
        status = parse_condition(opened, &where, err);
    if (status == TB_OK)
        status = find_runs(opened, name, err);
    if (status == TB_OK)
        status = tb_pool_check(opened->pool, err);
    if (status != TB_OK) {
        tb_selection_close(opened);
        return status;
    }
    *selection = opened;
    return TB_OK;
}
