# bash completion for cowcheck

_cowcheck_names() {
    "${COMP_WORDS[0]}" "$1" 2>/dev/null | awk '{ print $1 }'
}

_cowcheck() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=check word words=''
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
            designs | worlds | properties | replay | export | selftest | history) command=$word && break ;;
        esac
    done
    COMPREPLY=()
    compopt +o default 2>/dev/null
    case $previous in
        --design) words=$(_cowcheck_names designs) ;;
        --world) words=$(_cowcheck_names worlds) ;;
        --property) words=$(_cowcheck_names properties) ;;
        --why) words=$(_cowcheck_names designs) ;;
        --concurrency) words='1 2 3 all' ;;
        --format)
            words='text json'
            [[ $command == replay ]] && words='text columns json'
            [[ $command == selftest ]] && words='ktap json'
            [[ $command == history ]] && words='text markdown'
            ;;
        --to) words='promela' ;;
        --output)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --traces)
            mapfile -t COMPREPLY < <(compgen -d -- "$current")
            return
            ;;
        --depth | --threads | --max-states | --max-memory | --max-time) return ;;
        show) words=$(_cowcheck_names "$command") ;;
        *)
            if [[ $command == history && ${COMP_WORDS[COMP_CWORD - 2]} == --why ]]; then
                command=why
            fi
            case $command in
                why) words=$(_cowcheck_names properties) ;;
                designs | worlds | properties) words='show' ;;
                replay) words='--format --design --world --property' ;;
                selftest) words='--design --format' ;;
                history) words='--why --format --threads' ;;
                export)
                    words='--to --design --world --property --depth --concurrency --output'
                    ;;
                *)
                    words='--depth --concurrency --design --world --property --threads
                        --max-states --max-memory --max-time --traces --format
                        --no-reduction --no-symmetry --help --version'
                    ((COMP_CWORD == 1)) && words+=' check designs worlds properties replay export selftest history'
                    ;;
            esac
            ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    # Where a name may stand, a file may stand as well.
    case $previous in
        --design | --world | --property | replay) compopt -o default 2>/dev/null ;;
    esac
    if [[ $previous == replay && $current != -* ]]; then
        COMPREPLY=()
    fi
}

complete -F _cowcheck cowcheck
