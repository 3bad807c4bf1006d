# Flip: one rename makes the release current.

directories() {
  printf '%s\n' "$QD_DIRECTORIES" | while IFS= read -r directory; do
    [ -z "$directory" ] || [ -e "$directory" ] || mkdir -p "$directory" || exit 1
  done
}

# An .env that somebody wrote by hand becomes part of the release; their file is kept as well.
keep_env() {
  if [ "$QD_ENV" = yes ] && [ -f "$QD_QDIR/.env" ] && [ ! -L "$QD_QDIR/.env" ]; then
    mkdir -p "$QD_STATE/before" && cp -p "$QD_QDIR/.env" "$QD_STATE/before/.env"
  fi
}

# remove_link PATH: and the folder of drop-ins, or of what a unit wants, with its last one; the
# directories of systemd and Quadlet stay.
remove_link() {
  rm -f "$1"
  case ${1%/*} in
    "$QD_QDIR") ;;
    *.d | *.wants | *.requires | *.upholds) rmdir "${1%/*}" 2>/dev/null ;;
  esac
}

# Removed services stop while their units are still known, so that systemd stops them as they ask.
stop_removed() {
  forward stop
  : >"$transaction/touched"
  said=$(directories 2>&1) || fail_write stop "" "$said"
  said=$(keep_env 2>&1) || fail_write stop "$QD_QDIR/.env" "$said"
  # shellcheck disable=SC2086 # a list of unit names
  [ -z "$QD_STOP" ] || said=$(manager stop $QD_STOP 2>&1) || fail stop "$QD_STOP" cannot-stop "$said"
}

# No link may ever dangle: one that does makes Quadlet load nothing at all. So links of removed
# files go before the flip, and links of added files come after it.
flip() {
  forward unlink
  printf '%s\n' "$QD_REMOVE" | while IFS= read -r link; do
    [ -z "$link" ] || remove_link "$link"
  done
  forward flip
  [ "$QD_NEW" != yes ] || said=$(mv -T "$staged" "$QD_STATE/releases/$QD_RELEASE" 2>&1) || fail_write flip "$QD_STATE" "$said"
  said=$(put_link "$QD_STATE/current" "releases/$QD_RELEASE" 2>&1) || fail_write flip "$QD_STATE/current" "$said"
  sync "$QD_STATE" 2>/dev/null
  say flipped "$QD_RELEASE"
  forward link
  said=$(printf '%s\n' "$QD_ADD" | while IFS=$tab read -r link target _; do
    [ -z "$link" ] || { mkdir -p "${link%/*}" && put_link "$link" "$target"; } || exit 1
  done 2>&1) || fail_write link "$QD_QDIR" "$said"
}
