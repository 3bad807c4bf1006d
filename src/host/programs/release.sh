# Says what a release on the host is made of: its files, and digests of its .env as of the host's.

release_files() {
  cd "$QD_STATE/releases/$QD_RELEASE" || fail plan "$QD_RELEASE" no-release
  find . -type f ! -path ./.env ! -path ./sums ! -path ./images ! -path ./health ! -path ./pending | while IFS= read -r path; do
    say file "${path#./}" "$(base64 <"$path" | tr -d '\n')"
  done
  [ ! -f .env ] || say has-env
  env_of .env release-env
}

# Files of others that stand where ours would go.
foreign_files() {
  printf '%s\n' "$QD_FILES" | while IFS= read -r path; do
    [ -z "$path" ] || say file "$path" "$(base64 <"$path" | tr -d '\n')"
  done
}
