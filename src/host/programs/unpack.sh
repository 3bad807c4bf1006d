# Unpack: the release, complete, beside the others, and not yet current.

# What the host's .env holds beside the keys that the release names, with the comment lines right
# above each, to the byte.
kept_env() {
  ours=$(read_env 'function assignment() { if (key != "") printf " %s ", key }' <"$1") || return
  read_env 'function assignment() {
    if (key == "" || !index(name, " " key " ")) printf "%s%s\n", comment, raw
  }' "$ours" <"$2"
}

unpack() {
  begin unpack
  said=$({ mkdir -p "$QD_STATE/releases" && rm -rf "$staged" && mkdir "$staged"; } 2>&1) ||
    fail unpack "$QD_STATE" cannot-write "$said"
  said=$(tar -xof - -C "$staged" <&3 2>&1) || fail unpack "$staged" cannot-write "$said"
  exec 3<&-
  said=$(cd "$staged" && sha256sum -c sums 2>&1) || fail unpack "$staged" damaged "$said"
  if [ "$QD_ENV" = yes ] && [ -f "$QD_QDIR/.env" ]; then
    kept_env "$staged/.env" "$QD_QDIR/.env" >"$scratch/kept" || fail unpack "$QD_QDIR/.env" cannot-write
    cat "$scratch/kept" >>"$staged/.env" || fail unpack "$staged/.env" cannot-write
  fi
  (cd "$staged" && sha256sum .env >>sums) || fail unpack "$staged/sums" cannot-write
}
