/* SPDX-License-Identifier: BSD-2-Clause
 * atoms-profile - the mean of one per-atom value against another, or the
 * number of atoms per volume against the distance from a surface.
 *
 *   bins   lo + k w <= x < lo + (k + 1) w      lo the least x, or of --range
 *   mean = sum y / n      std = sqrt(sum (y - mean)^2 / (n - 1))
 *   sem  = std / sqrt(n)                       n atoms of the bin
 *   --density: n / V,  error sqrt(n) / V       bins k w <= d < (k + 1) w
 *            d  distance (angstrom) from the surface of the alpha region of
 *               the atoms of --from, negative inside
 *            V  volume (angstrom^3) of the alpha region of all atoms in the
 *               bin: the number of places of a grid, times the cube of its step
 *   --width: 10 % and 90 % crossings between the plateaus, the means over the
 *            outer quarters of the bins, with straight lines between bins
 *   --fit:   y = y0 + A exp(-x / l), least squares with the weights n, or V
 *
 * Atoms whose x or y is NaN are skipped.
 *
 * Source: methods; vacancies per volume against the distance from the metal:
 * Zhang et al., Nat. Commun. 2024.
 * Cost: O(N log N) for N atoms, and O(P log N) for P places of the grid.
 * reads: extended XYZ, one frame       writes: TSV
 */
#include "atoms/expr.h"
#include "atoms/sites.h"
#include "base/mem.h"
#include "base/tool.h"
#include "geom/radial.h"
#include "io/tsv.h"
#include "io/xyz.h"
#include "math/profile.h"
#include "math/stats.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *x_name, *y_name, *selection, *density, *from, *species;
static double bin, alpha, grid;
static struct ae_reals range;
static int width, fit, no_fill;
static const struct ae_opt opts[] = {
    AE_STR('x', "x", &x_name, "EXPR", "distance", "value along the profile"),
    AE_STR('y', "y", &y_name, "EXPR", "",
           "value to average (this or --density is required)"),
    AE_STR('d', "density", &density, "EXPR", "",
           "instead: atoms for which this is true per volume, by the distance "
           "from a surface"),
    AE_STR('f', "from", &from, "EXPR", "",
           "of --density: the surface of these atoms (default: of all)"),
    AE_REAL('b', "bin", &bin, "W", "2", 1e-300, 1e300, "width of a bin"),
    AE_REALS('r', "range", &range, "LO,HI", "", -1e300, 1e300,
             "only x from LO to HI"),
    AE_STR(0, "select", &selection, "EXPR", "",
           "only these atoms (not with "
           "--density)"),
    AE_FLAG(0, "width", &width,
            "the 10-90 % width of the step instead of the profile"),
    AE_FLAG(0, "fit", &fit,
            "y0 + A exp(-x/l) through the profile instead of it"),
    AE_REAL('a', "alpha", &alpha, "angstrom", "4.5", 1e-3, 1e6,
            "of --density: largest circumradius of a tetrahedron of a region"),
    AE_REAL('g', "grid", &grid, "angstrom", "0.5", 1e-3, 1e4,
            "of --density: places this far apart measure the volume"),
    AE_FLAG(0, "no-fill", &no_fill,
            "of --density: leave enclosed empty space out of the regions"),
    AE_STR(0, "species", &species, "LIST", "",
           "of --density: regions of these species (default: all but X, and O "
           "beside a metal)"),
    AE_END_OPTS,
};
static const struct ae_about about = {
    "atoms-profile", "profile of a column, or of a number density", "[FILE]",
    opts, .streams = 0};

static void *allocate(size_t n, size_t size) {
  void *p = ae_alloc(n, size);
  if (!p)
    ae_die("out of memory for the values");
  return p;
}

/* Room for n bins. */
static struct ae_profile new_profile(size_t n) {
  return (struct ae_profile){n, allocate(n, sizeof(double)),
                             allocate(n, sizeof(double)),
                             allocate(n, sizeof(double))};
}

static void clear_profile(struct ae_profile *p) {
  free(p->x);
  free(p->y);
  free(p->w);
}

/* ---- mean of a value ---- */

struct sample {
  size_t n, skipped;
  double *x, *y;
};

static struct ae_expr *compile(const char *text, const struct ae_atoms *atoms) {
  struct ae_expr *expr;
  if (ae_expr_new(&expr, text, atoms, ae_err()))
    ae_usage("'%s': %s", text, ae_err()->msg);
  return expr;
}

