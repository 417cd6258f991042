/* SPDX-License-Identifier: BSD-2-Clause
 * tomo_general_body - the loops of tomo_general_kernel.c, included once per
 * number type and width of a register: REAL is the type, INTEGER its bits,
 * WIDTH the bytes of a register, MAX and MIN of two registers, LOCAL makes the
 * names; SOME_LOAD and SOME_STORE leave memory alone where the mask is 0. */

typedef REAL LOCAL(vec)
    __attribute__((vector_size(WIDTH), aligned(sizeof(REAL)), may_alias));
typedef INTEGER LOCAL(ivec)
    __attribute__((vector_size(WIDTH), aligned(sizeof(REAL)), may_alias));
enum { LOCAL(STEP) = WIDTH / sizeof(REAL) };
#define STEP LOCAL(STEP)
#define VEC  LOCAL(vec)

/* The view in REAL, the same number in all lanes. */
struct LOCAL(quad) {
    VEC a, b, da, db, moment, reach_u, slope;
    VEC lane, turn;   /* turn: times the lane, less low_u + 1 */
    LOCAL(ivec) sign; /* the bit of it */
};

static inline __attribute__((always_inline)) VEC LOCAL(all)(double x)
{
    return (REAL)x - (VEC){0};
}

static inline __attribute__((always_inline)) VEC LOCAL(lanes)(double by)
{
    static const REAL iota[16] = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return *(const VEC *)iota * (REAL)by;
}

/* ---- the six sums ----------------------------------------------------------- */

/* The weights of four sub-samples in one cell, see tomo_kernel.h; clamp(d, a)
 * is min(|d|, a) with the sign of d. */
static inline __attribute__((always_inline)) void LOCAL(weigh)(
    const struct LOCAL(quad) * q, VEC d, VEC *e, VEC *k)
{
    LOCAL(ivec) sign = (LOCAL(ivec))d & q->sign;
    VEC far = (VEC)((LOCAL(ivec))d ^ sign);
    *e = MAX(far, q->a) + MAX(far, q->b);
    *k = q->da * MIN(far, q->a) + q->db * MIN(far, q->b);
    *k = (VEC)((LOCAL(ivec)) * k ^ sign);
}

static inline __attribute__((always_inline)) void LOCAL(spread)(
    const struct LOCAL(quad) * q, VEC d, VEC phi, VEC x, REAL *to)
{
    VEC e, k, over = x * phi;
    LOCAL(weigh)(q, d, &e, &k);
    *(VEC *)to += x;
    *(VEC *)(to + STEP) += x * d;
    *(VEC *)(to + 2 * STEP) += x * e;
    *(VEC *)(to + 3 * STEP) += over;
    *(VEC *)(to + 4 * STEP) += over * d;
    *(VEC *)(to + 5 * STEP) += over * e + x * k;
}

static inline __attribute__((always_inline)) VEC LOCAL(gather)(
    const struct LOCAL(quad) * q, VEC d, VEC phi, const REAL *from)
{
    VEC e, k, last = *(const VEC *)(from + 5 * STEP);
    LOCAL(weigh)(q, d, &e, &k);
    VEC over = *(const VEC *)(from + 3 * STEP) +
               d * *(const VEC *)(from + 4 * STEP) + e * last;
    VEC sum = *(const VEC *)from + d * *(const VEC *)(from + STEP) +
              e * *(const VEC *)(from + 2 * STEP) + k * last;
    return sum + phi * over;
}

/* ---- beside the border of two cells ------------------------------------------ */

/* Weights of the middle row, and of the fluxes from a lane on (up) and to it. */
struct LOCAL(fluxes) {
    VEC e, up[3], down[3];
};

