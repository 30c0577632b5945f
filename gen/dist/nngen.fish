# fish completion for nngen. Options come from its own help, so that they are never out of date.
function __nngen_options
    nngen --help 2>/dev/null | string replace -rf '^  (--[a-z-]+)\S*( [A-Z]\S*)? +(.*)' '$1\t$3'
end
function __nngen_commands
    nngen --help 2>/dev/null | string replace -rf '^       nngen ([a-z]+) .*  +(.*)' '$1\t$2'
end
function __nngen_operators
    nngen --list-ops 2>/dev/null | string match -rv '^#' | string replace -r '\s.*' ''
end
function __nngen_after
    contains -- (commandline -opc)[-1] $argv
end
complete -c nngen -n 'string match -q -- "-*" (commandline -ct)' -f -a '(__nngen_options)'
complete -c nngen -n 'test (count (commandline -opc)) -eq 1' -f -a '(__nngen_commands)'
complete -c nngen -n '__nngen_after --ops --contain --avoid' -f -a '(__fish_append , (__nngen_operators))'
complete -c nngen -n '__nngen_after --purpose' -f -a 'parsers runtimes'
complete -c nngen -n '__nngen_after --opset' -f -a '(seq 13 28)'
complete -c nngen -n '__nngen_after --profile' -f -a '(nngen --profile "?" --list-ops 2>&1 | string replace -rf ".*expected ([^;]*).*" "\$1" | string split ", ")'
complete -c nngen -n '__nngen_after --manner' -f -a '(nngen --manner "?" --dry-run 2>&1 | string replace -rf ".*expected (.*)" "\$1" | string replace " or " ", " | string split ", ")'
complete -c nngen -n '__nngen_after --out --specs --index' -x -a '(__fish_complete_directories)'
