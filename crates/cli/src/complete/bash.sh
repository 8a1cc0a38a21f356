# Bash takes a line apart at `:`, `=` and `@`, which stand inside of our words: they are put together again before the
# program is asked, and of each proposal only what bash would replace is handed back.
_promptuary() {
    local line=${COMP_LINE:0:COMP_POINT} rest before word i word_breaks=':=@'
    local words=() joined=
    rest=$line
    for (( i = 0; i <= COMP_CWORD; i++ )); do
        word=${COMP_WORDS[i]}
        before=${rest%%[![:space:]]*}
        rest=${rest#"$before"}
        # What stands after the cursor is no part of what is completed.
        (( i == COMP_CWORD )) && word=$rest
        if (( i > 0 )) && [[ -z $before ]] && [[ $word == ["$word_breaks"]* || $joined == *["$word_breaks"] ]]; then
            joined+=$word
        else
            (( i > 0 )) && words+=("$joined")
            joined=$word
        fi
        rest=${rest#"$word"}
    done
    # Nothing is taken apart inside of quotes, and bash keeps the opening one itself.
    local current=$joined kept=
    case $current in
        [\"\']*) current=${current:1} ;;
        *["$word_breaks"]*)
            # Only what this shell does take apart: COMP_WORDBREAKS is the user's.
            rest=$current
            while [[ -n $rest && $COMP_WORDBREAKS != *"${rest:${#rest}-1}"* ]]; do rest=${rest%?}; done
            # Of these, readline counts an `@` to the word that it begins.
            [[ $rest == *["$word_breaks"] ]] && kept=${rest%@}
            ;;
    esac
    words+=("$current")
    local IFS=$'\013' index=$(( ${#words[@]} - 1 ))
    COMPREPLY=( $(_CLAP_IFS=$IFS _CLAP_COMPLETE_INDEX=$index VARIABLE=bash promptuary -- "${words[@]}" 2>/dev/null) ) || COMPREPLY=()
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/:,] ]]; then
        compopt -o nospace 2>/dev/null
    fi
    for i in "${!COMPREPLY[@]}"; do
        COMPREPLY[i]=${COMPREPLY[i]#"$kept"}
    done
}
if (( BASH_VERSINFO[0] > 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 4) )); then
    complete -o bashdefault -o nosort -F _promptuary promptuary
else
    complete -o bashdefault -F _promptuary promptuary
fi