/* phi: v less the lane, of either sign. */
static inline __attribute__((always_inline)) void LOCAL(weigh_fluxes)(
    const struct LOCAL(quad) * q, VEC at, VEC phi, struct LOCAL(fluxes) * p)
{
    const VEC du[4] = {q->a, -q->a, q->b, -q->b};
    const VEC dv[4] = {q->da, -q->da, q->db, -q->db};
    VEC zero = {0}, mass = zero, first = zero, second = zero, e = zero;
    VEC all = zero;
    for (int s = 0; s < 4; s++) {
        VEC d = at + du[s], there = phi + dv[s];
        VEC far = (VEC)((LOCAL(ivec))d & ~q->sign), up = MAX(there, zero);
        mass += up;
        first += up * d;
        second += up * far;
        e += far;
        all += there * far;
    }
    p->e = e * (REAL)0.5;
    p->up[0] = mass * (REAL)0.25;
    p->up[1] = (first - q->moment) * (REAL)0.25;
    p->up[2] = second * (REAL)0.5;
    p->down[0] = phi - p->up[0];
    p->down[1] = phi * at - p->up[1];
    p->down[2] = all * (REAL)0.5 - p->up[2];
}

/* Every lane to the one before it. */
static inline __attribute__((always_inline)) VEC LOCAL(shift)(VEC x)
{
    LOCAL(ivec) one_on = {0};
    for (int i = 0; i < STEP; i++)
        one_on[i] = i + 1;
    return __builtin_shuffle(x, (VEC){0}, one_on);
}

enum { LOCAL(BEHIND) = (ARRAYS - 1) * STEP + 1 }; /* the lane before lane 0 */
#define BEHIND LOCAL(BEHIND)

static inline __attribute__((always_inline)) void LOCAL(spread_border)(
    const struct LOCAL(quad) * q, VEC d, VEC phi, VEC x, REAL *to)
{
    struct LOCAL(fluxes) p;
    LOCAL(weigh_fluxes)(q, d, phi, &p);
    *(VEC *)to += x;
    *(VEC *)(to + STEP) += x * d;
    *(VEC *)(to + 2 * STEP) += x * p.e;
    for (int j = 0; j < 3; j++) {
        VEC down = x * p.down[j];
        REAL *at = to + (3 + j) * STEP;
        *(VEC *)at += x * p.up[j] + LOCAL(shift)(down);
        at[-BEHIND] += down[0];
    }
}

static inline __attribute__((always_inline)) VEC LOCAL(gather_border)(
    const struct LOCAL(quad) * q, VEC d, VEC phi, const REAL *from)
{
    struct LOCAL(fluxes) p;
    LOCAL(weigh_fluxes)(q, d, phi, &p);
    VEC sum = *(const VEC *)from + d * *(const VEC *)(from + STEP) +
              p.e * *(const VEC *)(from + 2 * STEP);
    for (int j = 0; j < 3; j++) {
        const REAL *at = from + (3 + j) * STEP;
        VEC last = *(const VEC *)(at - 1);
        last[0] = at[-BEHIND];
        sum += p.up[j] * *(const VEC *)at + p.down[j] * last;
    }
    return sum;
}

/* ---- runs, columns and tiles ------------------------------------------------- */

/* A register: its first lane and voxel; where the least of its sub-samples is,
 * in parts of a pixel; the voxels of the lanes. */
struct LOCAL(place) {
    long lane, y;
    int64_t u;
    VEC voxel;
};

static inline __attribute__((always_inline)) struct LOCAL(place)
    LOCAL(first)(const struct view *w, const struct LOCAL(quad) * q,
        const struct start *at, const struct run *r)
{
    long y = r->first - r->shift;
    return (struct LOCAL(place)){.lane = r->first,
        .y = y,
        .u = at->low_u + y * w->turn_fixed,
        .voxel = q->lane + (REAL)y};
}

static inline __attribute__((always_inline)) void LOCAL(next)(
    const struct view *w, struct LOCAL(place) * p)
{
    p->lane += STEP;
    p->y += STEP;
    p->u += STEP * w->turn_fixed;
    p->voxel += (REAL)STEP;
}

/* v less the lane. */
static inline __attribute__((always_inline)) VEC LOCAL(phi)(
    const struct LOCAL(quad) * q, const struct start *at, const struct run *r,
    VEC voxel)
{
    return voxel * q->slope + (REAL)(at->v - (double)r->shift);
}

/* All bits of the lanes that are of the run. */
static inline __attribute__((always_inline)) LOCAL(ivec)
    LOCAL(of_run)(const struct run *r, VEC voxel)
{
    return (LOCAL(ivec))(voxel >= (REAL)r->from) &
           (LOCAL(ivec))(voxel < (REAL)r->to);
}

