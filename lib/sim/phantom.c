/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/phantom.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "geom/alpha.h"
#include "geom/cells.h"
#include "geom/delaunay.h"
#include "geom/lattice.h"
#include "geom/order.h"
#include "geom/voids.h"
#include "sim/relax.h"
#include "sim/specimen.h"

/* Lengths in angstrom. */
static const double seam_width = 3;    /* between grains */
static const double shell = 4;         /* the surface's, more disordered */
static const double shell_bonus = 0.7; /* standard deviations of the field */
static const double core_margin = 6;   /* no amorphous oxide this near */
static const double packing = 0.0289;  /* atoms/angstrom^3, amorphous */
static const double first_gap = 3.0;   /* least distances when filling in */
static const double last_gap = 2.4;
/* Metal to oxide, before relaxing: in a core of radius 8 and less, and of 16
 * and more, which what stands too near can squeeze less. */
static const double crystal_gap = 2.2, wide_gap = 1.6, small_core = 8;
static const double amorphous_bond = 3.42;
static const double mixed_bond = 3.2;
static const double crystal_bond = 2.9;
static const double boo_cutoff = 4.5; /* first valley of Zr */
/* Between void and outside: the lesser of the two, the second in radii. */
static const double cover = 5.5, cover_share = 0.22;
static const double vacancy_reach = 15; /* exp(-d / 15) from the core */
static const double vacancy_gap = 7;    /* between planted voids' rims */
static const double vacancy_share = 0.008, pair_share = 0.2;
static const double nano_share = 0.0022, nano_least = 3, nano_range = 6;
static const double pore_share = 0.05; /* of the atoms, for scale 1 */
static const double o_full = 5, o_gap = 2.0, o_delta = 0.255, o_volume = 4.68;
enum { RELAX_STEPS = 200, ROUNDS = 14, PORE_BALLS = 400 };

enum { CANDIDATES = 32, PORE, NANO, VACANCY, THERMAL, OXYGEN };

/* Atoms under construction. */
struct crowd {
    size_t n, room;
    double (*pos)[3];
    int *grain;
    unsigned char *phase;
    double *score; /* of disorder: amorphous above the level */
};

static void crowd_clear(struct crowd *c)
{
    free(c->pos);
    free(c->grain);
    free(c->phase);
    free(c->score);
    memset(c, 0, sizeof *c);
}

static int crowd_room(struct crowd *c, size_t room, struct ae_error *err)
{
    if (room <= c->room)
        return AE_OK;
    room = room > 2 * c->room ? room : 2 * c->room;
    void *pos = ae_resize(c->pos, c->room, room, sizeof *c->pos);
    if (pos)
        c->pos = pos;
    void *grain = ae_resize(c->grain, c->room, room, sizeof *c->grain);
    if (grain)
        c->grain = grain;
    void *phase = ae_resize(c->phase, c->room, room, 1);
    if (phase)
        c->phase = phase;
    void *score = ae_resize(c->score, c->room, room, sizeof *c->score);
    if (score)
        c->score = score;
    if (!pos || !grain || !phase || !score)
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", room);
    c->room = room;
    return AE_OK;
}

static int crowd_add(struct crowd *c, const double x[3], int grain,
    enum ae_phantom_phase phase, double score, struct ae_error *err)
{
    int code = crowd_room(c, c->n + 1, err);
    if (code)
        return code;
    memcpy(c->pos[c->n], x, sizeof *c->pos);
    c->grain[c->n] = grain;
    c->phase[c->n] = (unsigned char)phase;
    c->score[c->n++] = score;
    return AE_OK;
}

/* Keep the atoms with keep[i]. */
static void crowd_thin(struct crowd *c, const unsigned char *keep)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        if (keep[i]) {
            memmove(c->pos[n], c->pos[i], sizeof *c->pos);
            c->grain[n] = c->grain[i];
            c->phase[n] = c->phase[i];
            c->score[n++] = c->score[i];
        }
    c->n = n;
}

struct ball {
    double centre[3], radius;
    enum ae_phantom_kind kind;
};

/* All that does not change from round to round, and the round's own. */
struct work {
    const struct ae_phantom_settings *set;
    struct ae_specimen specimen;
    struct crowd lattice;   /* every crystal's atoms */
    struct crowd candidate; /* random places, for the amorphous parts */
    double place_volume;    /* angstrom^3 for each candidate place */
    double level, scale, margin;
    struct crowd atoms; /* the round's */
    struct ball *ball;  /* its voids: balls cut out */
    size_t nball, ball_room, pore_balls;
    struct ae_phantom_void *planted;
    size_t nplanted, planted_room;
    double disordered, porosity, largest;
};

