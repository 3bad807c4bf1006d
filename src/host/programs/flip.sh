# Flip: one rename makes the release current.

# Puts a link in place in one rename, over whatever file stood there.
put_link() {
  mkdir -p "${1%/*}" && ln -s "$2" "${1%/*}/.quadlet-deploy.$$" && mv -T "${1%/*}/.quadlet-deploy.$$" "$1"
}

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

flip() {
  begin flip
  said=$(directories 2>&1) || fail flip "" cannot-write "$said"
  said=$(keep_env 2>&1) || fail flip "$QD_QDIR/.env" cannot-write "$said"
  # While their units are still known, so that systemd stops them as they ask to be stopped.
  # shellcheck disable=SC2086 # a list of unit names
  [ -z "$QD_STOP" ] || said=$(manager stop $QD_STOP 2>&1) || fail flip "$QD_STOP" cannot-stop "$said"
  said=$(mv -T "$staged" "$QD_STATE/releases/$QD_RELEASE" 2>&1) || fail flip "$QD_STATE" cannot-write "$said"
  # These files alone: all of the disk would wait for the layers that were just pulled.
  find "$QD_STATE/releases/$QD_RELEASE" -exec sync "$QD_STATE/releases" {} + 2>/dev/null || sync
  # No link may ever dangle: one that does makes Quadlet load nothing at all. So links of
  # removed files go before the flip, and links of added files come after it.
  printf '%s\n' "$QD_REMOVE" | while IFS= read -r link; do
    [ -n "$link" ] || continue
    rm -f "$link"
    # The folder of drop-ins goes with its last one; the directories of systemd and Quadlet stay.
    case ${link%/*} in
      "$QD_QDIR") ;;
      *.d) rmdir "${link%/*}" 2>/dev/null ;;
    esac
  done
  said=$(put_link "$QD_STATE/current" "releases/$QD_RELEASE" 2>&1) || fail flip "$QD_STATE/current" cannot-write "$said"
  say flipped "$QD_RELEASE"
  said=$(printf '%s\n' "$QD_ADD" | while IFS=$tab read -r link target; do
    [ -z "$link" ] || put_link "$link" "$target" || exit 1
  done 2>&1) || fail flip "$QD_QDIR" cannot-write "$said"
}
