# bash completion for cowcheck

_cowcheck_programs() { "${COMP_WORDS[0]}" run --list 2>/dev/null | sed 's/ .*//'; }
_cowcheck_names() {
    "${COMP_WORDS[0]}" "$1" 2>/dev/null | awk '/^[^ ]/ { print $1 }'
}

_cowcheck() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=check word words=''
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
            designs | worlds | properties | replay | explain | reproduce | export | gate | ablate | coverage | prove | run | conform | selftest | history) command=$word && break ;;
        esac
    done
    COMPREPLY=()
    compopt +o default 2>/dev/null
    case $previous in
        --design) words=$(_cowcheck_names designs) ;;
        --world | --also-world) words=$(_cowcheck_names worlds) ;;
        --property) words=$(_cowcheck_names properties) ;;
        --why) words=$(_cowcheck_names designs) ;;
        --concurrency) words='1 2 3 all' ;;
        --format)
            case $command in
                replay) words='text columns html svg markdown mermaid itf trace json' ;;
                gate) words='text html json markdown junit ktap sarif' ;;
                coverage) words='text json lcov' ;;
                ablate) words='text json markdown' ;;
                selftest) words='ktap json' ;;
                history) words='text markdown' ;;
                *) words='text json' ;;
            esac
            ;;
        --against) words=$(_cowcheck_names designs) ;;
        --waive) words=$(_cowcheck_names properties) ;;
        --because) return ;;
        --to) words='promela' ;;
        --output | --smt2 | --resume)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --traces | --trace-dir | --keep | --checkpoint)
            mapfile -t COMPREPLY < <(compgen -d -- "$current")
            return
            ;;
        --depth | --threads | --budget | --handler | --line | --shard | --max-states | --max-memory | --max-time | --solver-timeout | --every | --made-worlds) return ;;
        show) words=$(_cowcheck_names "$command") ;;
        *)
            if [[ $command == history && ${COMP_WORDS[COMP_CWORD - 2]} == --why ]]; then
                command=why
            fi
            case $command in
                why) words=$(_cowcheck_names properties) ;;
                designs | worlds | properties) words='show' ;;
                replay) words='--step --format --at --output --design --world --property' ;;
                explain) words='--output --design --world --property' ;;
                reproduce) words='--output --kernel --seconds --design --world --property' ;;
                gate | coverage)
                    words='--world --depth --concurrency --threads --max-states --max-memory
                        --max-time --format --property --also-world'
                    if [[ $command == gate ]]; then
                        words+=' --against --waive --because --update --traces --list --output --made-worlds'
                    else
                        words+=' --no-reduction'
                    fi
                    [[ $current == -* ]] || words+=" $(_cowcheck_names designs)"
                    ;;
                ablate)
                    words='--handler --line --shard --world --property --depth --concurrency
                        --budget --threads --max-memory --max-time --format --resume --keep --traces'
                    [[ $current == -* ]] || words+=" $(_cowcheck_names designs)"
                    ;;
                prove)
                    words="--format --smt2 --solver-timeout $(_cowcheck_names designs)"
                    ;;
                run)
                    words='--design --format --trace-dir --max-states --max-time --list'
                    [[ $current == -* ]] || words+=" $(_cowcheck_programs)"
                    ;;
                conform)
                    words='--kernel --host --random --seed --keep --design --repeat --timeout
                        --max-states --format'
                    [[ $current == -* ]] || words+=" $(_cowcheck_programs)"
                    ;;
                selftest) words='--design --format' ;;
                history) words='--why --format --threads' ;;
                export)
                    words='--to --design --world --property --depth --concurrency --output'
                    ;;
                *)
                    words='--depth --concurrency --design --world --property --threads
                        --max-states --max-memory --max-time --solver-timeout --checkpoint --every
                        --traces --format --no-reduction --no-symmetry --help --version'
                    ((COMP_CWORD == 1)) && words+=' check designs worlds properties replay explain reproduce export gate ablate coverage prove run conform selftest history'
                    ;;
            esac
            ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    # Where a name may stand, a file may stand as well.
    case $previous in
        --design | --world | --also-world | --property | --against | replay | explain | reproduce | gate | ablate | coverage | prove | run | conform | --kernel | selftest) compopt -o default 2>/dev/null ;;
    esac
    if [[ ($previous == replay || $previous == explain || $previous == reproduce) && $current != -* ]]; then
        COMPREPLY=()
    fi
}

complete -F _cowcheck cowcheck
