/* SPDX-License-Identifier: BSD-2-Clause */
#include "atoms/sites.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"

int ae_sites_metal(const char *symbol)
{
    static const char *const others[] = {"H", "D", "He", "B", "C", "N", "O",
        "F", "Ne", "Si", "P", "S", "Cl", "Ar", "Ge", "As", "Se", "Br", "Kr",
        "Sb", "Te", "I", "Xe", "At", "Rn", "X", "Vac", NULL};
    if (!isupper((unsigned char)symbol[0]))
        return 0;
    for (int i = 0; others[i]; i++)
        if (!strcmp(symbol, others[i]))
            return 0;
    return 1;
}

void ae_sites_clear(struct ae_sites *sites)
{
    free(sites->row);
    free(sites->pos);
    memset(sites, 0, sizeof *sites);
}

/* Is word among the names of a list separated by commas? */
static int named(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strcspn(at, ",") == n && !strncmp(at, word, n))
            return 1;
    }
    return 0;
}

/* wanted[word of the species column] */
static int choose_words(struct ae_sites *sites, const struct ae_column *col,
    const char *species, unsigned char *wanted, struct ae_error *err)
{
    int metal = 0;
    for (uint32_t w = 0; w < col->nword; w++)
        metal |= ae_sites_metal(col->word[w]);
    for (uint32_t w = 0; w < col->nword; w++) {
        int oxygen = metal && !strcmp(col->word[w], "O");
        wanted[w] =
            *species ? (unsigned char)named(species, col->word[w]) : !oxygen;
    }
    sites->oxygen = !*species && metal;
    for (const char *at = species; *species && at; at = strchr(at, ',')) {
        char name[64], quoted[340];
        uint32_t w = 0;
        at += *at == ',';
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, ","), at);
        while (w < col->nword && strcmp(col->word[w], name) != 0)
            w++;
        if (w == col->nword)
            return ae_fail(err, AE_EDATA, "--species: no atom is of '%s'",
                ae_quote(quoted, name));
    }
    return AE_OK;
}

static int64_t whole(double x)
{
    int64_t c = (int64_t)x;
    return c - ((double)c > x);
}

/* Beyond 1e15 angstrom cells are wider than the numbers are fine. */
static int is_near(const double p[3])
{
    return fabs(p[0]) + fabs(p[1]) + fabs(p[2]) < 1e15;
}

/* The cells, 1 angstrom wide, of all places closer than AE_SITES_SAME to p
 * along each axis, by a number that few of them share: at most 8. */
static int cells_of(const double p[3], uint64_t cell[8])
{
    static const uint64_t odd[3] = {
        0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9};
    int n = 1;
    cell[0] = 0;
    for (int k = 0; k < 3; k++) {
        int64_t low = whole(p[k] - AE_SITES_SAME);
        int64_t high = whole(p[k] + AE_SITES_SAME);
        int more = high > low ? n : 0;
        for (int i = 0; i < more; i++)
            cell[n + i] = cell[i] + (uint64_t)high * odd[k];
        for (int i = 0; i < n; i++)
            cell[i] += (uint64_t)low * odd[k];
        n += more;
    }
    for (int i = 0; i < n; i++)
        cell[i] = (cell[i] ^ cell[i] >> 32) * odd[0] >> 20;
    return n;
}

/* The sites that share a cell with another, ascending, in list: how many. All
 * that have a twin are among them, and one in ten or so of the others.
 * Two bits a cell: seen, and seen twice. */
static size_t suspects(const struct ae_sites *sites, unsigned char *bits,
    size_t nbit, size_t *list)
{
    size_t n = 0;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < sites->n; i++) {
        uint64_t cell[8];
        int m = is_near(sites->pos[i]) ? cells_of(sites->pos[i], cell) : 0;
        for (int k = 0; k < m; k++) {
            size_t at = (size_t)cell[k] & (nbit - 1);
            unsigned char seen, bit = (unsigned char)(1u << 2 * (at & 3));
#pragma omp atomic capture
            {
                seen = bits[at >> 2];
                bits[at >> 2] |= bit;
            }
            bit = (unsigned char)(bit << 1);
            if (seen & bit >> 1 && !(seen & bit)) {
#pragma omp atomic update
                bits[at >> 2] |= bit;
            }
        }
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < sites->n; i++) {
        uint64_t cell[8];
        int m = is_near(sites->pos[i]) ? cells_of(sites->pos[i], cell) : 0;
        unsigned twice = 0;
        for (int k = 0; k < m; k++) {
            size_t at = (size_t)cell[k] & (nbit - 1);
            twice |= bits[at >> 2] >> 2 * (at & 3) & 2;
        }
        list[i] = twice;
    }
    for (size_t i = 0; i < sites->n; i++)
        if (list[i])
            list[n++] = i;
    return n;
}

/* Places seen so far, in a hash table of cells 1 angstrom wide. */
struct seen {
    size_t nbucket; /* a power of 2 */
    size_t *first;  /* [nbucket] 1 + number in the list, 0 none */
    size_t *next;   /* [n] 1 + number in the list */
    const size_t *list;
    const double (*pos)[3];
};

static size_t bucket_of(const struct seen *seen, const double p[3])
{
    uint64_t h = 0;
    for (int k = 0; k < 3; k++)
        h = ae_hash64(h ^ (uint64_t)whole(p[k]));
    return (size_t)h & (seen->nbucket - 1);
}

