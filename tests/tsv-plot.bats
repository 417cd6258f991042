load helpers

setup() {
    printf '#r (A)\tg\tn\tname\n1\t0.5\t3\ta\n2\tnan\t4\tb\n3\t2\t9\tc\n4\t1\t1\td\n' > t.tsv
}

@test "tsv-plot: axes and curves have the header's names" {
    tsv-plot --format svg t.tsv > p.svg
    grep -qF 'r (A)' p.svg
    grep -q '>g<' p.svg
    grep -q '>n<' p.svg
    [ "$(grep -c 'id="gnuplot_plot_' p.svg)" -eq 2 ]
    [ "$(grep -cF '>name<' p.svg)" -eq 0 ]
}

@test "tsv-plot: the format follows the name of -o" {
    tsv-plot --y g -o p.png t.tsv
    [ "$(od -An -N 4 -t x1 p.png | tr -d ' ')" = 89504e47 ]
    [ "$(od -An -j 16 -N 8 -t u1 p.png | awk '{ print $3 * 256 + $4, $7 * 256 + $8 }')" = "900 600" ]
    tsv-plot --y g --size 310,205 < t.tsv > q.png
    [ "$(od -An -j 16 -N 8 -t u1 q.png | awk '{ print $3 * 256 + $4, $7 * 256 + $8 }')" = "310 205" ]
    tsv-plot --y g -o p.txt t.tsv
    grep -qF 'r (A)' p.txt
    tsv-plot --y g -o p.svg t.tsv
    grep -q '<svg' p.svg
}

@test "tsv-plot: names of text stand below bars, marks have labels" {
    printf '#position\tlabel\n1.5\tit'"'"'s a $(mark) `x`\n' > m.tsv
    tsv-plot --x name --y n --style bars --format svg t.tsv > p.svg
    for name in a b c d; do grep -q ">$name<" p.svg; done
    tsv-plot --y n --marks m.tsv --format svg --title '"; system "touch hacked' t.tsv > p.svg
    grep -q "s a \$(mark)" p.svg
    [ ! -e hacked ]
}

@test "tsv-plot: the range and the logarithm reach the axis" {
    tsv-plot --y n --log y --xrange 0,50 --format svg t.tsv > p.svg
    grep -Eq '> *50<' p.svg
    grep -Eq '> *10<' p.svg
}

@test "tsv-plot: what is refused leaves no picture" {
    run -2 tsv-plot --y h -o p.png t.tsv
    [ "$output" = "tsv-plot: no column 'h'; the table has r (A), g, n, name" ]
    run -2 tsv-plot --y name -o p.png t.tsv
    [[ "$output" == *"holds text"* ]]
    run -2 tsv-plot --xrange 3,1 -o p.png t.tsv
    [[ "$output" == *"3 is not below 1"* ]]
    printf '#a\tb\n' > empty.tsv
    run -1 tsv-plot -o p.png empty.tsv
    [[ "$output" == *"no rows to plot"* ]]
    printf '#a\tb\n1\tnan\n' > nan.tsv
    run -1 tsv-plot -o p.png nan.tsv
    [[ "$output" == *"tsv-plot: gnuplot:"* ]]
    [ "$(printf '%s\n' "$output" | wc -l)" -eq 1 ]
    tool=$(command -v tsv-plot)
    PATH=/nowhere run -1 "$tool" -o p.png t.tsv
    [[ "$output" == *"cannot run gnuplot"*"install gnuplot"* ]]
    [ ! -e p.png ]
}
