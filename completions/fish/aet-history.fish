# made by make completions
complete -c aet-history -l script -s s -d 'print a shell pipeline that runs'
complete -c aet-history -l help -s h -d 'print this help'
complete -c aet-history -l version -d 'print the version'
complete -c aet-history -l verbose -s v -d 'say on stderr what was done'
complete -c aet-history -l quiet -s q -d 'no warnings'
complete -c aet-history -l threads -s j -r -d 'threads, 0 for all cores; results do not depend on it'
complete -c aet-history -l output -s o -r -d 'write here instead of stdout; whole or not at all'
complete -c aet-history -l no-history -d 'leave this run out of the history'
