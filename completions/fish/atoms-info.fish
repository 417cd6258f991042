# made by make completions
complete -c atoms-info -l json -d 'JSON for programs instead of lines'
complete -c atoms-info -l help -s h -d 'print this help'
complete -c atoms-info -l version -d 'print the version'
complete -c atoms-info -l verbose -s v -d 'say on stderr what was done'
complete -c atoms-info -l quiet -s q -d 'no warnings'
complete -c atoms-info -l threads -s j -r -d 'threads, 0 for all cores; results do not depend on it'
complete -c atoms-info -l output -s o -r -d 'write here instead of stdout; whole or not at all'
complete -c atoms-info -l no-history -d 'leave this run out of the history'