static void take_sample(struct sample *s, const struct ae_atoms *atoms) {
  size_t *row, rows;
  ae_must(ae_expr_rows(selection, atoms, &row, &rows, ae_err()));
  struct ae_expr *x = compile(x_name, atoms), *y = compile(y_name, atoms);
  s->x = allocate(rows, sizeof *s->x);
  s->y = allocate(rows, sizeof *s->y);
  for (size_t i = 0; i < rows; i++) {
    double u = ae_expr_value(x, row[i]), v = ae_expr_value(y, row[i]);
    if (!isfinite(u) || !isfinite(v)) {
      s->skipped++;
    } else if (!range.n || (u >= range.v[0] && u <= range.v[1])) {
      s->x[s->n] = u;
      s->y[s->n++] = v;
    }
  }
  free(row);
  ae_expr_free(x);
  ae_expr_free(y);
}

static struct ae_bins make_bins(const struct sample *s) {
  struct ae_bins bins;
  double low = s->x[0], high = low;
  for (size_t i = 1; i < s->n; i++) {
    low = fmin(low, s->x[i]);
    high = fmax(high, s->x[i]);
  }
  if (range.n) {
    low = range.v[0];
    high = range.v[1];
  }
  int code = range.n ? ae_stats_bins_exact(&bins, low, high, bin)
                     : ae_stats_bins(&bins, low, high, bin, low);
  if (code)
    ae_usage("--bin %g from %g to %g makes too many bins", bin, low, high);
  return bins;
}

/* Middles of the bins, means and counts; m[n] the spreads. */
static struct ae_profile average(const struct sample *s,
                                 struct ae_moments **spread) {
  struct ae_bins bins = make_bins(s);
  size_t *start = allocate(bins.n + 2, sizeof *start);
  double *value = allocate(s->n, sizeof *value);
  struct ae_profile p = new_profile(bins.n);
  struct ae_moments *m = *spread = allocate(p.n, sizeof *m);
  for (size_t i = 0; i < s->n; i++)
    start[ae_stats_bin(&bins, s->x[i]) + 2]++;
  for (size_t b = 0; b < p.n; b++)
    start[b + 2] += start[b + 1];
  for (size_t i = 0; i < s->n; i++)
    value[start[ae_stats_bin(&bins, s->x[i]) + 1]++] = s->y[i];
  for (size_t b = 0; b < p.n; b++) {
    double *v = value + start[b];
    size_t n = start[b + 1] - start[b];
    ae_stats_sort(v, n); /* sums then do not depend on the order */
    m[b] = ae_stats_moments(v, n);
    p.x[b] = ae_stats_edge(&bins, b) + bins.width / 2;
    p.y[b] = m[b].mean;
    p.w[b] = (double)n;
  }
  free(start);
  free(value);
  return p;
}

static struct ae_profile mean_profile(const struct ae_atoms *atoms) {
  struct sample sample = {0};
  struct ae_moments *m;
  take_sample(&sample, atoms);
  if (!sample.n)
    ae_die("%s: no atom has both values", ae_in()->name);
  if (sample.skipped)
    ae_say("%zu atoms without a value are left out", sample.skipped);
  struct ae_profile p = average(&sample, &m);
  if (!width && !fit)
    fprintf(ae_out(), "#%s\tmean\tstd\tsem\tcount\n", x_name);
  for (size_t b = 0; b < p.n && !width && !fit; b++)
    ae_tsv_put(ae_out(), "rrrrd", p.x[b], m[b].mean, m[b].std, m[b].sem,
               (long)p.w[b]);
  free(m);
  free(sample.x);
  free(sample.y);
  return p;
}

/* ---- number per volume ---- */

/* The sites of a region: atoms for which text is true, none of species X. */
static void take_sites(struct ae_sites *sites, const struct ae_atoms *atoms,
                       const char *text) {
  const struct ae_column *name = ae_atoms_find(atoms, "species");
  unsigned char *keep = allocate(atoms->n, 1);
  memset(keep, 1, atoms->n);
  if (*text)
    ae_must(ae_expr_mask(text, atoms, keep, ae_err()));
  for (size_t i = 0; i < atoms->n; i++)
    keep[i] = keep[i] && strcmp(ae_atoms_text(name, i), "X") != 0;
  ae_must(ae_sites_masked(sites, atoms, species, keep, 1, ae_err()));
  if (*text && !sites->n)
    ae_die("--from '%s': no atom is selected, so there is no surface", text);
  free(keep);
}

