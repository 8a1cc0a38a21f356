#compdef promptuary
# Each line of the program is a proposal with its colons escaped, and after a bare colon what it means.
_promptuary() {
    local line value
    local -a ended open
    for line in "${(@f)$(_CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$(( CURRENT - 1 )) VARIABLE=zsh promptuary -- "${(@Q)words}" 2>/dev/null)}"; do
        # One that ends so goes on: no blank follows it.
        value=${line//\\:/$'\1'}
        case ${value%%:*} in
            '') ;;
            *[=/,$'\1']) open+=("$line") ;;
            *) ended+=("$line") ;;
        esac
    done
    (( $#ended )) && _describe -V 'values' ended
    (( $#open )) && _describe -V 'values' open -S ''
}
compdef _promptuary promptuary