static double distance(const double p[3], const double q[3])
{
    double d[3] = {p[0] - q[0], p[1] - q[1], p[2] - q[2]};
    return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

/* ---- places ---- */

/* How disordered a place is: infinite in a seam, -infinite near the core. */
static double disorder_score(
    const struct ae_specimen *s, const double x[3], double depth, double border)
{
    if (ae_specimen_core(s, x, NULL) < core_margin)
        return -INFINITY;
    if (border < seam_width / 2)
        return INFINITY;
    return ae_specimen_field(&s->disorder, x) +
           (depth < shell ? shell_bonus : 0);
}

/* The metal's crystal (grain -1) or a grain's, cut to its place. */
static int add_crystal(struct work *w, int grain, struct ae_error *err)
{
    const struct ae_specimen *s = &w->specimen;
    const struct ae_specimen_grain *g = &s->grain[grain < 0 ? 0 : grain];
    struct ae_lattice lattice = {0};
    struct ae_lattice_atoms found;
    const double none[3] = {0, 0, 0};
    double edge[3] = {grain < 0 ? s->core_a : g->a, 0, 0}, R[3][3];
    int code = ae_lattice_named(&lattice, "fcc", edge, "Zr", err);
    if (code)
        return code;
    memcpy(R, grain < 0 ? s->core_R : g->R, sizeof R);
    ae_lattice_rotate(&lattice, R);
    code = ae_lattice_fill(&lattice, grain < 0 ? s->core_centre : g->origin,
        none, 1.4 * s->radius, none, &found, err);
    if (code)
        return code;
    for (size_t i = 0; i < found.n && !code; i++) {
        double x[3], border = INFINITY;
        if (!ae_specimen_place(s, grain < 0, found.pos[i], x))
            continue;
        double depth = ae_specimen_depth(s, x);
        if (depth < 0 ||
            (grain >= 0 && ae_specimen_grain_of(s, x, &border) != grain))
            continue;
        code = crowd_add(&w->lattice, x, grain + 1,
            grain < 0 ? AE_PHANTOM_CORE : AE_PHANTOM_CRYSTAL,
            grain < 0 ? -INFINITY : disorder_score(s, x, depth, border), err);
    }
    ae_lattice_clear(&found);
    return code;
}

/* Random places inside, one for each angstrom^3. */
static int add_candidates(struct work *w, struct ae_error *err)
{
    const struct ae_specimen *s = &w->specimen;
    double half = 1.4 * s->radius, box = 8 * half * half * half;
    size_t n = (size_t)box;
    struct crowd *c = &w->candidate;
    struct ae_rng *rng = ae_rng_new(w->set->seed, CANDIDATES);
    if (!rng)
        return ae_fail(err, AE_EMEM, "out of memory");
    int code = AE_OK;
    w->place_volume = box / (double)n;
    for (size_t i = 0; i < n && !code; i++) {
        double x[3];
        for (int k = 0; k < 3; k++)
            x[k] = half * (2 * ae_rng_uniform(rng) - 1);
        if (ae_specimen_depth(s, x) >= 0)
            code = crowd_add(c, x, -1, AE_PHANTOM_AMORPHOUS, 0, err);
    }
    ae_rng_free(rng);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < c->n; i++) {
        double border;
        ae_specimen_grain_of(s, c->pos[i], &border);
        c->score[i] = disorder_score(
            s, c->pos[i], ae_specimen_depth(s, c->pos[i]), border);
    }
    return code;
}

/* ---- filling the amorphous parts ---- */

/* Atoms in a cubic grid while they are being added. */
struct bins {
    double edge, low;
    long side;
    size_t *first, *next; /* + 1; 0 ends a chain */
};

static long bin_of(const struct bins *b, double x)
{
    long i = (long)((x - b->low) / b->edge);
    return i < 0 ? 0 : i < b->side ? i : b->side - 1;
}

static void bin_add(struct bins *b, const double x[3], size_t i)
{
    size_t at =
        (size_t)((bin_of(b, x[2]) * b->side + bin_of(b, x[1])) * b->side +
                 bin_of(b, x[0]));
    b->next[i] = b->first[at];
    b->first[at] = i + 1;
}

