/* SPDX-License-Identifier: BSD-2-Clause
 * The command line against an option table; keys, tables, atoms of base. */
#include <string.h>
#include "base/atoms.h"
#include "base/history.h"
#include "base/parse.h"
#include "base/table.h"
#include "base/threads.h"
#include "check.h"

static double rmax;
static long count;
static int flag, choice;
static const char *by;
static struct ae_reals list;
static const struct ae_opt opts[] = {
    AE_REAL('r', "rmax", &rmax, "angstrom", "20", 0.1, 1e4, "distance"),
    AE_INT('n', "count", &count, "N", "3", 0, 10, "number"),
    AE_FLAG('f', "flag", &flag, "a flag"),
    AE_CHOICE(0, "kind", &choice, "none|linear|spline", "linear", "kind"),
    AE_STR('b', "by", &by, "COLUMN", "", "column"),
    AE_REALS(0, "list", &list, "x,y", "1,2.5", -100, 100, "numbers"),
    AE_END_OPTS,
};
static int twin;
static const struct ae_opt common[] = {AE_FLAG('v', "verbose", &twin, "talk"),
    AE_END_OPTS};

/* words separated by | */
static int parse(const char *line, struct ae_command *command,
    struct ae_error *err)
{
    static char copy[200];
    char *argv[20] = {"tool"};
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *at = copy; *line; at = NULL) {
        char *word = strtok(at, "|");
        if (!word)
            break;
        argv[argc++] = word;
    }
    return ae_parse(opts, common, argc, argv, command, err);
}

static void good(const char *line)
{
    struct ae_command c;
    struct ae_error err = {0};
    int code = parse(line, &c, &err);
    if (code)
        printf("%s: %s\n", line, err.msg);
    CHECK(code == AE_OK);
    ae_command_clear(&c);
}

static void bad(const char *line, const char *message)
{
    struct ae_command c;
    struct ae_error err = {0};
    CHECK(parse(line, &c, &err) == AE_EUSAGE);
    if (!strstr(err.msg, message))
        printf("%s: '%s'\n", line, err.msg);
    CHECK(strstr(err.msg, message) != NULL);
    ae_command_clear(&c);
}

static void options(void)
{
    good("");
    CHECK(rmax == 20 && count == 3 && !flag && choice == 1 && !*by);
    CHECK(list.n == 2 && list.v[1] == 2.5);
    good("-r|2.385");
    CHECK(rmax == 2.385);
    good("-r7.5|-fv|-n|4");
    CHECK(rmax == 7.5 && flag && twin && count == 4);
    good("--rmax=8|--kind|spline|--list|-1,-2.5e1,3|--by|-30");
    CHECK(rmax == 8 && choice == 2 && list.n == 3 && list.v[1] == -25);
    CHECK(!strcmp(by, "-30"));
    bad("-r|0.05", "from 0.1 to 10000 (angstrom), got '0.05'");
    bad("-r|1e", "--rmax");
    bad("-r|0x10", "--rmax");
    bad("-r| 1", "--rmax");
    bad("-n|2.5", "a whole number from 0 to 10");
    bad("-n|11", "--count");
    bad("--kind|cubic", "one of none|linear|spline, got 'cubic'");
    bad("--list|1,,2", "--list");
    bad("--list|1,200", "--list");
    bad("--flag=3", "takes no value");
    bad("--rmax", "needs a value");
    bad("-z", "unknown option '-z'");
    bad("--ver", "unknown option '--ver'");
}

static void operands(void)
{
    struct ae_command c;
    struct ae_error err;
    static const struct ae_about two = {"t", "s", "A B", opts, 0};
    static const struct ae_about any = {"t", "s", "[FILE]", opts, 0};
    static const struct ae_about many = {"t", "s", "FILE...", opts, 0};
    CHECK(!parse("a|-f|b|--|-c", &c, &err) && c.noperand == 3);
    CHECK(!strcmp(c.operand[2], "-c"));
    CHECK(ae_parse_complete(&two, &c, &err) == AE_EUSAGE);
    CHECK(ae_parse_complete(&many, &c, &err) == AE_OK);
    CHECK(ae_parse_complete(&any, &c, &err) == AE_EUSAGE);
    ae_command_clear(&c);
    CHECK(!parse("-", &c, &err) && c.noperand == 1);
    CHECK(ae_parse_complete(&any, &c, &err) == AE_OK);
    CHECK(ae_parse_complete(&two, &c, &err) == AE_EUSAGE);
    ae_command_clear(&c);
}

