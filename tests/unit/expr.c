/* SPDX-License-Identifier: BSD-2-Clause */
#include "atoms/expr.h"

#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "check.h"

enum { N = 5 };

/* five atoms by hand; rho of atom 1 is NaN */
static const char *const species[N] = {"Zr", "O", "Zr", "Zr", "O"};
static const double pos[N][3] = {
    {0, 0, 0}, {1, 0, 0}, {0, 2, 0}, {0, 0, -3}, {3, 4, 0}};
static const char *const phase[N] = {
    "core", "core", "a-oxide", "void", "a-oxide"};
static const double rho[N] = {0.040, NAN, 0.030, 0.025, 0.030};
static const int grain[N] = {0, -1, 2, 2, 1};
static const int good[N] = {1, 0, 1, 0, 1};
static const double v[N][3] = {
    {1, 2, 3}, {0, -1, 2}, {4, 5, 6}, {-1, 0, 1}, {2, 2, 2}};

static void fill(struct ae_atoms *a)
{
    CHECK(!ae_atoms_new(a, NULL));
    ae_atoms_column(a, "phase", 'S', 1, NULL);
    ae_atoms_column(a, "rho", 'R', 1, NULL);
    ae_atoms_column(a, "grain", 'I', 1, NULL);
    ae_atoms_column(a, "good", 'L', 1, NULL);
    ae_atoms_column(a, "v", 'R', 3, NULL);
    CHECK(!ae_atoms_resize(a, N, NULL));
    for (size_t i = 0; i < N; i++) {
        ae_atoms_set_text(ae_atoms_find(a, "species"), i, species[i]);
        ae_atoms_set_text(ae_atoms_find(a, "phase"), i, phase[i]);
        ae_atoms_find(a, "rho")->real[i] = rho[i];
        ae_atoms_find(a, "grain")->integer[i] = grain[i];
        ae_atoms_find(a, "good")->integer[i] = good[i];
        for (int k = 0; k < 3; k++) {
            a->pos[i][k] = pos[i][k];
            ae_atoms_find(a, "v")->real[3 * i + (size_t)k] = v[i][k];
        }
    }
}

static const struct {
    const char *text, *want;
} answer[] = {
    {"1", "11111"},
    {"0", "00000"},
    {"good", "10101"},
    {"!good", "01010"},
    {"rho", "10111"}, /* NaN is not true */
    {"!rho", "01000"},
    {"rho > 0.03", "10000"},
    {"rho >= 0.03", "10101"},
    {"rho < 0.03", "00010"},
    {"rho <= 0.03", "00111"},
    {"rho == 0.03", "00101"},
    {"rho != 0.03", "10010"},
    {"isnan(rho)", "01000"},
    {"!isnan(rho) && rho < 1", "10111"},
    {"rho == rho", "10111"},
    {"rho != rho", "00000"},
    {"phase == \"core\"", "11000"},
    {"phase != \"core\"", "00111"},
    {"phase == 'a-oxide'", "00101"},
    {"phase == \"nowhere\"", "00000"},
    {"\"core\" == phase", "11000"},
    {"species == phase", "00000"},
    {"phase == phase", "11111"},
    {"phase == \"core\" && rho > 0.03", "10000"},
    {"species == \"O\" || grain == 2", "01111"},
    {"in(phase, \"core\", \"void\")", "11010"},
    {"in(grain, 0, 1)", "10001"},
    {"!in(species, \"Zr\")", "01001"},
    {"in(\"core\", phase, species)", "11000"},
    {"x > 0", "01001"},
    {"x + y > 2", "00001"},
    {"x*x + y*y + z*z < 9", "11100"},
    {"pos[2] < 0", "00010"},
    {"v[1] == 2", "10001"},
    {"v[ 0 ] > v[2]", "00000"},
    {"v[0] + v[1] + v[2] == 6", "10001"},
    {"row", "01111"},
    {"row % 2 == 0", "10101"},
    {"row >= 2 && row < 4", "00110"},
    {"-2*3 == -6", "11111"},
    {"8/4/2 == 1", "11111"},
    {"7 - 4 - 2 == 1", "11111"},
    {"2 + 3*4 == 14", "11111"},
    {"(2 + 3)*4 == 20", "11111"},
    {"7 % 4 * 2 == 6", "11111"},
    {"-7 % 4 == -3", "11111"},
    {"--1 == 1", "11111"},
    {"2 - -1 == 3", "11111"},
    {"!!grain", "01111"},
    {"!good && grain == -1 || grain == 1", "01001"},
    {"grain == 1 || !good && grain == -1", "01001"},
    {"!(good && grain == 0)", "01111"},
    {"!good == 1", "01010"},
    {"1 || 0 && 0", "11111"},
    {"(1 || 0) && 0", "00000"},
    {"abs(z) == 3", "00010"},
    {"sqrt(x*x + y*y) == 5", "00001"},
    {"isnan(sqrt(-1 - x))", "11111"},
    {"min(x, y) == 3", "00001"},
    {"max(x, y, z) == 0", "10010"},
    {"floor(rho * 100) == 3", "00101"},
    {"floor(-0.5) == -1", "11111"},
    {"isnan(max(1, rho, 2))", "01000"},
    {"near(0, 0, 0, 2)", "11000"}, /* less, not equal */
    {"near(0, 0, 0, 2.001)", "11100"},
    {"near(x, y, z, 1e-9)", "11111"},
    {"plane(0,0,1, -3, 0)", "00010"}, /* -3 taken, 0 left out */
    {"plane(1,1,0, 1, 2)", "00100"},  /* 0, 0.707, 1.414, 0, 4.95 */
    {"plane(2,2,0, 1, 2)", "00100"},
    {"plane(0,1,0, 0,2,0, 0,2)", "00100"},
    {"plane(0,1,0, 0,2,0, -2,2.5)", "11111"},
    {"plane(0,0,0, -9,9)", "00000"},
    {"neighbours(1)", "00000"}, /* 0-1 are at 1: not less */
    {"neighbours(1.01) == 1", "11000"},
    {"neighbours(2.3) == 2", "11100"},
    {"neighbours(100) == 4", "11111"},
    {"neighbours(2 + .3) == 2", "11100"},
    {"1e-1 == .1 && 1.5E1 == 15. && 1e+2 == 100", "11111"},
    {" ( x ) == 1 ", "01000"},
    {"(x > 0) + (y > 0) == 2", "00001"},
    {"0 && sqrt(-1) || x/0 > 0", "01001"},
    {"0 * rho == 0", "10111"},
};