static int is_free(
    const struct bins *b, const double (*pos)[3], const double x[3], double gap)
{
    long lo[3], hi[3];
    for (int k = 0; k < 3; k++) {
        lo[k] = bin_of(b, x[k] - gap);
        hi[k] = bin_of(b, x[k] + gap);
    }
    for (long z = lo[2]; z <= hi[2]; z++)
        for (long y = lo[1]; y <= hi[1]; y++)
            for (long i = lo[0]; i <= hi[0]; i++)
                for (size_t a = b->first[(z * b->side + y) * b->side + i]; a;
                     a = b->next[a - 1])
                    if (distance(pos[a - 1], x) < gap)
                        return 0;
    return 1;
}

/* Random sequential placement, with a gap that shrinks until the density is
 * reached. */
static int fill_amorphous(struct work *w, struct ae_error *err)
{
    struct crowd *c = &w->candidate, *a = &w->atoms;
    struct bins b = {.edge = first_gap, .low = -1.5 * w->specimen.radius};
    size_t places = 0, placed = 0;
    int code = AE_OK;
    for (size_t i = 0; i < c->n; i++)
        places += c->score[i] > w->level;
    size_t want = (size_t)((double)places * w->place_volume * packing);
    b.side = (long)(-2 * b.low / b.edge) + 1;
    b.first = ae_alloc((size_t)(b.side * b.side * b.side), sizeof *b.first);
    b.next = ae_alloc(a->n + want, sizeof *b.next);
    if (!b.first || !b.next || crowd_room(a, a->n + want, err)) {
        code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", want);
        goto out;
    }
    for (size_t i = 0; i < a->n; i++)
        bin_add(&b, a->pos[i], i);
    for (double gap = first_gap; gap > last_gap && placed < want; gap -= 0.15)
        for (size_t i = 0; i < c->n && placed < want; i++)
            if (c->score[i] > w->level &&
                is_free(&b, (const double(*)[3])a->pos, c->pos[i], gap)) {
                bin_add(&b, c->pos[i], a->n);
                code =
                    crowd_add(a, c->pos[i], -1, AE_PHANTOM_AMORPHOUS, 0, err);
                placed++;
            }
out:
    free(b.first);
    free(b.next);
    return code;
}

/* Crystals without their disordered places; where metal and oxide meet, no
 * two nearer than the gap. */
static int set_crystals(struct work *w, struct ae_error *err)
{
    struct crowd *l = &w->lattice, *a = &w->atoms;
    struct ae_neighbours lists;
    double size = w->specimen.core_radius / small_core - 1;
    double gap =
        crystal_gap + (wide_gap - crystal_gap) * fmin(1, fmax(0, size));
    a->n = 0;
    for (size_t i = 0; i < l->n; i++) {
        if (l->score[i] > w->level)
            continue;
        int code =
            crowd_add(a, l->pos[i], l->grain[i], l->phase[i], l->score[i], err);
        if (code)
            return code;
    }
    unsigned char *keep = ae_alloc(a->n, 1);
    if (!keep)
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", a->n);
    int code = ae_neighbours_new(
        &lists, (const double(*)[3])a->pos, a->n, gap, NULL, NULL, err);
    for (size_t i = 0; i < a->n && !code; i++) {
        keep[i] = 1;
        for (size_t j = lists.start[i]; j < lists.start[i + 1]; j++)
            if (lists.item[j].index < i && keep[lists.item[j].index])
                keep[i] = 0;
    }
    if (!code) {
        crowd_thin(a, keep);
        ae_neighbours_clear(&lists);
    }
    free(keep);
    return code;
}

/* ---- voids ---- */

static int add_ball(struct work *w, const double centre[3], double radius,
    enum ae_phantom_kind kind, struct ae_error *err)
{
    if (w->nball == w->ball_room) {
        size_t room = 2 * w->ball_room + 64;
        void *more = ae_resize(w->ball, w->nball, room, sizeof *w->ball);
        if (!more)
            return ae_fail(err, AE_EMEM, "out of memory for the voids");
        w->ball = more;
        w->ball_room = room;
    }
    struct ball *b = &w->ball[w->nball++];
    memcpy(b->centre, centre, sizeof b->centre);
    b->radius = radius;
    b->kind = kind;
    return AE_OK;
}

