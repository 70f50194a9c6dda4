#!/usr/bin/env bash
# The completion scripts are accepted by their shells, and complete commands and options.
. "$(dirname "$0")/lib.sh"

varve completion bash >"$work/completion"
# completes LINE WORD...: what the last word of the line becomes has the words.
completes() {
  local line=$1 answers
  answers=$(bash -c '
    . "$1"
    compopt() { :; } # works inside of a completion only
    COMP_LINE=$2; COMP_POINT=${#2}
    read -ra COMP_WORDS <<<"$2"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _complete_varve
    printf "%s\n" "${COMPREPLY[@]}"' bash "$work/completion" "$line")
  shift
  for word; do grep -qx -- "$word" <<<"$answers" || die "no $word for '$line' among: $answers"; done
}
completes "varve im" import images image
completes "varve vol" volumes volume
completes "varve l" launch
completes "varve volume g" grow
completes "varve volume create --s" --size --store
completes "varve snapshot c" create
completes "varve instance t" terminate
completes "varve launch --c" --count
varve completion zsh >"$work/completion.zsh"
zsh -fc "autoload -U compinit && compinit -u -d $work/dump && . $work/completion.zsh && whence _complete_varve" \
  >/dev/null || die "zsh does not take it"