static const struct {
    const char *text;
    int column;
    const char *message;
} wrong[] = {
    {"", 1, "empty"},
    {"rho > ", 7, "ends"},
    {"phase ==", 9, "ends"},
    {"        phse == 1", 9,
        "no column 'phse'; the file has species pos phase rho grain good v"},
    {"phase > \"a\"", 7, "== and != only"},
    {"phase == 1", 7, "a text and a number"},
    {"phase + 1", 1, "text where + wants a number"},
    {"phase", 1, "is a text"},
    {"!phase == \"a\"", 2, "!(a == \"b\")"},
    {"1 < 2 < 3", 7, "a < b && b < c"},
    {"1 == 2 != 3", 8, "chain"},
    {"(1 + 2", 1, "not closed"},
    {"1 + 2)", 6, "no '('"},
    {"rho = 1", 5, "use =="},
    {"rho > 1 & x > 1", 9, "use &&"},
    {"rho > 1 | x > 1", 9, "use ||"},
    {"1 2", 3, "unexpected '2'"},
    {"1 + * 2", 5, "found '*'"},
    {"near(1,2,3)", 1, "near has 3 arguments; want near(x,y,z,r)"},
    {"near(1,2,3,4,5)", 1, "5 arguments"},
    {"plane(1,2,3,4,5,6)", 1, "6 arguments"},
    {"abs()", 1, "0 arguments"},
    {"min(1)", 1, "1 argument; want"},
    {"cos(1)", 1, "no function 'cos'; there are abs sqrt floor"},
    {"abs(phase)", 5, "text where abs"},
    {"abs(1", 4, "not closed"},
    {"in(phase, 1)", 11, "texts only or numbers only"},
    {"v > 1", 1, "3 components; write v[0]"},
    {"v[3] > 1", 3, "components 0 to 2"},
    {"v[x] > 1", 3, "components 0 to 2"},
    {"v[1 > 1", 5, "want ']'"},
    {"rho[1]", 5, "components 0 to 0"},
    {"1x", 1, "not a number"},
    {"1.2.3", 1, "not a number"},
    {"1e999", 1, "too large"},
    {"phase == \"core", 10, "without closing"},
    {"neighbours(x)", 12, "same radius"},
    {"neighbours(0)", 12, "above 0"},
    {"neighbours(1/0)", 12, "above 0"},
    {"x ! y", 3, "unexpected"},
    {"#", 1, "found '#'"},
    {"\xff\x01", 1, "no column"},
    {"phase == \"a\" && phase", 17, "text where &&"},
    {"-phase", 2, "text where -"},
};

static void masks(const struct ae_atoms *a)
{
    for (size_t i = 0; i < sizeof answer / sizeof *answer; i++) {
        unsigned char keep[N];
        struct ae_error err = {0};
        char got[N + 1] = "";
        int code = ae_expr_mask(answer[i].text, a, keep, &err);
        for (int k = 0; k < N && !code; k++)
            got[k] = (char)('0' + keep[k]);
        CHECK(!code && !strcmp(got, answer[i].want));
        if (code || strcmp(got, answer[i].want))
            printf("  %s: %s, want %s (%s)\n", answer[i].text, got,
                answer[i].want, err.msg);
    }
}

