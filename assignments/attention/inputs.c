/* Inputs of the attention cases: q, k, v and kvlen from the random stream. The scores are built
 * rather than measured: the largest |score| is set by the lengths of the vectors, which costs
 * O((Tq + Tk) D) and not O(Tq Tk D).
 *
 * Cauchy-Schwarz: |q.k| <= |q||k|. Every query gets the length L = peak sqrt(D) / (longest visible
 * key), or less, so no visible |score| passes the peak; the last query, which sees every key in
 * use, is parallel to the longest, so that score is the peak (up to rounding). Half of the other
 * queries lean towards a key of their own, which keeps the softmax from being flat.
 *
 * With score_hot, one query in 32, drawn, and the last are longer: their peak is score_hot. Where
 * it passes the reach of expf, a softmax without its maximum fails, and no size tells which rows
 * they are; the other rows keep the timing that a milder input has.
 *
 * A score shift takes one coordinate c out of that: k[j][c] = a and q[i][c] = shift sqrt(D) / a for
 * all i and j, which adds `shift` to every score.
 *
 * Double arithmetic in a fixed order, sqrt and nothing else of libm: the same bits everywhere. */
#include "assignments/inputs.h"

#include <math.h>

#define HOT_ONE_IN 32

struct head {
    int Tq, Tk, D;
    int used;      /* keys that may be seen: kvlen[b], or Tk if that is 0 */
    int shifted;   /* the coordinate that carries the shift, -1 without */
    double length; /* of a query, at most */
    double hot;    /* of a hot one, over that; 0: none is */
    int longest;   /* key */
    float *q, *k;  /* (Tq, D), (Tk, D) */
};

INPUTS_DECLARE(attention);

static void kvlen_fill(struct call *call, struct random *random);
static void values_fill(struct call *call, struct random *random);
static void head_fill(const struct call *call, struct random *random, int b, int h);
static void keys_measure(struct head *head, double peak);
static void query_fill(const struct head *head, struct random *random, int i, bool negative);
static void shift_apply(const struct head *head, double shift);
static double length_of(const struct head *head, const float *x);

struct err attention_inputs(struct call *call, struct random *random)
{
    int B = call_size(call, "B"), H = call_size(call, "H");

    kvlen_fill(call, random);
    values_fill(call, random);
    random_fill_normal(random, call_f32(call, "k"), call_count(call, "k"));
    random_fill_normal(random, call_f32(call, "q"), call_count(call, "q"));
    for (int b = 0; b < B; b++)
        for (int h = 0; h < H; h++)
            head_fill(call, random, b, h);
    return err_none();
}

/* full: Tk. three_quarters: 3 Tk / 4, which the operation count relies on. mixed: the first is
 * full, the others are not. below_tq: fewer keys than queries, so that causal rows see none.
 * some_empty: one sequence has no keys, the others are mixed. */
static void kvlen_fill(struct call *call, struct random *random)
{
    int B = call_size(call, "B"), Tq = call_size(call, "Tq"), Tk = call_size(call, "Tk");
    int32_t *kvlen = call_i32(call, "kvlen");
    int below = Tq <= Tk ? Tq - 1 : Tk;

    for (int b = 0; b < B; b++) {
        kvlen[b] = Tk;
        if (call_parameter_is(call, "kvlen", "three_quarters"))
            kvlen[b] = 3 * Tk / 4;
        else if (call_parameter_is(call, "kvlen", "below_tq"))
            kvlen[b] = (int32_t)random_range(random, below / 2, below);
        else if (!call_parameter_is(call, "kvlen", "full") && b > 0)
            kvlen[b] = (int32_t)random_range(random, 1, Tk > 1 ? Tk - 1 : 1);
    }
    if (call_parameter_is(call, "kvlen", "some_empty"))
        kvlen[random_range(random, 0, B - 1)] = 0;
}

