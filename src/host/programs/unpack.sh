# Unpack: the release, complete, beside the others, and not yet current.

# What the host's .env holds beside the keys that the release names, with the comment lines right
# above each, to the byte.
kept_env() {
  ours=$(read_env 'function assignment() { if (key != "") printf " %s ", key }' <"$1") || return
  read_env 'function assignment() {
    if (key == "" || !index(name, " " key " ")) printf "%s%s\n", comment, raw
  }' "$ours" <"$2"
}

# Units that left the repository and are to stay all the same go along into the new release.
carried() {
  printf '%s\n' "$QD_CARRY" | while IFS= read -r path; do
    [ -n "$path" ] || continue
    mkdir -p "$staged/$(dirname "$path")" && cp -p "$QD_STATE/current/$path" "$staged/$path" &&
      (cd "$staged" && sha256sum "$path" >>sums) || exit 1
  done
}

unpack() {
  forward unpack
  said=$({ rm -rf "$staged" && mkdir "$staged"; } 2>&1) || fail_write unpack "$QD_STATE" "$said"
  said=$(tar -xof "$transaction/release.tar" -C "$staged" 2>&1) || fail_write unpack "$staged" "$said"
  rm -f "$transaction/release.tar"
  said=$(cd "$staged" && sha256sum -c sums 2>&1) || fail unpack "$staged" damaged "$said"
  said=$(carried 2>&1) || fail_write unpack "$staged" "$said"
  if [ "$QD_ENV" = yes ] && [ -f "$QD_QDIR/.env" ]; then
    kept_env "$staged/.env" "$QD_QDIR/.env" >"$scratch/kept" || fail_write unpack "$QD_QDIR/.env" ""
    cat "$scratch/kept" >>"$staged/.env" || fail_write unpack "$staged/.env" ""
  fi
  (cd "$staged" && sha256sum .env >>sums) || fail_write unpack "$staged/sums" ""
}