static void errors(const struct ae_atoms *a)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        unsigned char keep[N];
        struct ae_error err = {0};
        char start[32];
        snprintf(start, sizeof start, "column %d: ", wrong[i].column);
        int ok = ae_expr_mask(wrong[i].text, a, keep, &err) == AE_EUSAGE &&
                 !strncmp(err.msg, start, strlen(start)) &&
                 strstr(err.msg, wrong[i].message);
        CHECK(ok);
        if (!ok)
            printf("  %s: %s\n", wrong[i].text, err.msg);
    }
}

/* A random expression of numbers, twice: with the fewest parentheses that the
 * precedences allow, and with all. level: 0 ||, 1 &&, 2 comparison, 3 + -,
 * 4 * / %, 5 unary and leaves; an operand needs parentheses when its level is
 * below the one its place allows. */
static void random_pair(
    struct ae_rng *rng, int levels, int allowed, char *few, char *all)
{
    static const char *const leaf[] = {"x", "y", "z", "rho", "grain", "good",
        "v[1]", "row", "2", "0", "1.5", "abs(z)", "isnan(rho)",
        "near(0,0,0,2)"};
    static const char *const sign[5][6] = {{"||"}, {"&&"},
        {"==", "!=", "<", "<=", ">", ">="}, {"+", "-"}, {"*", "/", "%"}};
    static const int signs[5] = {1, 1, 6, 2, 3};
    char a[2][4000], b[2][4000];
    int level = levels ? (int)(ae_rng_below(rng, 7)) : 6;
    if (level == 6) {
        const char *text = leaf[ae_rng_below(rng, 14)];
        strcpy(few, text);
        strcpy(all, text);
    } else if (level == 5) {
        const char *s = ae_rng_below(rng, 2) ? "-" : "!";
        random_pair(rng, levels - 1, 5, a[0], a[1]);
        sprintf(few, "%s%s", s, a[0]);
        sprintf(all, "(%s(%s))", s, a[1]);
    } else {
        const char *s = sign[level][ae_rng_below(rng, (uint64_t)signs[level])];
        /* left-associative; comparisons do not chain */
        random_pair(rng, levels - 1, level + (level == 2), a[0], a[1]);
        random_pair(rng, levels - 1, level + 1, b[0], b[1]);
        const char *open = level < allowed ? "(" : "";
        sprintf(few, "%s%s %s %s%s", open, a[0], s, b[0], *open ? ")" : "");
        sprintf(all, "((%s)%s(%s))", a[1], s, b[1]);
    }
}

static void random_expressions(const struct ae_atoms *a)
{
    struct ae_rng *rng = ae_rng_new(7, 0);
    char few[4000], all[4000];
    int mixed = 0;
    for (int i = 0; i < 3000 && rng; i++) {
        unsigned char one[N], two[N];
        struct ae_error err = {0};
        random_pair(rng, 5, 0, few, all);
        CHECK(!ae_expr_mask(few, a, one, &err));
        CHECK(!ae_expr_mask(all, a, two, &err));
        CHECK(!memcmp(one, two, N));
        for (int k = 1; k < N; k++)
            mixed += one[k] != one[0];
    }
    CHECK(mixed > 500); /* the expressions do select */
    ae_rng_free(rng);
}

/* Long chains need no depth; nesting ends at 200. */
static void depth(const struct ae_atoms *a)
{
    enum { CHAIN = 3000 };
    static char text[8 * CHAIN];
    unsigned char keep[N];
    struct ae_error err = {0};
    char *at = text;
    for (int i = 0; i < CHAIN; i++)
        at += sprintf(at, "%sx==%d", i ? "||" : "", i % 4 + 1);
    CHECK(!ae_expr_mask(text, a, keep, &err));
    CHECK(!keep[0] && keep[1] && !keep[2] && !keep[3] && keep[4]);
    for (int n = 200; n <= 201; n++) {
        memset(text, '(', (size_t)n);
        text[n] = '1';
        memset(text + n + 1, ')', (size_t)n);
        text[2 * n + 1] = 0;
        CHECK((ae_expr_mask(text, a, keep, &err) == 0) == (n == 200));
    }
    CHECK(strstr(err.msg, "column 201: more than 200 levels"));
    memset(text, '(', sizeof text - 1); /* no crash on 24 kB of them */
    CHECK(ae_expr_mask(text, a, keep, &err) == AE_EUSAGE);
    memset(text, '-', sizeof text - 1);
    CHECK(ae_expr_mask(text, a, keep, &err) == AE_EUSAGE);
}

static void rows(const struct ae_atoms *a)
{
    size_t *row, n;
    CHECK(!ae_expr_rows("good", a, &row, &n, NULL));
    CHECK(n == 3 && row[0] == 0 && row[1] == 2 && row[2] == 4);
    free(row);
    CHECK(!ae_expr_rows("", a, &row, &n, NULL) && n == N);
    free(row);
    CHECK(ae_expr_rows("goo", a, &row, &n, NULL) && !row && !n);
}

int main(void)
{
    struct ae_atoms a;
    fill(&a);
    masks(&a);
    errors(&a);
    random_expressions(&a);
    depth(&a);
    rows(&a);
    ae_atoms_clear(&a);
    return checked();
}
