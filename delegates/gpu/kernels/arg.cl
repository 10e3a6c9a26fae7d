/* Where along an axis the first largest (or, with LEAST, smallest) element is; NaN loses against every
   number. */
#ifdef LEAST
#define BEATS(a, b) ((a) < (b))
#else
#define BEATS(a, b) ((a) > (b))
#endif
#if defined(T_F32) || defined(T_F16)
#define WINS(a, b) (!isnan(a) && (isnan(b) || BEATS(a, b)))
#else
#define WINS(a, b) BEATS(a, b)
#endif

kernel void arg(global const T *in, global INDEX *out, int inner, int length, int outer)
{
    const int x = get_global_id(0), y = get_global_id(1);
    if (x >= inner || y >= outer)
        return;
    in += y * length * inner + x;
    A best = LOAD(in, 0);
    int at = 0;
    for (int i = 1; i < length; i++) {
        const A candidate = LOAD(in, i * inner);
        if (WINS(candidate, best)) {
            best = candidate;
            at = i;
        }
    }
    out[y * inner + x] = at;
}