static int add_planted(struct work *w, const double centre[3], size_t removed,
    enum ae_phantom_kind kind, struct ae_error *err)
{
    if (w->nplanted == w->planted_room) {
        size_t room = 2 * w->planted_room + 64;
        void *more =
            ae_resize(w->planted, w->nplanted, room, sizeof *w->planted);
        if (!more)
            return ae_fail(err, AE_EMEM, "out of memory for the voids");
        w->planted = more;
        w->planted_room = room;
    }
    struct ae_phantom_void *v = &w->planted[w->nplanted++];
    memcpy(v->centre, centre, sizeof v->centre);
    v->removed = removed;
    v->kind = kind;
    return AE_OK;
}

/* Does a ball keep its distance from the outside, the core, other voids? */
static int fits(
    const struct work *w, const double x[3], double radius, double apart)
{
    const struct ae_specimen *s = &w->specimen;
    double least = radius + fmin(cover, cover_share * s->radius);
    if (ae_specimen_depth(s, x) < least + w->margin ||
        ae_specimen_core(s, x, NULL) < radius)
        return 0;
    for (size_t i = 0; i < w->nball && apart > 0; i++)
        if (distance(x, w->ball[i].centre) < radius + w->ball[i].radius + apart)
            return 0;
    return 1;
}

static size_t count_in(
    const struct work *w, const double x[3], double radius, unsigned char *keep)
{
    size_t n = 0;
    for (size_t i = 0; i < w->atoms.n; i++)
        if (keep[i] && w->atoms.phase[i] != AE_PHANTOM_CORE &&
            distance(x, w->atoms.pos[i]) < radius) {
            keep[i] = 0;
            n++;
        }
    return n;
}

static void random_place(struct ae_rng *rng, double half, double x[3])
{
    for (int k = 0; k < 3; k++)
        x[k] = half * (2 * ae_rng_uniform(rng) - 1);
}

/* The chain of the large pore: each ball overlaps the one before; when there
 * is no way on, it branches. */
static int cut_pore(struct work *w, unsigned char *keep, struct ae_error *err)
{
    const struct ae_specimen *s = &w->specimen;
    struct ae_rng *rng = ae_rng_new(w->set->seed, PORE);
    if (!rng)
        return ae_fail(err, AE_EMEM, "out of memory");
    double radius = fmin(9, 0.2 * s->radius), x[3], least = INFINITY;
    size_t removed = 0, balls = 0, tries = 0;
    double start[3] = {0, 0, 0};
    size_t want = (size_t)(pore_share * fmin(w->scale, 3) * (double)w->atoms.n);
    int code = AE_OK;
    while (tries++ < 4000) { /* as near to the surface as it may be */
        random_place(rng, s->radius, x);
        double depth = ae_specimen_depth(s, x);
        if (fits(w, x, radius, 0) && depth < least) {
            least = depth;
            memcpy(start, x, sizeof start);
        }
    }
    memcpy(x, start, sizeof x);
    for (tries = 0; least < INFINITY && removed < want && !code &&
                    balls < PORE_BALLS && tries < 100000;
         tries++) {
        if (balls) {
            size_t from =
                tries % 40 < 30 ? balls - 1 : (size_t)ae_rng_below(rng, balls);
            double step[3], length, inwards = 0;
            for (int k = 0; k < 3; k++) {
                step[k] = ae_rng_normal(rng);
                inwards -= step[k] * w->ball[from].centre[k];
            }
            length =
                sqrt(step[0] * step[0] + step[1] * step[1] + step[2] * step[2]);
            for (int k = 0; k < 3; k++)
                x[k] = w->ball[from].centre[k] +
                       0.9 * radius * step[k] / length * (inwards < 0 ? -1 : 1);
            if (!fits(w, x, radius, 0))
                continue;
        }
        size_t more = count_in(w, x, radius, keep);
        if (!more && balls)
            continue;
        code = add_ball(w, x, radius, AE_PHANTOM_PORE, err);
        removed += more;
        balls++;
    }
    ae_rng_free(rng);
    if (balls && !code)
        code = add_planted(w, w->ball[0].centre, removed, AE_PHANTOM_PORE, err);
    return code;
}