static void history(void)
{
    struct ae_keys keys = {0};
    CHECK(!ae_history_append(&keys, "one") && !ae_history_append(&keys, "two"));
    CHECK(ae_history_count(&keys) == 2);
    CHECK(!strcmp(ae_history_entry(&keys, 2), "two"));
    ae_keys_drop(&keys, "aetools_history_1");
    CHECK(ae_history_count(&keys) == 0 && keys.n == 1);
    ae_keys_clear(&keys);
    char text[64] = "";
    CHECK(!ae_shell_quote(text, sizeof text, "plain-1.5") &&
        !ae_shell_quote(text, sizeof text, "it's") &&
        !ae_shell_quote(text, sizeof text, ""));
    CHECK(!strcmp(text, "plain-1.5 'it'\\''s' ''"));
    char small[8] = "";
    CHECK(ae_shell_quote(small, sizeof small, "too long for it") == -1);
    char quoted[340];
    CHECK(!strcmp(ae_quote(quoted, "a\tb\001"), "a\\x09b\\x01"));
}

static void atoms(void)
{
    struct ae_atoms a = {0}, b = {0}, picked = {0};
    struct ae_error err;
    struct ae_column *col;
    CHECK(!ae_atoms_new(&a, &err) && !ae_atoms_resize(&a, 3, &err));
    CHECK((col = ae_atoms_column(&a, "tag", 'I', 2, &err)) != NULL);
    for (int i = 0; i < 3; i++) {
        a.pos[i][0] = 1.5 * i;
        col->integer[2 * i + 1] = 10 + i;
        ae_atoms_set_text(ae_atoms_find(&a, "species"), (size_t)i,
            i ? "Zr" : "O");
    }
    CHECK(ae_atoms_need(&a, "tag", 'R', 1, &col, &err) == AE_EDATA);
    CHECK(ae_atoms_need(&a, "no", 'R', 1, &col, &err) == AE_EDATA);
    CHECK(!strcmp(err.msg, "no column 'no'; the file has species pos tag"));
    const size_t row[] = {2, 0, 2};
    CHECK(!ae_atoms_pick(&picked, &a, row, 3, &err) && picked.n == 3);
    CHECK(picked.pos[1][0] == 0 && picked.pos[2][0] == 3);
    CHECK(ae_atoms_find(&picked, "tag")->integer[1] == 12);
    CHECK(!strcmp(ae_atoms_text(ae_atoms_find(&picked, "species"), 1), "O"));
    CHECK(!ae_atoms_new(&b, &err) && !ae_atoms_resize(&b, 1, &err));
    ae_atoms_column(&b, "w", 'R', 1, &err)->real[0] = 7;
    CHECK(!ae_atoms_append(&a, &b, &err) && a.n == 4);
    CHECK(isnan(ae_atoms_find(&a, "w")->real[0]));
    CHECK(ae_atoms_find(&a, "w")->real[3] == 7);
    CHECK(ae_atoms_find(&a, "tag")->integer[7] == -1);
    ae_atoms_drop(&a, "tag");
    CHECK(!ae_atoms_find(&a, "tag") && a.pos[2][0] == 3);
    ae_atoms_clear(&a);
    ae_atoms_clear(&b);
    ae_atoms_clear(&picked);
    ae_atoms_clear(&a);
}

/* Sums of 1e6 numbers: the same bits for any number of threads, and right. */
static void sums(void)
{
    enum { N = 1000003 };
    static float x[N];
    double sq = 0;
    for (int i = 0; i < N; i++) {
        x[i] = (float)(i % 1013) * 0.37f - 100;
        sq += (double)x[i] * (double)x[i];
    }
    ae_set_threads(1);
    double one = ae_sum_sq(x, N), dot = ae_dot(x, x, N);
    ae_set_threads(3);
    CHECK(ae_sum_sq(x, N) == one && ae_dot(x, x, N) == dot && dot == one);
    NEAR(one / sq, 1, 1e-10);
    CHECK(ae_sum_abs_diff(x, x, N) == 0 && ae_sum_sq_diff(x, x, N) == 0);
}

static void table(void)
{
    struct ae_table t;
    struct ae_error err;
    const char *const name[] = {"r (A)", "g", "dx_px"};
    const char *const row[] = {"1.5", "x", "nan"};
    double v;
    CHECK(!ae_table_new(&t, 3, name, &err) && !ae_table_row(&t, row, &err));
    CHECK(ae_table_find(&t, "r") == 0 && ae_table_find(&t, "dx") == 2);
    CHECK(ae_table_find(&t, "d") == -1 && ae_table_find(&t, "r (A)") == 0);
    CHECK(!ae_table_real(&t, 0, 0, &v, &err) && v == 1.5);
    CHECK(ae_table_real(&t, 0, 1, &v, &err) == AE_EDATA);
    CHECK(!ae_table_real(&t, 0, 2, &v, &err) && isnan(v));
    ae_table_clear(&t);
    ae_table_clear(&t);
}

int main(void)
{
    options();
    operands();
    history();
    atoms();
    sums();
    table();
    return checked();
}
