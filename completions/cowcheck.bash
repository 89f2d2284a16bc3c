# bash completion for cowcheck

_cowcheck_names() {
    "${COMP_WORDS[0]}" "$1" 2>/dev/null | awk '{ print $1 }'
}

_cowcheck() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=check word words=''
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
            designs | worlds | properties | replay | export | prove) command=$word && break ;;
        esac
    done
    COMPREPLY=()
    compopt +o default 2>/dev/null
    case $previous in
        --design) words=$(_cowcheck_names designs) ;;
        --world) words=$(_cowcheck_names worlds) ;;
        --property) words=$(_cowcheck_names properties) ;;
        --concurrency) words='1 2 3 all' ;;
        --format) [[ $command == replay ]] && words='text columns json' || words='text json' ;;
        --to) words='promela' ;;
        --output | --smt2)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --traces)
            mapfile -t COMPREPLY < <(compgen -d -- "$current")
            return
            ;;
        --depth | --threads | --max-states | --max-memory | --max-time | --solver-timeout) return ;;
        show) words=$(_cowcheck_names "$command") ;;
        *)
            case $command in
                designs | worlds | properties) words='show' ;;
                replay) words='--format --design --world --property' ;;
                prove)
                    words="--format --smt2 --solver-timeout $(_cowcheck_names designs)"
                    ;;
                export)
                    words='--to --design --world --property --depth --concurrency --output'
                    ;;
                *)
                    words='--depth --concurrency --design --world --property --threads
                        --max-states --max-memory --max-time --traces --format
                        --no-reduction --no-symmetry --help --version'
                    ((COMP_CWORD == 1)) && words+=' check designs worlds properties replay export prove'
                    ;;
            esac
            ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    # Where a name may stand, a file may stand as well.
    case $previous in
        --design | --world | --property | replay | prove) compopt -o default 2>/dev/null ;;
    esac
    if [[ $previous == replay && $current != -* ]]; then
        COMPREPLY=()
    fi
}

complete -F _cowcheck cowcheck