/* The middle row of the lanes that lie lowest, and how far above the row before
 * it they do; the distance of all lanes from it. */
struct LOCAL(row) {
    long row;
    int64_t above;
    VEC d;
};

static inline __attribute__((always_inline)) struct LOCAL(row)
    LOCAL(row)(const struct LOCAL(quad) * q, int64_t u)
{
    struct LOCAL(row)
        p = {.row = (u >> FIXED_BITS) + 1, .above = u & (FIXED - 1)};
    p.d = (REAL)p.above * (REAL)(1. / FIXED) + q->turn;
    return p;
}

static inline __attribute__((always_inline)) void LOCAL(next_row)(
    struct LOCAL(row) * p)
{
    p->row++;
    p->above -= FIXED;
    p->d -= (REAL)1;
}

/* Lanes that have it, or one before it, for their middle row. */
static inline __attribute__((always_inline)) LOCAL(ivec)
    LOCAL(of_row)(const struct LOCAL(quad) * q, const struct LOCAL(row) * p)
{
    return (LOCAL(ivec))(p->d + q->reach_u <= LOCAL(all)(1));
}

static inline __attribute__((always_inline)) void LOCAL(spread_row)(
    const struct ae_tomo_shape *s, const struct LOCAL(quad) * q,
    const struct start *at, const struct LOCAL(row) * p, long lane, VEC phi,
    VEC x, int is_border, REAL *work)
{
    if (!is_on(s, p->row))
        return;
    REAL *to = work + place_of(s, p->row, lane);
    __builtin_prefetch(to + at->ahead);
    if (is_border)
        LOCAL(spread_border)(q, p->d, phi, x, to);
    else
        LOCAL(spread)(q, p->d, phi, x, to);
}

static inline __attribute__((always_inline)) VEC LOCAL(gather_row)(
    const struct ae_tomo_shape *s, const struct LOCAL(quad) * q,
    const struct start *at, const struct LOCAL(row) * p, long lane, VEC phi,
    int is_border, const REAL *work)
{
    if (!is_on(s, p->row))
        return (VEC){0};
    const REAL *from = work + place_of(s, p->row, lane);
    __builtin_prefetch(from + at->ahead);
    return is_border ? LOCAL(gather_border)(q, p->d, phi, from)
                     : LOCAL(gather)(q, p->d, phi, from);
}

/* The registers of a run before lane end, from p on; is_border is a constant. */
static inline __attribute__((always_inline)) void LOCAL(spread_run)(
    const struct ae_tomo_shape *s, const struct view *w,
    const struct LOCAL(quad) * q, const struct start *at, const struct run *r,
    long end, int is_border, struct LOCAL(place) * p, const REAL *column,
    REAL *work)
{
    for (; p->lane < end; LOCAL(next)(w, p)) {
        struct LOCAL(row) row = LOCAL(row)(q, p->u);
        VEC phi = LOCAL(phi)(q, at, r, p->voxel);
        VEC x = SOME_LOAD(column + p->y, LOCAL(of_run)(r, p->voxel));
        for (; row.above > w->fits; LOCAL(next_row)(&row)) {
            VEC part = (VEC)((LOCAL(ivec))x & LOCAL(of_row)(q, &row));
            LOCAL(spread_row)
            (s, q, at, &row, p->lane, phi, part, is_border, work);
            x -= part;
        }
        LOCAL(spread_row)(s, q, at, &row, p->lane, phi, x, is_border, work);
    }
}

