# Unpack: the release, complete, beside the others, and not yet current.

# Keys of the host's .env that the release does not name, each with the comment lines right
# above it, and the lines that continue its value.
kept_env() {
  awk '
    FILENAME == ARGV[1] { if (match($0, /^[A-Za-z_][A-Za-z0-9_]*=/)) ours[substr($0, 1, RLENGTH - 1)] = 1; next }
    /^[ \t]*$/ { comment = ""; next }
    /^[ \t]*[#;]/ { comment = comment $0 "\n"; next }
    match($0, /^[ \t]*[A-Za-z_][A-Za-z0-9_]*=/) {
      key = substr($0, 1, RLENGTH - 1); gsub(/[ \t]/, "", key)
      kept = !(key in ours)
      if (kept) printf "%s%s\n", comment, $0
      comment = ""; next
    }
    { if (kept) print; comment = "" }
  ' "$1" "$2"
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
