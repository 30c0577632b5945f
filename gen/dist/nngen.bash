# bash completion for nngen. Options come from its own help, so that they are never out of date.
_nngen()
{
    local cur prev words cword split
    _init_completion -s || return
    if [[ ${words[1]} == reduce ]]; then
        local at
        for ((at = 2; at < cword; at++)); do
            [[ ${words[at]} == -- ]] && { _command_offset $((at + 1)); return; }
        done
        case $prev in
            --inputs) _filedir -d; return ;;
            --values) _filedir; return ;;
            --timeout) return ;;
            --tape) prev= ;; # has no value here
        esac
    fi
    case $prev in
        --out | --specs | --against | --like | --index) _filedir -d; return ;;
        --weights | --tape | --score | --given) _filedir; return ;;
        --purpose) COMPREPLY=($(compgen -W 'parsers runtimes' -- "$cur")); return ;;
        --types | --input-mode | --input-format | --motifs)
            local done= words
            case $cur in *,*) done=${cur%,*}, ;; esac
            case $prev in
                --motifs) words="none like manner $(nngen --list-motifs 2>/dev/null | sed '/^#/d; s/[[:space:]].*//')" ;;
                *) words=$(nngen "$prev" '?' --dry-run 2>&1 | sed -n 's/, separated.*//; s/ or / /; s/ a list of / /; s/,/ /g; s/.*expected //p') ;;
            esac
            COMPREPLY=($(compgen -P "$done" -W "$words" -- "${cur##*,}"))
            compopt -o nospace
            return ;;
        --cover) COMPREPLY=($(compgen -W "$(nngen --cover '?' --dry-run 2>&1 | sed -n 's/ or / /; s/,//g; s/.*expected //p')" -- "$cur")); return ;;
        --format) COMPREPLY=($(compgen -W "$(nngen "${words[1]}" --help 2>/dev/null | sed -n '/^Usage/,/^$/s/.*--format \([a-z|]*\).*/\1/p' | tr '|' ' ')" -- "$cur")); return ;;
        --ops | --contain | --avoid)
            local done=
            case $cur in *,*) done=${cur%,*}, ;; esac
            COMPREPLY=($(compgen -P "$done" -W "$(nngen --list-ops 2>/dev/null | sed '/^#/d; s/[[:space:]].*//')" -- "${cur##*,}"))
            compopt -o nospace
            return ;;
        --profile) COMPREPLY=($(compgen -W "$(nngen --profile '?' --list-ops 2>&1 | sed -n 's/;.*//; s/,//g; s/.*expected //p')" -- "$cur")); return ;;
        --manner) COMPREPLY=($(compgen -W "$(nngen --manner '?' --dry-run 2>&1 | sed -n 's/ or / /; s/,//g; s/.*expected //p')" -- "$cur")); return ;;
        --dynamic) COMPREPLY=($(compgen -W 'batch' -- "$cur")); return ;;
        --trace-summary) COMPREPLY=($(compgen -W 'text json' -- "$cur")); return ;;
        --list-ops) COMPREPLY=($(compgen -W 'text json markdown' -- "$cur")); return ;;
        --list-motifs) COMPREPLY=($(compgen -W 'text json' -- "$cur")); return ;;
        --opset) COMPREPLY=($(compgen -W '{7..28}' -- "$cur")); return ;;
        --nodes | --common | --count | --seed | --inputs | --max-elements | --max-dim | --max-window | --max-rank | --constants | --jobs | --shard | --trace | --strength | --tries | --dim | --set | --max-bytes | --max-work) return ;;
    esac
    $split && return
    if [[ $cur == -* ]]; then
        case " $(nngen --help 2>/dev/null | sed -n 's/^       nngen \([a-z]*\).*/\1/p' | tr '\n' ' ')" in
            *" ${words[1]} "*) COMPREPLY=($(compgen -W "$(nngen "${words[1]}" --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p')" -- "$cur")) ;;
            *) COMPREPLY=($(compgen -W "$(_parse_help nngen)" -- "$cur")) ;;
        esac
    elif [[ $cword -eq 1 ]]; then
        COMPREPLY=($(compgen -W "$(nngen --help 2>/dev/null | sed -n 's/^       nngen \([a-z]*\).*/\1/p')" -- "$cur"))
    else
        _filedir
    fi
} && complete -F _nngen nngen