static int cut_nano_pores(
    struct work *w, unsigned char *keep, struct ae_error *err)
{
    struct ae_rng *rng = ae_rng_new(w->set->seed, NANO);
    if (!rng)
        return ae_fail(err, AE_EMEM, "out of memory");
    size_t want = (size_t)ceil(nano_share * (double)w->atoms.n);
    int code = AE_OK;
    for (size_t i = 0; i < want && !code; i++) {
        double x[3], share;
        ae_rng_set(rng, w->set->seed, ((uint64_t)NANO << 32) + i);
        share = ae_rng_uniform(rng);
        double radius =
            nano_least + nano_range * fmin(1, w->scale * w->scale * share);
        for (int tries = 0; tries < 400; tries++) {
            random_place(rng, 1.2 * w->specimen.radius, x);
            if (!fits(w, x, radius, 4))
                continue;
            size_t removed = count_in(w, x, radius, keep);
            code = add_ball(w, x, radius, AE_PHANTOM_NANO, err);
            if (!code)
                code = add_planted(w, x, removed, AE_PHANTOM_NANO, err);
            break;
        }
    }
    ae_rng_free(rng);
    return code;
}

/* Single and double vacancies in the crystals of the oxide. */
static int cut_vacancies(
    struct work *w, unsigned char *keep, struct ae_error *err)
{
    const struct crowd *a = &w->atoms;
    struct ae_rng *rng = ae_rng_new(w->set->seed, VACANCY);
    if (!rng)
        return ae_fail(err, AE_EMEM, "out of memory");
    size_t want = (size_t)(vacancy_share * (double)a->n), done = 0;
    int code = AE_OK;
    for (size_t tries = 0; tries < 300 * want && done < want && !code;
         tries++) {
        size_t i = (size_t)ae_rng_below(rng, a->n), j = i, removed = 1;
        double chance = ae_rng_uniform(rng), two = ae_rng_uniform(rng);
        double x[3], best = 4.2; /* a neighbour's distance, at most */
        double d = fmax(0, ae_specimen_core(&w->specimen, a->pos[i], NULL));
        if (!keep[i] || a->phase[i] != AE_PHANTOM_CRYSTAL ||
            (w->set->metal && chance > exp(-d / vacancy_reach)) ||
            !fits(w, a->pos[i], 0, vacancy_gap))
            continue;
        memcpy(x, a->pos[i], sizeof x);
        for (size_t k = 0; k < a->n && two < pair_share; k++)
            if (k != i && keep[k] && a->phase[k] == AE_PHANTOM_CRYSTAL &&
                distance(a->pos[k], a->pos[i]) < best) {
                best = distance(a->pos[k], a->pos[i]);
                j = k;
            }
        for (int k = 0; k < 3; k++)
            x[k] = (a->pos[i][k] + a->pos[j][k]) / 2;
        keep[i] = keep[j] = 0;
        removed += j != i;
        done += removed;
        enum ae_phantom_kind kind =
            removed == 2 ? AE_PHANTOM_PAIR : AE_PHANTOM_VACANCY;
        code = add_ball(w, x, 0, kind, err);
        if (!code)
            code = add_planted(w, x, removed, kind, err);
    }
    ae_rng_free(rng);
    return code;
}

static int cut_voids(struct work *w, struct ae_error *err)
{
    unsigned char *keep = ae_alloc(w->atoms.n, 1);
    if (!keep)
        return ae_fail(err, AE_EMEM, "out of memory for the voids");
    memset(keep, 1, w->atoms.n);
    w->nball = w->nplanted = 0;
    int code = cut_pore(w, keep, err);
    if (!code)
        code = cut_nano_pores(w, keep, err);
    if (!code)
        code = cut_vacancies(w, keep, err);
    if (!code)
        crowd_thin(&w->atoms, keep);
    free(keep);
    return code;
}

/* ---- a round: build and measure ---- */

static int shake(struct work *w, struct ae_error *err)
{
    struct crowd *a = &w->atoms;
    struct ae_rng *rng = ae_rng_new(w->set->seed, THERMAL);
    unsigned char *keep = ae_alloc(a->n, 1);
    int code = rng && keep
                   ? AE_OK
                   : ae_fail(err, AE_EMEM, "out of memory for the atoms");
    for (size_t i = 0; i < a->n && !code; i++)
        for (int k = 0; k < 3; k++)
            a->pos[i][k] += w->set->thermal / sqrt(3.) * ae_rng_normal(rng);
    if (!code)
        code = ae_relax_apart(a->pos, a->n, w->set->dmin, keep, err);
    if (!code)
        crowd_thin(a, keep);
    ae_rng_free(rng);
    free(keep);
    return code;
}