static void values_fill(struct call *call, struct random *random)
{
    float *v = call_f32(call, "v");
    size_t count = call_count(call, "v");
    float mean = (float)call_parameter(call, "v_mean");

    random_fill_normal(random, v, count);
    if (mean > 0)
        for (size_t e = 0; e < count; e++)
            v[e] = mean + v[e];
}

static void head_fill(const struct call *call, struct random *random, int b, int h)
{
    int Tq = call_size(call, "Tq"), Tk = call_size(call, "Tk"), D = call_size(call, "D");
    size_t index = (size_t)b * (size_t)call_size(call, "H") + (size_t)h;
    double shift = call_parameter(call, "score_shift");
    int kvlen = call_i32(call, "kvlen")[b];
    bool negative = h % 2 == 1; /* the peak's sign: an exp that overflows shows in even heads */
    struct head head = {
        .Tq = Tq,
        .Tk = Tk,
        .D = D,
        .used = kvlen > 0 ? kvlen : Tk,
        .hot = call_parameter(call, "score_hot") / call_parameter(call, "score_peak"),
        .shifted = shift < 0 ? (int)random_range(random, 0, D - 1) : -1,
        .q = call_f32(call, "q") + index * (size_t)Tq * (size_t)D,
        .k = call_f32(call, "k") + index * (size_t)Tk * (size_t)D,
    };

    keys_measure(&head, call_parameter(call, "score_peak"));
    for (int i = 0; i < Tq; i++)
        query_fill(&head, random, i, negative);
    if (head.shifted >= 0)
        shift_apply(&head, shift);
}

static void keys_measure(struct head *head, double peak)
{
    double longest = 0;

    for (int j = 0; j < head->used; j++) {
        double length = length_of(head, head->k + (size_t)j * (size_t)head->D);
        if (length > longest) {
            longest = length;
            head->longest = j;
        }
    }
    head->length = longest > 0 ? peak * sqrt(head->D) / longest : 0;
}

/* q[i] = L (lean k[j]/|k[j]| + (1 - |lean|) n/|n|), n what the stream gave. */
static void query_fill(const struct head *head, struct random *random, int i, bool negative)
{
    size_t D = (size_t)head->D;
    float *q = head->q + (size_t)i * D;
    int64_t j = random_range(random, 0, head->used - 1);
    double draw = random_uniform(random); /* [0, 1): below 1/2 leans, a quarter each way */
    double lean = 0, length = head->length;

    if (head->hot > 0 && (random_range(random, 0, HOT_ONE_IN - 1) == 0 || i == head->Tq - 1))
        length *= head->hot;
    if (i == head->Tq - 1) {
        j = head->longest;
        lean = negative ? -1 : 1;
    } else if (draw < 0.5) {
        lean = 4 * draw - 1; /* -1 .. 1 */
    }

    const float *k = head->k + (size_t)j * D;
    double key = length_of(head, k), own = length_of(head, q);
    double by_key = key > 0 ? length * lean / key : 0;
    double by_own = own > 0 ? length * (1 - fabs(lean)) / own : 0;
    for (size_t d = 0; d < D; d++)
        q[d] = (float)(by_key * (double)k[d] + by_own * (double)q[d]);
}

static void shift_apply(const struct head *head, double shift)
{
    size_t D = (size_t)head->D, c = (size_t)head->shifted;
    double whole = shift * sqrt(head->D);
    double a = sqrt(fabs(whole)); /* both sides of like size */

    for (size_t j = 0; j < (size_t)head->Tk; j++)
        head->k[j * D + c] = (float)a;
    for (size_t i = 0; i < (size_t)head->Tq; i++)
        head->q[i * D + c] = (float)(whole / a);
}

/* Without the shifted coordinate. */
static double length_of(const struct head *head, const float *x)
{
    double sum = 0;

    for (int d = 0; d < head->D; d++)
        if (d != head->shifted)
            sum += (double)x[d] * (double)x[d];
    return sqrt(sum);
}
