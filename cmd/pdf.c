/* SPDX-License-Identifier: BSD-2-Clause
 * pdf - pair distribution function of a set of atoms.
 *
 *   g(k)    = H(k) V / (N W(k)),   g_ab(k) = H_ab(k) V / (N_b W_a(k))
 *   H(k)    ordered pairs at a distance in shell k, k = floor(r / dr + shift)
 *   W(k)    volume of the shells k about all atoms, as far as it is inside the
 *           region that the atoms fill (angstrom^3)
 *   V       volume of the region    N  atoms
 * Then g is divided by its mean over 0.9 rmax ... rmax and smoothed. W is that
 * of the alpha region (by its surface, or points on spheres), of a ball, of endless
 * space, or 1 with V = 1 (--norm none: H / N^2). A periodic box is its own region.
 * First peak: the highest maximum of g in 2 ... 4.2 angstrom; first valley:
 * the lowest minimum from there to 1.5 times that; both by a parabola.
 *
 * Source: eq. 1 of Zhang et al. 2024, 10.1038/s41467-024-52026-w; the shells
 * inside the region: Yang et al. 2021, 10.1038/s41586-021-03354-0, and Yuan et
 * al. 2021, 10.1038/s41563-021-01114-z, analysis codes.
 * Cost: O(N n) for n neighbours within rmax, and the surface of the region.
 * reads: extended XYZ, one frame       writes: TSV
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "atoms/expr.h"
#include "atoms/groups.h"
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/gofr.h"
#include "io/tsv.h"
#include "io/xyz.h"
#include "math/curve.h"

static double rmax, bin, shift, sigma, alpha, ball;
static long corners;
static int norm, peak_only, valley_only, no_scale, no_fill, open_box, allow;
static const char *by, *partial, *selection, *species;
static const struct ae_opt opts[] = {
    AE_REAL(
        'r', "rmax", &rmax, "angstrom", "20", 1e-3, 1e4, "largest distance"),
    AE_REAL('b', "bin", &bin, "angstrom", "0.1", 1e-4, 10, "width of a bin"),
    AE_REAL(0, "bin-shift", &shift, "BINS", "0", 0, 0.99,
        "added to r/bin before rounding down (published tables: 0.01)"),
    AE_REAL('s', "smooth", &sigma, "angstrom", "0.15", 0, 100,
        "sigma of the Gaussian that smooths g, 0 for none"),
    AE_CHOICE('n', "norm", &norm, "region|ball|bulk|sphere-points|none",
        "region", "what g is divided by"),
    AE_REAL('a', "alpha", &alpha, "angstrom", "4.5", 1e-3, 1e6,
        "largest circumradius of a tetrahedron of the region"),
    AE_FLAG(
        0, "no-fill", &no_fill, "enclosed empty space is not of the region"),
    AE_INT(0, "points", &corners, "N", "2000", 12, 1000000,
        "least number of points on a sphere of --norm sphere-points"),
    AE_REAL(0, "radius", &ball, "angstrom", "0", 0, 1e6,
        "of --norm ball; 0: that of a full ball of the same gyration radius"),
    AE_STR(
        0, "by", &by, "COLUMN", "", "one curve for each value of this column"),
    AE_STR('p', "partial", &partial, "COLUMN", "",
        "curves for the pairs of values of this column as well"),
    AE_STR(0, "select", &selection, "EXPR", "", "these atoms only"),
    AE_STR(0, "species", &species, "LIST", "",
        "these species only (default: all but O beside a metal)"),
    AE_FLAG(
        0, "valley", &valley_only, "print the first valley only, in angstrom"),
    AE_FLAG(0, "peak", &peak_only, "print the first peak only, in angstrom"),
    AE_FLAG(0, "no-scale", &no_scale, "do not divide g by its mean at rmax"),
    AE_FLAG(0, "open", &open_box, "no neighbours through periodic faces"),
    AE_FLAG(
        0, "allow-duplicates", &allow, "drop atoms at the place of another"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "pdf", "pair distribution function", "[FILE]", opts, .streams = 0};

/* The atoms of one curve, or of one set of partial curves. */
struct subset {
    const char *name;
    struct ae_gofr f;
};

static struct ae_pair_bins bins;
static const double *lattice; /* of a periodic box, else NULL */
static int periodic[3];

static void *allocate(size_t n, size_t size)
{
    void *p = ae_alloc(n, size);
    if (!p)
        ae_die("out of memory for the curves");
    return p;
}

static double middle(double k)
{
    return (k + 0.5 - shift) * bin;
}

/* The bin whose middle is the first at r or beyond. */
static size_t bin_from(double r)
{
    return (size_t)fmax(0, ceil(r / bin - 0.5 + shift));
}