struct geometry {
    struct ae_delaunay mesh;
    unsigned char *in;
    struct ae_voids voids;
};

static void geometry_clear(struct geometry *g)
{
    ae_delaunay_clear(&g->mesh);
    ae_voids_clear(&g->voids);
    free(g->in);
    memset(g, 0, sizeof *g);
}

static int geometry_new(
    struct geometry *g, const double (*pos)[3], size_t n, struct ae_error *err)
{
    memset(g, 0, sizeof *g);
    int code = ae_delaunay_new(&g->mesh, pos, n, AE_DELAUNAY_JITTER, err);
    if (code)
        return code;
    g->in = ae_alloc(g->mesh.n, 1);
    if (!g->in)
        code = ae_fail(err, AE_EMEM, "out of memory for the region");
    if (!code)
        code = ae_alpha_region(&g->mesh, AE_VOIDS_ALPHA, 1, 0, g->in, err);
    if (!code)
        code = ae_voids_find(
            &g->mesh, pos, g->in, AE_VOIDS_RADIUS, &g->voids, err);
    if (code)
        geometry_clear(g);
    return code;
}

static int measure(struct work *w, struct ae_error *err)
{
    const double(*pos)[3] = (const double(*)[3])w->atoms.pos;
    size_t n = w->atoms.n, low = 0;
    struct ae_cells *cells;
    struct ae_links links = {0};
    struct geometry g;
    double *q = ae_alloc(n, 2 * sizeof *q);
    if (!q)
        return ae_fail(err, AE_EMEM, "out of memory for %zu atoms", n);
    int code = ae_cells_new(&cells, pos, n, boo_cutoff, NULL, NULL, err);
    if (!code)
        code = ae_cells_links(cells, boo_cutoff, &links, err);
    if (!code)
        code = ae_order_q(cells, &links, 2, (const int[2]){4, 6}, 1, q, err);
    for (size_t i = 0; i < n && !code; i++)
        low += ae_order_boo(q[i], q[n + i]) < 0.5;
    ae_links_clear(&links);
    ae_cells_free(cells);
    free(q);
    if (!code)
        code = geometry_new(&g, pos, n, err);
    if (code)
        return code;
    w->disordered = (double)low / (double)n;
    w->porosity = g.voids.empty / g.voids.region;
    w->largest = 0;
    for (size_t i = 0; i < g.voids.n; i++)
        w->largest = fmax(w->largest, g.voids.item[i].volume);
    geometry_clear(&g);
    return AE_OK;
}

static int build(struct work *w, struct ae_error *err)
{
    double near[AE_RELAX_KINDS][AE_RELAX_KINDS];
    int code = set_crystals(w, err);
    if (!code)
        code = fill_amorphous(w, err);
    if (code)
        return code;
    for (int i = 0; i < AE_RELAX_KINDS; i++)
        for (int j = 0; j < AE_RELAX_KINDS; j++) {
            int soft =
                (i == AE_PHANTOM_AMORPHOUS) + (j == AE_PHANTOM_AMORPHOUS);
            near[i][j] = soft == 2   ? amorphous_bond
                         : soft == 1 ? mixed_bond
                                     : crystal_bond;
        }
    code = ae_relax(
        w->atoms.pos, w->atoms.phase, w->atoms.n, near, RELAX_STEPS, err);
    if (!code)
        code = cut_voids(w, err);
    if (!code)
        code = shake(w, err);
    return code ? code : measure(w, err);
}

/* Rounds until both shares are met: the level of the field by bisection on
 * what it gave so far, the scale of the voids in proportion. */
static int steer(struct work *w, int *rounds, struct ae_error *err)
{
    const struct ae_phantom_settings *set = w->set;
    double low = -4, high = 4; /* standard deviations of the field */
    w->level = 0.8;
    w->scale = 1;
    for (*rounds = 1;; ++*rounds) {
        int code = build(w, err);
        if (code)
            return code;
        double more = w->disordered - set->disorder;
        double empty = w->porosity - set->porosity;
        if ((fabs(more) < 0.015 && fabs(empty) < 0.012) || *rounds == ROUNDS)
            return AE_OK;
        if (more > 0)
            low = fmax(low, w->level);
        else
            high = fmin(high, w->level);
        /* about a third of the atoms pass the level per standard deviation */
        double next = w->level + 3 * more;
        if (fabs(more) >= 0.01)
            w->level = next > low && next < high ? next : (low + high) / 2;
        w->scale *= fmin(1.5, fmax(0.6, 1 - 4 * empty));
        /* a change of the voids moves the disorder a little: reopen */
        low -= 0.1;
        high += 0.1;
    }
}