static inline __attribute__((always_inline)) void LOCAL(gather_run)(
    const struct ae_tomo_shape *s, const struct view *w,
    const struct LOCAL(quad) * q, const struct start *at, const struct run *r,
    long end, int is_border, struct LOCAL(place) * p, const REAL *work,
    REAL *column)
{
    for (; p->lane < end; LOCAL(next)(w, p)) {
        struct LOCAL(row) row = LOCAL(row)(q, p->u);
        VEC phi = LOCAL(phi)(q, at, r, p->voxel), x;
        VEC sum =
            LOCAL(gather_row)(s, q, at, &row, p->lane, phi, is_border, work);
        while (row.above > w->fits) {
            LOCAL(ivec) done = LOCAL(of_row)(q, &row);
            LOCAL(next_row)(&row);
            x = LOCAL(gather_row)(
                s, q, at, &row, p->lane, phi, is_border, work);
            sum = (VEC)(((LOCAL(ivec))sum & done) | ((LOCAL(ivec))x & ~done));
        }
        REAL *to = column + p->y;
        if (p->y >= r->from && p->y + STEP <= r->to) {
            *(VEC *)to += sum;
        } else {
            LOCAL(ivec) mine = LOCAL(of_run)(r, p->voxel);
            SOME_STORE(to, mine, SOME_LOAD(to, mine) + sum);
        }
    }
}

static inline __attribute__((always_inline)) void LOCAL(spread_column)(
    const struct ae_tomo_shape *s, const struct view *w,
    const struct LOCAL(quad) * q, const struct start *at, const REAL *column,
    REAL *work)
{
    struct run r = {.next = 0};
    while (next_run(s, w, at->v, STEP, &r)) {
        struct LOCAL(place) p = LOCAL(first)(w, q, at, &r);
        LOCAL(spread_run)(s, w, q, at, &r, r.border, 0, &p, column, work);
        LOCAL(spread_run)(s, w, q, at, &r, r.end, 1, &p, column, work);
    }
}

static inline __attribute__((always_inline)) void LOCAL(gather_column)(
    const struct ae_tomo_shape *s, const struct view *w,
    const struct LOCAL(quad) * q, const struct start *at, const REAL *work,
    REAL *column)
{
    struct run r = {.next = 0};
    while (next_run(s, w, at->v, STEP, &r)) {
        struct LOCAL(place) p = LOCAL(first)(w, q, at, &r);
        LOCAL(gather_run)(s, w, q, at, &r, r.border, 0, &p, work, column);
        LOCAL(gather_run)(s, w, q, at, &r, r.end, 1, &p, work, column);
    }
}

static struct LOCAL(quad) LOCAL(quad_of)(const struct view *w)
{
    return (struct LOCAL(quad)){.a = LOCAL(all)(w->a),
        .b = LOCAL(all)(w->b),
        .da = LOCAL(all)(w->da),
        .db = LOCAL(all)(w->db),
        .moment = LOCAL(all)(w->moment),
        .reach_u = LOCAL(all)(w->reach_u),
        .lane = LOCAL(lanes)(1),
        .turn = LOCAL(lanes)(w->turn) - (REAL)(w->low_u + 1),
        .slope = LOCAL(all)(w->slope),
        .sign = (LOCAL(ivec))LOCAL(all)(w->minus_zero)};
}

static void LOCAL(forward)(const struct ae_tomo_shape *s, struct view *w,
    const struct ae_tile *t, const REAL *volume, REAL *work)
{
    set_width(w, STEP);
    struct LOCAL(quad) q = LOCAL(quad_of)(w);
    struct start start[ALL_COLUMNS];
    size_t n = columns_of(s, w, t, sizeof(REAL), STEP, start);
    for (size_t i = 0; i < n; i++) {
        fetch(volume + start[i + 2 < n ? i + 2 : i].column * s->lanes_y,
            s->lanes_y * sizeof *volume);
        LOCAL(spread_column)
        (s, w, &q, &start[i], volume + start[i].column * s->lanes_y, work);
    }
}

static void LOCAL(back)(const struct ae_tomo_shape *s, struct view *w,
    const struct ae_tile *t, const REAL *work, REAL *volume)
{
    set_width(w, STEP);
    struct LOCAL(quad) q = LOCAL(quad_of)(w);
    struct start start[ALL_COLUMNS];
    size_t n = columns_of(s, w, t, sizeof(REAL), STEP, start);
    for (size_t i = 0; i < n; i++) {
        fetch(volume + start[i + 2 < n ? i + 2 : i].column * s->lanes_y,
            s->lanes_y * sizeof *volume);
        LOCAL(gather_column)
        (s, w, &q, &start[i], work, volume + start[i].column * s->lanes_y);
    }
}

#undef STEP
#undef VEC
#undef BEHIND
