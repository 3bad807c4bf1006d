# What every program on the host starts with. Parameters come as QD_… assignments before it.
set -u
umask 022
LC_ALL=C
export LC_ALL
tab=$(printf '\t')

# One event is one line: the run's token, the event's name and its fields, apart by tabs.
# Fields hold neither tab nor line end; free text travels as base64. What has no token is noise.
say() {
  printf '%s' "$QD_TOKEN"
  printf '\t%s' "$@"
  printf '\n'
}

text() {
  printf '%s' "$1" | base64 | tr -d '\n'
}

# fail PHASE OBJECT CODE [TEXT]: the runner explains the code; TEXT is what a tool said.
fail() {
  say fail "$1" "$2" "$3" "$(text "${4-}")"
  exit 1
}