/* angstrom: where the first peak of a metal or an oxide is looked for */
static const double peak_low = 2, peak_high = 4.2, valley_reach = 1.5;

static void first_peak(const double *g, double *peak, double *valley)
{
    double at = ae_curve_extremum(
        g, bins.n, 1, bin_from(peak_low), bin_from(peak_high));
    *peak = *valley = NAN;
    if (isnan(at))
        return;
    *peak = middle(at);
    *valley = middle(ae_curve_extremum(
        g, bins.n, -1, (size_t)at + 1, bin_from(valley_reach * *peak)));
}

static void make_curves(struct subset *s)
{
    const struct ae_gofr_rule rule = {.bins = bins,
        .norm = (enum ae_gofr_norm)norm,
        .alpha = alpha,
        .fill = !no_fill,
        .corners = (size_t)corners,
        .radius = ball,
        .lattice = lattice,
        .pbc = periodic};
    if (s->f.n < 2)
        ae_die("%s: %zu atoms; a pair needs 2", s->name, s->f.n);
    ae_must(ae_gofr(&s->f, &rule, ae_err()));
    for (size_t i = 0; i <= (s->f.kind ? s->f.kinds * s->f.kinds : 0); i++) {
        double *g = s->f.g + i * bins.n;
        if (!no_scale && !ae_gofr_scale(g, bins.n))
            ae_warn("%s: no pairs near rmax; g is not scaled", s->name);
        ae_must(ae_curve_smooth(g, bins.n, sigma / bin));
    }
}

/* ---- atoms and tables ---------------------------------------------------- */

/* The sites of one group of --by, of g, or all of them. */
static struct subset take(const struct ae_sites *sites,
    const struct ae_groups *by_groups, size_t g, const struct ae_groups *kinds)
{
    struct ae_gofr f = {.kinds = kinds ? kinds->n : 1,
        .pos = allocate(sites->n, sizeof *f.pos)};
    f.members = allocate(f.kinds, sizeof *f.members);
    f.kind = kinds ? allocate(sites->n, sizeof *f.kind) : NULL;
    for (size_t i = 0; i < sites->n; i++) {
        if (by_groups && by_groups->of[i] != g)
            continue;
        memcpy(f.pos[f.n], sites->pos[i], sizeof *f.pos);
        f.members[kinds ? kinds->of[i] : 0]++;
        if (kinds)
            f.kind[f.n] = (uint32_t)kinds->of[i];
        f.n++;
    }
    return (struct subset){by_groups ? by_groups->name[g] : "all atoms", f};
}

/* Columns of one subset: "g", or "g:NAME" with --by; "g:a-b" of a pair. */
static void head(const struct subset *s, const struct ae_groups *kinds)
{
    const char *colon = *by ? ":" : "", *name = *by ? s->name : "";
    fprintf(ae_out(), "\tg%s%s\tpairs%s%s\tvolume%s%s (A^3)", colon, name,
        colon, name, colon, name);
    for (size_t i = 0; kinds && i < kinds->n * kinds->n; i++)
        if (i / kinds->n <= i % kinds->n)
            fprintf(ae_out(), "\tg%s%s:%s-%s\tpairs%s%s:%s-%s", colon, name,
                kinds->name[i / kinds->n], kinds->name[i % kinds->n], colon,
                name, kinds->name[i / kinds->n], kinds->name[i % kinds->n]);
}

static void row(const struct ae_gofr *s, size_t k)
{
    size_t K = s->kinds;
    uint64_t pairs = 0;
    double volume = 0;
    for (size_t i = 0; i < K * K; i++)
        pairs += s->pairs[i * bins.n + k];
    for (size_t a = 0; a < K; a++)
        volume += s->shell[a * bins.n + k];
    fprintf(ae_out(), "\t%.10g\t%llu\t%.10g", s->g[k],
        (unsigned long long)pairs, volume);
    for (size_t i = 0; s->kind && i < K * K; i++)
        if (i / K <= i % K)
            fprintf(ae_out(), "\t%.10g\t%llu", s->g[(1 + i) * bins.n + k],
                (unsigned long long)s->pairs[i * bins.n + k]);
}

static void print_place(const struct subset *s, double place, const char *what)
{
    if (isnan(place))
        ae_die("%s: no first %s between %g angstrom and rmax; look at g",
            s->name, what, peak_low);
    if (*by)
        fprintf(ae_out(), "%s\t", s->name);
    fprintf(ae_out(), "%.4f\n", place);
}

