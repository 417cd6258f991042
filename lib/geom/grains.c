/* SPDX-License-Identifier: BSD-2-Clause */
#include "geom/grains.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "geom/cells.h"
#include "geom/ptm_turn.h"

#define NONE  AE_GRAINS_NONE
#define LEAST 3 /* atoms of grains around an atom that is adopted */

/* A bond of two atoms of one type; bonds are sorted into STEPS classes of
 * misorientation. */
struct bond {
    uint32_t i, j;
};
enum { STEPS = 256, TOO_FAR = STEPS };
enum { CHUNKS = 256 }; /* of points, a thread at a time */
enum { SOON = 32 };    /* bonds that memory is asked for ahead */

struct field {
    const struct ae_grains_atoms *atoms;
    const struct ae_grains_rule *rule;
    struct ae_cells *cells;
    struct ae_cells_points points;
    struct ae_links links;
    struct ae_ptm_group group[AE_PTM_TYPES];
    unsigned char *matched; /* [n] of a grain by its own template */
};

static int no_memory(struct ae_error *err)
{
    return ae_fail(err, AE_EMEM, "out of memory for the grains");
}

/* First point of a chunk; that of the one after the last is the end. */
static size_t chunk_from(const struct field *f, size_t chunk)
{
    return f->points.total / CHUNKS * chunk +
           f->points.total % CHUNKS * chunk / CHUNKS;
}

/* The class of each link from an atom to one before it, and how many of each
 * a chunk has. */
static void classify(
    const struct field *f, size_t chunk, uint16_t *class, size_t *count)
{
    const struct ae_grains_atoms *a = f->atoms;
    double limit = f->rule->misorientation;
    for (size_t k = chunk_from(f, chunk); k < chunk_from(f, chunk + 1); k++) {
        size_t i = f->points.index[k];
        for (size_t l = f->links.start[k]; l < f->links.start[k + 1]; l++) {
            size_t j = f->points.index[f->links.item[l]];
            class[l] = TOO_FAR;
            if (j >= i || !a->type[i] || a->type[j] != a->type[i])
                continue;
            double angle =
                ae_ptm_misorientation(&f->group[a->type[i]], a->q[i], a->q[j]);
            if (!(angle < limit))
                continue;
            class[l] = (uint16_t)(angle / limit * STEPS);
            count[class[l]]++;
        }
    }
}

/* The bonds of a chunk to their places, from next[class] on. */
static void put_bonds(const struct field *f, size_t chunk,
    const uint16_t *class, size_t *next, struct bond *bond)
{
    for (size_t k = chunk_from(f, chunk); k < chunk_from(f, chunk + 1); k++)
        for (size_t l = f->links.start[k]; l < f->links.start[k + 1]; l++)
            if (class[l] != TOO_FAR)
                bond[next[class[l]]++] = (struct bond){
                    f->points.index[k], f->points.index[f->links.item[l]]};
}

/* The bonds by class, in space within each. */
static int sorted_bonds(const struct field *f, struct bond **out, size_t *n)
{
    size_t(*count)[STEPS] = ae_alloc(CHUNKS, sizeof *count);
    uint16_t *class =
        ae_alloc_raw(f->links.start[f->points.total], sizeof *class);
    int code = count && class ? AE_OK : AE_EMEM;
    *out = NULL;
    *n = 0;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t c = 0; c < CHUNKS; c++)
        if (!code)
            classify(f, c, class, count[c]);
    for (int s = 0; s < STEPS && !code; s++)
        for (size_t c = 0; c < CHUNKS; c++) {
            size_t here = count[c][s];
            count[c][s] = *n;
            *n += here;
        }
    struct bond *bond = code ? NULL : ae_alloc_raw(*n, sizeof *bond);
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t c = 0; c < CHUNKS; c++)
        if (bond)
            put_bonds(f, c, class, count[c], bond);
    free(class);
    free(count);
    *out = bond;
    return bond ? AE_OK : AE_EMEM;
}

