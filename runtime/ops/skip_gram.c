/*
 * SKIP_GRAM: the n-grams of a text's words, as strings with one blank between words. Up to
 * max_skip_size words may be left out between two that follow each other; with include_all_ngrams
 * shorter grams count too. After TFLite's skip_gram.cc: the order is that of a depth-first walk, in
 * which a gram comes after those that begin with it.
 */
#include "runtime/ops/strings.h"

typedef struct word {
    const char *text;
    size_t length;
} word;

/* A walk over all grams. */
typedef struct gram_walk {
    const TfLiteSkipGramParams *params;
    const word *words;
    int word_count;
    int *stack; /* the numbers of the gram's words; ngram_size of them */
    int depth;  /* of the walk; -1: ended */
    int size;   /* words of the gram at hand */
    uint64_t steps;
    char *joined; /* room for the whole text */
    bool cancelled;
} gram_walk;

static void begin(gram_walk *walk)
{
    for (int i = 0; i < walk->params->ngram_size; i++)
        walk->stack[i] = 0;
    walk->depth = 1;
}

static bool can_descend(const gram_walk *walk)
{
    const int depth = walk->depth, *stack = walk->stack;
    if (depth >= walk->params->ngram_size || stack[depth] + 1 >= walk->word_count)
        return false;
    return depth == 0 || stack[depth] - stack[depth - 1] <= walk->params->max_skip_size;
}

/* Moves to the next gram; false at the end, and where the run was cancelled. */
static bool next(TfLiteContext *context, gram_walk *walk)
{
    const int most = walk->params->ngram_size;
    while (walk->depth >= 0) {
        if (++walk->steps % 4096 == 0 && tb_op_cancelled(context)) {
            walk->cancelled = true;
            return false;
        }
        if (can_descend(walk)) {
            walk->stack[walk->depth++]++;
            if (walk->depth < most)
                walk->stack[walk->depth] = walk->stack[walk->depth - 1];
            continue;
        }
        walk->size = walk->depth--;
        if (walk->size > 0 &&
            (walk->size == most || (walk->params->include_all_ngrams && walk->size < most)))
            return true;
    }
    return false;
}

/* ---- words ------------------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* At most length / 2 + 1 words. A blank at the very start makes the first word be dropped where
   another blank ends it, as in TFLite. */
static int split(const char *text, size_t length, word *words)
{
    size_t begin_at = 0;
    int count = 0;
    for (size_t i = 1; i < length; i++) {
        if (!is_space(text[i]))
            continue;
        if (i > begin_at && !is_space(text[begin_at]))
            words[count++] = (word){text + begin_at, i - begin_at};
        begin_at = i + 1;
    }
    if (length > begin_at)
        words[count++] = (word){text + begin_at, length - begin_at};
    return count;
}

/* ---- strings ----------------------------------------------------------------------------------- */

/* What tb_strings_write() asks for in order, over and over. */
typedef struct gram_source {
    TfLiteContext *context;
    gram_walk *walk;
} gram_source;

static const char *join(const void *source_, size_t i, size_t *length)
{
    const gram_source *source = source_;
    gram_walk *walk = source->walk;
    if (i == 0)
        begin(walk);
    *length = 0;
    if (!next(source->context, walk)) /* cancelled: what is written is thrown away */
        return walk->joined;
    for (int k = 0; k < walk->size; k++) {
        if (k > 0)
            walk->joined[(*length)++] = ' ';
        const word *w = &walk->words[walk->stack[k]];
        tb_copy_bytes(walk->joined + *length, w->text, w->length);
        *length += w->length;
    }
    return walk->joined;
}

static TfLiteStatus write_grams(TfLiteContext *context, gram_walk *walk, TfLiteTensor *output)
{
    int count = 0;
    if (walk->stack) {
        begin(walk);
        while (next(context, walk))
            if (++count == INT32_MAX / (int)sizeof(int32_t))
                return tb_op_fail(context, "the text has more than %d grams", count);
    }
    if (walk->cancelled)
        return kTfLiteCancelled;
    TB_OP_TRY(tb_op_resize(context, output, 1, &count));
    const gram_source source = {context, walk};
    TB_OP_TRY(tb_strings_write(context, output, (size_t)count, (tb_string_source){join, &source}));
    return walk->cancelled ? kTfLiteCancelled : kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *input;
    TfLiteTensor *output;
    TB_OP_TRY(tb_op_unary(context, node, &input, &output));
    TB_OP_TRY(tb_op_check_type(context, input, "input", TB_TYPE_BIT(kTfLiteString)));
    TB_OP_TRY(tb_op_check_type(context, output, "output", TB_TYPE_BIT(kTfLiteString)));
    tb_op_set_dynamic(output);
    return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    gram_walk walk = {.params = node->builtin_data};
    tb_strings strings;
    TB_OP_TRY(tb_strings_open(context, tb_op_input(context, node, 0), "input", &strings));
    size_t length = 0;
    const char *text = strings.count ? tb_strings_get(&strings, 0, &length) : "";
    word *words = tb_op_invoke_array(context, length / 2 + 1, sizeof *words);
    if (!words)
        return kTfLiteError;
    walk.words = words;
    walk.word_count = split(text, length, words);
    const int size = walk.params->ngram_size;
    if (size > 0 && walk.word_count >= size) {
        walk.stack = tb_op_invoke_array(context, (size_t)size, sizeof *walk.stack);
        walk.joined = tb_op_invoke_array(context, length, 1);
        if (!walk.stack || !walk.joined)
            return kTfLiteError;
    }
    return write_grams(context, &walk, tb_op_output(context, node, 0));
}

const TfLiteRegistration tb_op_skip_gram = {.prepare = prepare, .invoke = invoke};