static void print(
    const struct subset *s, size_t n, const struct ae_groups *kinds)
{
    double peak, valley;
    for (size_t i = 0; i < n; i++) {
        first_peak(s[i].f.g, &peak, &valley);
        ae_say("%s: %zu atoms, volume %.2f A^3, first peak %.4f, first valley "
               "%.4f angstrom",
            s[i].name, s[i].f.n, s[i].f.volume, peak, valley);
        if (peak_only)
            print_place(&s[i], peak, "peak");
        if (valley_only)
            print_place(&s[i], valley, "valley");
    }
    if (peak_only || valley_only)
        return;
    fputs("#r (A)", ae_out());
    for (size_t i = 0; i < n; i++)
        head(&s[i], kinds);
    for (size_t k = 0; k < bins.n; k++) {
        fprintf(ae_out(), "\n%.10g", middle((double)k));
        for (size_t i = 0; i < n; i++)
            row(&s[i].f, k);
    }
    fputc('\n', ae_out());
}

/* A box that is periodic along all axes; along some only, shells would have to
 * be cut at the other faces. */
static void set_box(const struct ae_atoms *atoms)
{
    int n = atoms->pbc[0] + atoms->pbc[1] + atoms->pbc[2];
    if (open_box || !atoms->has_lattice || !n)
        return;
    if (n < 3 && norm != AE_GOFR_NONE)
        ae_die("the box is periodic along %d of 3 axes; give --open or --norm "
               "none",
            n);
    lattice = atoms->lattice;
    memcpy(periodic, atoms->pbc, sizeof periodic);
}

static void set_bins(const struct ae_sites *sites)
{
    double low[3] = {INFINITY, INFINITY, INFINITY}, square = 0;
    double high[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < sites->n; i++)
        for (int k = 0; k < 3; k++) {
            low[k] = fmin(low[k], sites->pos[i][k]);
            high[k] = fmax(high[k], sites->pos[i][k]);
        }
    for (int k = 0; k < 3 && sites->n; k++)
        square += (high[k] - low[k]) * (high[k] - low[k]);
    if (!lattice && sites->n > 1 && rmax > sqrt(square) + bin) {
        ae_warn("--rmax %g is beyond the atoms' extent; taken as %.4g", rmax,
            sqrt(square) + bin);
        rmax = sqrt(square) + bin;
    }
    bins = (struct ae_pair_bins){
        .n = (size_t)ceil(rmax / bin - 1e-9), .width = bin, .shift = shift};
}

static void take_sites(struct ae_sites *sites, const struct ae_atoms *atoms)
{
    unsigned char *keep = NULL;
    if (*selection) {
        keep = allocate(atoms->n, 1);
        ae_must(ae_expr_mask(selection, atoms, keep, ae_err()));
    }
    ae_must(ae_sites_masked(sites, atoms, species, keep, allow, ae_err()));
    free(keep);
    if (sites->dropped)
        ae_warn("%zu atoms at the place of another dropped", sites->dropped);
    if (sites->oxygen)
        ae_say("%zu O atoms are left out; see --species", sites->others);
    if (sites->n < 2)
        ae_die("%zu atoms%s; a pair needs 2", sites->n,
            *selection ? " are selected" : "");
}

int main(int argc, char **argv)
{
    struct ae_atoms atoms;
    struct ae_sites sites;
    struct ae_groups sets = {0}, kinds = {0};
    ae_begin(&about, argc, argv);
    if (rmax <= bin)
        ae_usage("--rmax %g: want more than one bin of %g", rmax, bin);
    if (peak_only && valley_only)
        ae_usage("want --peak or --valley");
    ae_must(ae_xyz_read(ae_in(), &atoms, ae_err()));
    take_sites(&sites, &atoms);
    set_box(&atoms);
    set_bins(&sites);
    if (*by)
        ae_must(ae_groups_new(&sets, &atoms, by, sites.row, sites.n, ae_err()));
    if (*partial)
        ae_must(ae_groups_new(
            &kinds, &atoms, partial, sites.row, sites.n, ae_err()));
    size_t n = *by ? sets.n : 1;
    struct subset *s = allocate(n, sizeof *s);
    for (size_t i = 0; i < n; i++) {
        s[i] = take(&sites, *by ? &sets : NULL, i, *partial ? &kinds : NULL);
        make_curves(&s[i]);
    }
    print(s, n, *partial ? &kinds : NULL);
    for (size_t i = 0; i < n; i++)
        ae_gofr_clear(&s[i].f);
    free(s);
    ae_groups_clear(&sets);
    ae_groups_clear(&kinds);
    ae_sites_clear(&sites);
    ae_atoms_clear(&atoms);
    return ae_end();
}
