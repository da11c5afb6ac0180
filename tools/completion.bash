# Completes the command lines of fanfold and dlfs in bash: commands and options as their
# --help has them, otherwise files.

_fanfold() {
  local word=${COMP_WORDS[COMP_CWORD]} command=() i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      -*) ;;
      *)
        command=("${COMP_WORDS[i]}")
        break
        ;;
    esac
  done
  local help
  help=$("${COMP_WORDS[0]}" "${command[@]}" --help 2> /dev/null) || return
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(grep -oE '(^|[ ,])--?[a-zA-Z][a-z-]*' <<< "$help" | tr -d ' ,')" -- "$word")
  elif [ ${#command[@]} -eq 0 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<< "$help")" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -o filenames -F _fanfold fanfold dlfs
