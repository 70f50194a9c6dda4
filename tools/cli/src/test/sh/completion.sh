#!/usr/bin/env bash
# The completion scripts are accepted by their shells, and complete commands and options.
. "$(dirname "$0")/lib.sh"

varve completion bash >"$work/completion"
answers=$(bash -c '
  . "$1"
  compopt() { :; } # works inside of a completion only
  COMP_WORDS=(varve im); COMP_CWORD=1; COMP_LINE="varve im"; COMP_POINT=8
  _complete_varve
  printf "%s\n" "${COMPREPLY[@]}"' bash "$work/completion")
grep -qx import <<<"$answers" || die "no import among: $answers"
grep -qx images <<<"$answers" || die "no images among: $answers"
varve completion zsh >"$work/completion.zsh"
zsh -fc "autoload -U compinit && compinit -u -d $work/dump && . $work/completion.zsh && whence _complete_varve" \
  >/dev/null || die "zsh does not take it"
