/* Speed against accuracy out of a profile's document: accuracy on labelled data where one of the run's
   configurations has it, else how near the outputs are to the reference's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/html_page.h"
#include "reports/html_profile.h"
#include "reports/html_speed.h"

typedef struct named_point {
    char name[200];
    const cJSON *result;
} named_point;

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(member(object, name));
    return text ? text : "";
}

static bool number_of(const cJSON *object, const char *name, double *value)
{
    const cJSON *found = member(object, name);
    if (!cJSON_IsNumber(found))
        return false;
    *value = found->valuedouble;
    return true;
}

static bool same_configuration(const cJSON *a, const cJSON *b)
{
    double left = 0, right = 0;
    number_of(a, "threads", &left);
    number_of(b, "threads", &right);
    return strcmp(text_of(a, "delegate"), text_of(b, "delegate")) == 0 &&
           strcmp(text_of(a, "engine"), text_of(b, "engine")) == 0 && left <= right &&
           left >= right;
}

/* The part "numerics" of the profile of a result; NULL: it has none. */
static const cJSON *numerics_of(const cJSON *document, const cJSON *result)
{
    if (same_configuration(member(document, "configuration"), result))
        return member(document, "numerics");
    const cJSON *other;
    cJSON_ArrayForEach(other, member(document, "more"))
    {
        if (same_configuration(member(other, "configuration"), result))
            return member(other, "numerics");
    }
    return NULL;
}

/* The delegate that others were compared with, by any of the profiles. */
static const char *reference_of(const cJSON *document)
{
    const char *reference = text_of(member(document, "numerics"), "reference");
    const cJSON *other;
    cJSON_ArrayForEach(other, member(document, "more"))
    {
        if (!*reference)
            reference = text_of(member(other, "numerics"), "reference");
    }
    return reference;
}

static void take_accuracy(const cJSON *result, tb_speed_point *point)
{
    point->has_right = number_of(result, "accuracy", &point->right);
    if (!number_of(result, "accuracy_low", &point->right_low) ||
        !number_of(result, "accuracy_high", &point->right_high))
        point->right_low = point->right_high = point->right;
}

static void take_numerics(const cJSON *document, const cJSON *result, tb_speed_point *point)
{
    const cJSON *numerics = numerics_of(document, result);
    point->has_right = number_of(numerics, "output_snr_db", &point->right);
    point->right_low = point->right_high = point->right;
    const char *reference = reference_of(document);
    point->reference = *reference && strcmp(text_of(result, "delegate"), reference) == 0;
    point->exact = point->reference || cJSON_IsTrue(member(numerics, "outputs_exact"));
}

static bool make_point(const cJSON *result, named_point *named, tb_speed_point *point)
{
    double threads = 0;
    const char *engine = text_of(result, "engine");
    bool native = !*engine || strcmp(engine, "native") == 0;
    *point = (tb_speed_point){.colour = tb_html_colour_of(text_of(result, "delegate"))};
    if (!number_of(result, "median_ns", &point->median_ns) || !(point->median_ns > 0))
        return false;
    point->has_interval = number_of(result, "median_low_ns", &point->low_ns) &&
                          number_of(result, "median_high_ns", &point->high_ns);
    point->doubtful = strcmp(text_of(result, "check_verdict"), "wrong") == 0;
    number_of(result, "threads", &threads);
    snprintf(named->name, sizeof named->name, "%.80s%s%.80s, %.0f thread%s",
             text_of(result, "delegate"), native ? "" : ", ", native ? "" : engine, threads,
             threads > 1 ? "s" : "");
    named->result = result;
    point->name = named->name;
    return true;
}

void tb_profile_page_speed(const cJSON *document, tb_buf *out)
{
    const cJSON *results = member(document, "results"), *result;
    const char *model = text_of(member(document, "configuration"), "model");
    size_t room = (size_t)cJSON_GetArraySize(results) + 1;
    named_point *names = calloc(room, sizeof *names);
    tb_speed_point *points = calloc(room, sizeof *points);
    tb_speed speed = {.points = points, .measure = "signal to noise", .unit = "db"};
    bool labelled = false, known = false;
    double value;
    cJSON_ArrayForEach(result, results)
    {
        if (names && points && strcmp(text_of(result, "model"), model) == 0 &&
            make_point(result, &names[speed.count], &points[speed.count])) {
            speed.count++;
            labelled = labelled || number_of(result, "accuracy", &value);
            if (labelled && *text_of(result, "accuracy_metric")) {
                speed.measure = text_of(result, "accuracy_metric");
                speed.unit = strcmp(speed.measure, "mae") == 0 ? "" : "share";
            }
        }
    }
    for (size_t k = 0; k < speed.count; k++) {
        if (labelled)
            take_accuracy(names[k].result, &points[k]);
        else
            take_numerics(document, names[k].result, &points[k]);
        known = known || points[k].has_right || points[k].exact;
    }
    if (!known)
        speed.without = "no labelled data was evaluated (--accuracy TASK:DIR) and no tensor "
                        "compared with a reference (--numerics)";
    if (names && points)
        tb_html_speed(&speed, out);
    free(names);
    free(points);
}
