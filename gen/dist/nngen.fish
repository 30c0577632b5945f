# fish completion for nngen. Options come from its own help, so that they are never out of date.
function __nngen_options
    set -l command (commandline -opc)[2]
    contains -- "$command" (__nngen_commands | string replace -r '\t.*' ''); or set command
    nngen $command --help 2>/dev/null | string replace -rf '^  (--[a-z-]+)\S*( [A-Z]\S*)? +(.*)' '$1\t$3'
end
function __nngen_commands
    nngen --help 2>/dev/null | string replace -rf '^       nngen ([a-z]+) .*  +(.*)' '$1\t$2'
end
function __nngen_operators
    nngen --list-ops 2>/dev/null | string match -rv '^#' | string replace -r '\s.*' ''
end
# The words that an option allows, from its own message.
function __nngen_words
    nngen $argv[1] "?" --dry-run 2>&1 | string replace -rf ".*expected (a list of )?([^;]*)" "\$2" | string replace -r ", separated.*" "" | string replace " or " ", " | string replace -a "," " " | string split -n " "
end
function __nngen_after
    contains -- (commandline -opc)[-1] $argv
end
complete -c nngen -n 'string match -q -- "-*" (commandline -ct)' -f -a '(__nngen_options)'
complete -c nngen -n 'test (count (commandline -opc)) -eq 1' -f -a '(__nngen_commands)'
complete -c nngen -n '__nngen_after --ops --contain --avoid' -f -a '(__fish_append , (__nngen_operators))'
complete -c nngen -n '__nngen_after --purpose' -f -a 'parsers runtimes'
complete -c nngen -n '__nngen_after --dynamic' -f -a 'batch'
complete -c nngen -n '__nngen_after --opset' -f -a '(seq 13 28)'
complete -c nngen -n '__nngen_after --profile' -f -a '(nngen --profile "?" --list-ops 2>&1 | string replace -rf ".*expected ([^;]*).*" "\$1" | string split ", ")'
complete -c nngen -n '__nngen_after --manner' -f -a '(nngen --manner "?" --dry-run 2>&1 | string replace -rf ".*expected (.*)" "\$1" | string replace " or " ", " | string split ", ")'
complete -c nngen -n '__nngen_after --out --specs --index' -x -a '(__fish_complete_directories)'
complete -c nngen -n '__nngen_after --inputs; and contains -- reduce (commandline -opc)[2]' -x -a '(__fish_complete_directories)'
complete -c nngen -n '__nngen_after --cover' -f -a '(__nngen_words --cover)'
for option in --types --input-mode --input-format
    complete -c nngen -n "__nngen_after $option" -f -a "(__fish_append , (__nngen_words $option))"
end
complete -c nngen -n '__nngen_after --motifs' -f -a '(__fish_append , none like manner (nngen --list-motifs 2>/dev/null | string match -rv "^#" | string replace -r "\s.*" ""))'