/* ---- oxygen ---- */

struct site {
    size_t tetra;
    double delta;
};

static int better_site(const void *p, const void *q)
{
    const struct site *a = p, *b = q;
    if (a->delta != b->delta)
        return a->delta < b->delta ? -1 : 1;
    return a->tetra < b->tetra ? -1 : a->tetra > b->tetra;
}

/* The sites that may hold an oxygen atom, the least distorted first. */
static size_t find_sites(
    const struct work *w, const struct geometry *g, struct site *site)
{
    size_t n = 0;
    for (size_t t = 0; t < g->mesh.n; t++) {
        double p[4][3];
        int core = 0;
        if (!g->in[t] || g->mesh.radius[t] > AE_VOIDS_RADIUS)
            continue;
        for (int k = 0; k < 4; k++)
            core += w->atoms.phase[g->mesh.vertex[t][k]] == AE_PHANTOM_CORE;
        ae_delaunay_corners(&g->mesh, (const double(*)[3])w->atoms.pos, t, p);
        double delta = ae_tetra_distortion(p);
        if (core == 4 || delta > o_delta || g->mesh.volume[t] <= o_volume)
            continue;
        site[n].tetra = t;
        site[n++].delta = delta;
    }
    qsort(site, n, sizeof *site, better_site);
    return n;
}

static int add_oxygen(struct work *w, const struct geometry *g,
    struct crowd *oxygen, struct ae_error *err)
{
    int code = AE_OK;
    struct bins b = {.edge = 3, .low = -1.5 * w->specimen.radius};
    struct site *site = ae_alloc(g->mesh.n, sizeof *site);
    b.side = (long)(-2 * b.low / b.edge) + 1;
    b.first = ae_alloc((size_t)(b.side * b.side * b.side), sizeof *b.first);
    b.next = ae_alloc(g->mesh.n, sizeof *b.next);
    struct ae_rng *rng = ae_rng_new(w->set->seed, OXYGEN);
    if (!site || !b.first || !b.next || !rng) {
        code = ae_fail(err, AE_EMEM, "out of memory for the oxygen atoms");
        goto out;
    }
    size_t n = find_sites(w, g, site);
    for (size_t i = 0; i < n && !code; i++) {
        const size_t *corner = g->mesh.vertex[site[i].tetra];
        double x[3] = {0, 0, 0};
        int amorphous = 0;
        for (int k = 0; k < 4; k++) {
            amorphous += w->atoms.phase[corner[k]] == AE_PHANTOM_AMORPHOUS;
            for (int j = 0; j < 3; j++)
                x[j] += w->atoms.pos[corner[k]][j] / 4;
        }
        double share = ae_specimen_core(&w->specimen, x, NULL) / o_full;
        if (ae_rng_uniform(rng) >= share ||
            !is_free(&b, (const double(*)[3])oxygen->pos, x, o_gap))
            continue;
        bin_add(&b, x, oxygen->n);
        code = crowd_add(oxygen, x, -1,
            amorphous > 1 ? AE_PHANTOM_AMORPHOUS : AE_PHANTOM_CRYSTAL, 0, err);
    }
out:
    ae_rng_free(rng);
    free(site);
    free(b.first);
    free(b.next);
    return code;
}

/* ---- truth ---- */

static int inside(double p[4][3], const double x[3])
{
    double whole = ae_tetra_volume(p), sum = 0;
    for (int k = 0; k < 4; k++) {
        double part[4][3];
        memcpy(part, p, sizeof part);
        memcpy(part[k], x, sizeof part[k]);
        sum += ae_tetra_volume(part);
    }
    return sum <= whole * (1 + 1e-9);
}