/* The sum of two components' quaternions, when their means are near enough. */
static int add_means(const struct ae_ptm_group *group, double limit,
    double p[4], const double q[4])
{
    double a[4], b[4], copy[4], la = 0, lb = 0;
    for (int k = 0; k < 4; k++) {
        la += p[k] * p[k];
        lb += q[k] * q[k];
    }
    for (int k = 0; k < 4; k++) {
        a[k] = p[k] / sqrt(la);
        b[k] = q[k] / sqrt(lb);
    }
    if (!(ae_ptm_misorientation(group, a, b) < limit))
        return 0;
    ae_ptm_nearest(group, a, b, copy);
    for (int k = 0; k < 4; k++)
        p[k] += sqrt(lb) * copy[k];
    return 1;
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* parent[n]: the smallest atom of each component. */
static int join_bonds(const struct field *f, uint32_t *parent)
{
    const struct ae_grains_atoms *a = f->atoms;
    struct bond *bond;
    size_t n;
    double(*sum)[4] = ae_alloc_raw(a->n, sizeof *sum);
    int code = sum ? sorted_bonds(f, &bond, &n) : AE_EMEM;
    if (code) {
        free(sum);
        return code;
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < a->n; i++) {
        parent[i] = (uint32_t)i;
        memcpy(sum[i], a->q[i], sizeof sum[i]);
    }
    for (size_t b = 0; b < n; b++) {
        const struct bond *later = &bond[b + SOON < n ? b + SOON : n - 1];
        __builtin_prefetch(&parent[later->i]);
        __builtin_prefetch(&parent[later->j]);
        if (parent[bond[b].i] == parent[bond[b].j])
            continue;
        uint32_t i = root_of(parent, bond[b].i), j = root_of(parent, bond[b].j);
        uint32_t low = i < j ? i : j, high = i < j ? j : i;
        if (i != j && add_means(&f->group[a->type[i]], f->rule->misorientation,
                          sum[low], sum[high]))
            parent[high] = low;
        parent[bond[b].i] = parent[i];
        parent[bond[b].j] = parent[j];
    }
    free(sum);
    free(bond);
    return AE_OK;
}

static int larger(const void *p, const void *q)
{
    const struct ae_grain *a = p, *b = q;
    if (a->n != b->n)
        return a->n > b->n ? -1 : 1;
    return a->first < b->first ? -1 : 1;
}

/* Number the grains by size; of[first] tells the number that each had. */
static int sort_grains(struct ae_grains *g, size_t atoms)
{
    int64_t *now = ae_alloc(g->n, sizeof *now);
    if (!now)
        return AE_EMEM;
    qsort(g->grain, g->n, sizeof *g->grain, larger);
    for (size_t k = 0; k < g->n; k++)
        now[g->of[g->grain[k].first]] = (int64_t)k;
    for (size_t i = 0; i < atoms; i++)
        if (g->of[i] != NONE)
            g->of[i] = now[g->of[i]];
    free(now);
    return AE_OK;
}

/* Grains of enough atoms. */
static int find_grains(const struct field *f, struct ae_grains *g)
{
    const struct ae_grains_atoms *a = f->atoms;
    uint32_t *parent = ae_alloc_raw(a->n, sizeof *parent);
    uint32_t *size = ae_alloc(a->n, sizeof *size);
    int code = parent && size ? join_bonds(f, parent) : AE_EMEM;
    for (size_t i = 0; i < a->n && !code; i++)
        size[root_of(parent, (uint32_t)i)]++;
    for (size_t i = 0; i < a->n && !code; i++)
        g->n += a->type[i] && parent[i] == i && size[i] >= f->rule->least;
    g->grain = ae_alloc(g->n, sizeof *g->grain);
    if (!g->grain)
        code = AE_EMEM;
    for (size_t i = 0, n = 0; i < a->n && !code; i++) {
        uint32_t root = root_of(parent, (uint32_t)i); /* not after i */
        g->of[i] = NONE;
        if (!a->type[i] || size[root] < f->rule->least)
            continue;
        if (root == i)
            g->grain[n++] = (struct ae_grain){.n = size[i],
                .matched = size[i],
                .first = i,
                .type = a->type[i]};
        g->of[i] = root == i ? (int64_t)n - 1 : g->of[root];
        f->matched[i] = 1;
    }
    free(size);
    free(parent);
    return code ? code : sort_grains(g, a->n);
}

/* The grain of most neighbours of atom i, or NONE; ties go to the smaller
 * number. */
static int64_t majority(const struct field *f, const int64_t *of, size_t i)
{
    const uint32_t *index = f->points.index, *item = f->links.item;
    size_t k = f->points.place[i], labelled = 0, most = 0;
    size_t first = f->links.start[k], last = f->links.start[k + 1];
    int64_t best = NONE;
    for (size_t l = first; l < last; l++) {
        int64_t g = of[index[item[l]]];
        size_t count = 0;
        if (g == NONE)
            continue;
        labelled++;
        for (size_t m = first; m < last; m++)
            count += of[index[item[m]]] == g;
        if (count > most || (count == most && g < best)) {
            most = count;
            best = g;
        }
    }
    return labelled >= LEAST ? best : NONE;
}

static int adopt_atoms(const struct field *f, struct ae_grains *g)
{
    size_t n = f->atoms->n;
    const double *boo = f->atoms->boo;
    int64_t *next = ae_alloc_raw(n, sizeof *next);
    if (!next)
        return AE_EMEM;
    for (int changed = 1; changed;) {
        changed = 0;
#pragma omp parallel for schedule(dynamic, 1024)
        for (size_t i = 0; i < n; i++)
            next[i] = g->of[i] == NONE && boo[i] >= f->rule->threshold
                          ? majority(f, g->of, i)
                          : g->of[i];
        for (size_t i = 0; i < n; i++)
            if (next[i] != g->of[i]) {
                changed = 1;
                g->grain[next[i]].n++;
                g->of[i] = next[i];
            }
    }
    free(next);
    return sort_grains(g, n);
}

/* Mean orientation and distance of each grain's matched atoms. */
static int measure(const struct field *f, struct ae_grains *g)
{
    const struct ae_grains_atoms *a = f->atoms;
    size_t *at = ae_alloc(g->n + 1, sizeof *at), total = 0;
    for (size_t k = 0; k < g->n; k++)
        total += g->grain[k].matched;
    size_t *row = ae_alloc_raw(total, sizeof *row);
    if (!at || !row) {
        free(at);
        free(row);
        return AE_EMEM;
    }
    /* at[k] runs from the first row of grain k to that of the next */
    for (size_t k = 1; k < g->n; k++)
        at[k] = at[k - 1] + g->grain[k - 1].matched;
    for (size_t i = 0; i < a->n; i++)
        if (f->matched[i]) {
            row[at[g->of[i]]++] = i;
            g->grain[g->of[i]].dist += a->dist[i];
        }
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t k = 0; k < g->n; k++) {
        struct ae_grain *one = &g->grain[k];
        one->spread = ae_ptm_mean(&f->group[one->type], a->q,
            row + at[k] - one->matched, one->matched, one->q);
        one->dist /= (double)one->matched;
    }
    free(at);
    free(row);
    return AE_OK;
}