/* An earlier one at the place p: 1 + its number in the list, or 0. A place
 * near a face of its cell is looked for across it as well. */
static size_t twin(const struct seen *seen, const double p[3])
{
    double low[3], high[3], q[3];
    for (int k = 0; k < 3; k++) {
        low[k] = floor(p[k] - AE_SITES_SAME);
        high[k] = floor(p[k] + AE_SITES_SAME);
    }
    for (q[0] = low[0]; q[0] <= high[0]; q[0]++)
        for (q[1] = low[1]; q[1] <= high[1]; q[1]++)
            for (q[2] = low[2]; q[2] <= high[2]; q[2]++)
                for (size_t j = seen->first[bucket_of(seen, q)]; j;
                     j = seen->next[j - 1]) {
                    const double *r = seen->pos[seen->list[j - 1]];
                    double square = 0;
                    for (int k = 0; k < 3; k++)
                        square += (r[k] - p[k]) * (r[k] - p[k]);
                    if (square < AE_SITES_SAME * AE_SITES_SAME)
                        return j;
                }
    return 0;
}

/* Of the n sites of the list those that repeat an earlier one, ascending, to
 * the front of the list: how many; or refuse them. */
static int find_twins(const struct ae_sites *sites, size_t *list, size_t n,
    int allow, size_t *twins, struct ae_error *err)
{
    struct seen seen = {
        .nbucket = 16, .list = list, .pos = (const double(*)[3])sites->pos};
    size_t *drop = ae_alloc(n, sizeof *drop), found = 0;
    int code = AE_OK;
    while (seen.nbucket < 2 * n)
        seen.nbucket *= 2;
    seen.first = ae_alloc(seen.nbucket, sizeof *seen.first);
    seen.next = ae_alloc(n, sizeof *seen.next);
    if (!seen.first || !seen.next || !drop)
        code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", sites->n);
    for (size_t i = 0; i < n && !code; i++) {
        const double *p = sites->pos[list[i]];
        size_t j = twin(&seen, p);
        if (j && !allow) {
            code = ae_fail(err, AE_EDATA,
                "atoms %zu and %zu (from 0) lie closer than %g angstrom; drop "
                "one, or give --allow-duplicates",
                sites->row[list[j - 1]], sites->row[list[i]], AE_SITES_SAME);
        } else if (j) {
            drop[found++] = list[i];
            continue;
        }
        size_t b = bucket_of(&seen, p);
        seen.next[i] = seen.first[b];
        seen.first[b] = i + 1;
    }
    for (size_t i = 0; i < found; i++)
        list[i] = drop[i];
    *twins = found;
    free(drop);
    free(seen.first);
    free(seen.next);
    return code;
}

/* Take the sites that repeat an earlier one out, or refuse them. */
static int drop_twins(struct ae_sites *sites, int allow, struct ae_error *err)
{
    size_t nbit = 64, twins = 0, n = 0;
    while (nbit < 8 * sites->n)
        nbit *= 2;
    unsigned char *bits = ae_alloc(nbit / 4, 1);
    size_t *list = ae_alloc_raw(sites->n, sizeof *list);
    int code = bits && list ? AE_OK
                            : ae_fail(err, AE_EMEM,
                                  "out of memory for %zu atoms", sites->n);
    if (!code) {
        size_t some = suspects(sites, bits, nbit, list);
        code = find_twins(sites, list, some, allow, &twins, err);
    }
    for (size_t i = 0, t = 0; i < sites->n && twins && !code; i++) {
        if (t < twins && list[t] == i) {
            t++;
            continue;
        }
        memmove(sites->pos[n], sites->pos[i], sizeof *sites->pos);
        sites->row[n++] = sites->row[i];
    }
    sites->dropped = twins;
    sites->n -= twins;
    free(list);
    free(bits);
    return code;
}

int ae_sites_new(struct ae_sites *sites, const struct ae_atoms *atoms,
    const char *species, int allow, struct ae_error *err)
{
    return ae_sites_masked(sites, atoms, species, NULL, allow, err);
}

int ae_sites_masked(struct ae_sites *sites, const struct ae_atoms *atoms,
    const char *species, const unsigned char *keep, int allow,
    struct ae_error *err)
{
    const struct ae_column *col = ae_atoms_find(atoms, "species");
    unsigned char *wanted = ae_alloc(col ? col->nword + 1u : 1, 1);
    int code = AE_OK;
    memset(sites, 0, sizeof *sites);
    sites->row = ae_alloc_raw(atoms->n, sizeof *sites->row);
    sites->pos = ae_alloc_raw(atoms->n, sizeof *sites->pos);
    if (!wanted || !sites->row || !sites->pos)
        code = ae_fail(err, AE_EMEM, "out of memory for %zu atoms", atoms->n);
    else if (col && atoms->n)
        code = choose_words(sites, col, species, wanted, err);
    for (size_t i = 0; i < atoms->n && !code; i++) {
        if ((col && !wanted[col->text[i]]) || (keep && !keep[i]))
            continue;
        sites->row[sites->n++] = i;
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < sites->n; i++)
        memcpy(sites->pos[i], atoms->pos[sites->row[i]], sizeof *sites->pos);
    sites->others = atoms->n - sites->n;
    sites->oxygen &= sites->others > 0;
    if (!code)
        code = drop_twins(sites, allow, err);
    if (code)
        ae_sites_clear(sites);
    free(wanted);
    return code;
}
