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

# What is left on the file system of a path, for a write that failed.
room() {
  df -h "$1" 2>/dev/null
  df -i "$1" 2>/dev/null
}

# words TRANSACTION: what a verdict is made of, laid out beforehand.
words() {
  mkdir -p "$1/words/commit/commit" "$1/words/revert/revert"
}

# decide TRANSACTION commit|revert: the first word counts, whoever says it: the transaction, the
# guard or the runner. Answers with the word that counts. Each is a folder that is not empty, so
# that no rename replaces the first; nor does a rename need an inode on a disk that is full.
decide() {
  mv -T "$1/words/$2" "$1/verdict" 2>/dev/null
  verdict "$1"
}

# verdict TRANSACTION: the word that counts, if there is one.
verdict() {
  ls "$1/verdict" 2>/dev/null
}