static struct ae_profile density_profile(const struct ae_atoms *atoms) {
  struct ae_radial_rule rule = {alpha, !no_fill, grid, bin,
                                range.n ? range.v : NULL};
  struct ae_sites all, core = {0};
  struct ae_radial r;
  size_t *row, n;
  take_sites(&all, atoms, "");
  if (*from)
    take_sites(&core, atoms, from);
  ae_must(ae_expr_rows(density, atoms, &row, &n, ae_err()));
  double(*point)[3] = allocate(n, sizeof *point);
  for (size_t i = 0; i < n; i++)
    memcpy(point[i], atoms->pos[row[i]], sizeof *point);
  ae_must(ae_radial_density((const double(*)[3])all.pos, all.n,
                            (const double(*)[3])core.pos, core.n,
                            (const double(*)[3])point, n, &rule, &r, ae_err()));
  ae_say("%zu of %zu are in the region", n - r.outside, n);
  struct ae_profile p = new_profile(r.bins.n);
  if (!width && !fit)
    fputs("#distance (A)\tdensity (1/A3)\terror (1/A3)\tcount\t"
          "volume (A3)\n",
          ae_out());
  for (size_t b = 0; b < p.n; b++) {
    double count = (double)r.count[b];
    p.x[b] = ae_stats_edge(&r.bins, b) + r.bins.width / 2;
    p.w[b] = r.volume[b];
    p.y[b] = p.w[b] > 0 ? count / p.w[b] : NAN;
    if (!width && !fit)
      ae_tsv_put(ae_out(), "rrrdr", p.x[b], p.y[b],
                 p.w[b] > 0 ? sqrt(count) / p.w[b] : NAN, (long)r.count[b],
                 p.w[b]);
  }
  ae_radial_clear(&r);
  free(row);
  free(point);
  ae_sites_clear(&all);
  ae_sites_clear(&core);
  return p;
}

/* ---- step and exponential ---- */

/* Leave the bins without weight out. */
static void close_up(struct ae_profile *p) {
  size_t n = 0;
  for (size_t b = 0; b < p->n; b++) {
    if (!(p->w[b] > 0))
      continue;
    p->x[n] = p->x[b];
    p->y[n] = p->y[b];
    p->w[n++] = p->w[b];
  }
  p->n = n;
}

static void row(const char *name, double value) {
  ae_tsv_put(ae_out(), "sr", name, value);
}

static void write_width(const struct ae_profile *p) {
  struct ae_profile_step s;
  ae_must(ae_profile_step(p, &s, ae_err()));
  ae_tsv_head(ae_out(), "quantity\tvalue");
  row("low", s.low);
  row("high", s.high);
  row("x10", s.x10);
  row("x50", s.x50);
  row("x90", s.x90);
  row("width", s.x90 - s.x10);
}

static void write_fit(const struct ae_profile *p) {
  struct ae_profile_decay d;
  ae_must(ae_profile_decay(p, 0.1 * bin, &d, ae_err()));
  ae_tsv_head(ae_out(), "quantity\tvalue");
  row("y0", d.y0);
  row("A", d.a);
  row("l", d.l);
  row("rms", d.rms);
}

int main(int argc, char **argv) {
  struct ae_atoms atoms = {0};
  ae_begin(&about, argc, argv);
  if (width && fit)
    ae_usage("--width and --fit: want one of them");
  if (!*y_name == !*density)
    ae_usage("want --y or --density");
  if (*density && (ae_given("x") || *selection))
    ae_usage("--density is against the distance from --from; leave --x "
             "and --select out");
  if (*from && !*density)
    ae_usage("--from is for --density; surface-distance writes the "
             "distance that --x wants");
  if (range.n && (range.n != 2 || !(range.v[0] < range.v[1])))
    ae_usage("--range: want LO,HI with LO below HI");
  ae_must(ae_xyz_read(ae_in(), &atoms, ae_err()));
  struct ae_profile p =
      *density ? density_profile(&atoms) : mean_profile(&atoms);
  if (width || fit) {
    close_up(&p);
    (width ? write_width : write_fit)(&p);
  }
  clear_profile(&p);
  ae_atoms_clear(&atoms);
  return ae_end();
}