static int list_voids(struct work *w, const struct geometry *g,
    struct ae_phantom *phantom, struct ae_error *err)
{
    const struct ae_voids *v = &g->voids;
    unsigned char *known = ae_alloc(v->n, 1);
    int code = known ? AE_OK : ae_fail(err, AE_EMEM, "out of memory");
    for (size_t i = 0; i < w->nplanted && !code; i++) {
        struct ae_phantom_void *planted = &w->planted[i];
        planted->volume = NAN;
        planted->group = -1;
        for (size_t t = 0; t < g->mesh.n; t++) {
            double p[4][3];
            if (v->of[t] == AE_DELAUNAY_HULL ||
                distance(g->mesh.centre[t], planted->centre) >
                    g->mesh.radius[t])
                continue;
            ae_delaunay_corners(
                &g->mesh, (const double(*)[3])w->atoms.pos, t, p);
            if (!inside(p, planted->centre))
                continue;
            planted->group = (long)v->of[t];
            planted->volume = v->item[v->of[t]].volume;
            known[v->of[t]] = 1;
            break;
        }
    }
    for (size_t i = 0; i < v->n && !code; i++) {
        const struct ae_void *item = &v->item[i];
        if (item->class == AE_VOID_MINOR)
            continue;
        phantom->count[item->class - AE_VOID_VACANCY]++;
        if (known[i])
            continue;
        code = add_planted(w, item->centroid, 0, AE_PHANTOM_UNPLANTED, err);
        w->planted[w->nplanted - 1].volume = item->volume;
        w->planted[w->nplanted - 1].group = (long)i;
    }
    free(known);
    return code;
}

static int closest_pair(struct ae_phantom *phantom, struct ae_error *err)
{
    struct ae_neighbours lists;
    phantom->closest = INFINITY;
    int code = ae_neighbours_new(&lists, (const double(*)[3])phantom->pos,
        phantom->n, boo_cutoff, NULL, NULL, err);
    if (code)
        return code;
    for (size_t i = 0; i < phantom->n; i++)
        if (lists.start[i + 1] > lists.start[i])
            phantom->closest =
                fmin(phantom->closest, lists.item[lists.start[i]].distance);
    ae_neighbours_clear(&lists);
    return AE_OK;
}

/* Hand the round's arrays over. */
static int finish(
    struct work *w, struct ae_phantom *phantom, struct ae_error *err)
{
    struct geometry g;
    struct crowd oxygen = {0};
    int code =
        geometry_new(&g, (const double(*)[3])w->atoms.pos, w->atoms.n, err);
    if (code)
        return code;
    if (w->set->oxygen)
        code = add_oxygen(w, &g, &oxygen, err);
    if (!code)
        code = list_voids(w, &g, phantom, err);
    geometry_clear(&g);
    phantom->noxygen = oxygen.n;
    phantom->oxygen = oxygen.pos;
    phantom->site = oxygen.phase;
    free(oxygen.grain);
    free(oxygen.score);
    phantom->n = w->atoms.n;
    phantom->pos = w->atoms.pos;
    phantom->grain = w->atoms.grain;
    phantom->phase = w->atoms.phase;
    phantom->voids = w->planted;
    phantom->nvoid = w->nplanted;
    free(w->atoms.score);
    memset(&w->atoms, 0, sizeof w->atoms);
    w->planted = NULL;
    phantom->disordered = w->disordered;
    phantom->porosity = w->porosity;
    phantom->level = w->level;
    phantom->scale = w->scale;
    return code ? code : closest_pair(phantom, err);
}

int ae_phantom_new(struct ae_phantom *phantom,
    const struct ae_phantom_settings *settings, struct ae_error *err)
{
    struct work w = {.set = settings};
    memset(phantom, 0, sizeof *phantom);
    int code = ae_specimen_new(&w.specimen, settings->diameter, settings->metal,
        settings->grains, settings->seed, err);
    for (int g = settings->metal ? -1 : 0; g < settings->grains && !code; g++)
        code = add_crystal(&w, g, err);
    if (!code)
        code = add_candidates(&w, err);
    if (!code)
        code = steer(&w, &phantom->rounds, err);
    if (!code)
        code = finish(&w, phantom, err);
    crowd_clear(&w.lattice);
    crowd_clear(&w.candidate);
    crowd_clear(&w.atoms);
    free(w.ball);
    free(w.planted);
    if (code)
        ae_phantom_clear(phantom);
    return code;
}

void ae_phantom_clear(struct ae_phantom *phantom)
{
    free(phantom->pos);
    free(phantom->grain);
    free(phantom->phase);
    free(phantom->oxygen);
    free(phantom->site);
    free(phantom->voids);
    memset(phantom, 0, sizeof *phantom);
}