static int is_cubic(int type)
{
    return type == AE_PTM_FCC || type == AE_PTM_BCC || type == AE_PTM_SC;
}

struct pair {
    uint32_t g, h;
};

static int by_pair(const void *p, const void *q)
{
    const struct pair *a = p, *b = q;
    if (a->g != b->g)
        return a->g < b->g ? -1 : 1;
    return a->h < b->h ? -1 : a->h > b->h;
}

/* The pairs of grains with atoms that are linked, sorted, each once: how
 * many. pair NULL: a number that is not less. */
static size_t pairs_of(
    const struct field *f, const struct ae_grains *g, struct pair *pair)
{
    size_t n = 0, unique = 0;
    for (size_t k = 0; k < f->points.total; k++) {
        int64_t own = g->of[f->points.index[k]];
        for (size_t l = f->links.start[k]; l < f->links.start[k + 1]; l++) {
            int64_t other = g->of[f->points.index[f->links.item[l]]];
            if (own == NONE || other == NONE || other == own)
                continue;
            if (pair)
                pair[n] = (struct pair){(uint32_t)own, (uint32_t)other};
            n++;
        }
    }
    if (!pair)
        return n;
    qsort(pair, n, sizeof *pair, by_pair);
    for (size_t i = 0; i < n; i++)
        if (!i || by_pair(&pair[i], &pair[unique - 1]))
            pair[unique++] = pair[i];
    return unique;
}

static int find_touching(const struct field *f, struct ae_grains *g)
{
    struct pair *pair = ae_alloc_raw(pairs_of(f, g, NULL), sizeof *pair);
    size_t n = pair ? pairs_of(f, g, pair) : 0;
    g->start = ae_alloc(g->n + 1, sizeof *g->start);
    g->touch = ae_alloc(n, sizeof *g->touch);
    int code = pair && g->start && g->touch ? AE_OK : AE_EMEM;
    for (size_t i = 0; i < n && !code; i++) {
        const struct ae_grain *a = &g->grain[pair[i].g];
        const struct ae_grain *b = &g->grain[pair[i].h];
        int same =
            a->type == b->type || (is_cubic(a->type) && is_cubic(b->type));
        g->start[pair[i].g + 1]++;
        g->touch[i] = (struct ae_grain_touch){pair[i].h,
            same ? ae_ptm_misorientation(&f->group[a->type], a->q, b->q) : NAN};
    }
    for (size_t k = 0; k < g->n && !code; k++)
        g->start[k + 1] += g->start[k];
    free(pair);
    return code;
}

void ae_grains_clear(struct ae_grains *grains)
{
    free(grains->grain);
    free(grains->of);
    free(grains->start);
    free(grains->touch);
    memset(grains, 0, sizeof *grains);
}

int ae_grains_new(struct ae_grains *grains, const struct ae_grains_atoms *atoms,
    const struct ae_grains_rule *rule, struct ae_error *err)
{
    struct field f = {.atoms = atoms, .rule = rule};
    memset(grains, 0, sizeof *grains);
    for (int t = AE_PTM_FCC; t < AE_PTM_TYPES; t++)
        ae_ptm_group(t, &f.group[t]);
    int code = ae_cells_new(&f.cells, atoms->pos, atoms->n, rule->cutoff,
        atoms->lattice, atoms->pbc, err);
    if (code)
        return code;
    ae_cells_points(f.cells, &f.points);
    code = ae_cells_links(f.cells, rule->cutoff, &f.links, err);
    if (code)
        goto out;
    f.matched = ae_alloc(atoms->n, 1);
    grains->of = ae_alloc_raw(atoms->n, sizeof *grains->of);
    if (!f.matched || !grains->of || find_grains(&f, grains) ||
        (atoms->boo && adopt_atoms(&f, grains)) ||
        (rule->touching &&
            (measure(&f, grains) || find_touching(&f, grains)))) {
        ae_grains_clear(grains);
        code = no_memory(err);
    }
out:
    free(f.matched);
    ae_links_clear(&f.links);
    ae_cells_free(f.cells);
    return code;
}
