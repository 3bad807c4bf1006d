# Says what the host is and has. Changes nothing. Runs as the owner of the units.

# The directory that exists and decides whether DIR can be made or written.
nearest() {
  dir=$1
  while [ ! -e "$dir" ]; do dir=$(dirname "$dir"); done
  printf '%s' "$dir"
}

directory() {
  if [ -w "$(nearest "$2")" ]; then writable=yes; else writable=no; fi
  real=$(readlink -f "$2")
  say directory "$1" "$2" "${real:-$2}" "$writable"
}

# Everything that stands where files of a release could stand: path, and target if it is a link.
entries() {
  [ -d "$1" ] || return 0
  find "$1/" -maxdepth 3 \( -type f -o -type l \) | while IFS= read -r path; do
    if [ -L "$path" ]; then
      say entry "$1/${path#"$1"/}" link "$(readlink "$path")"
    else
      say entry "$1/${path#"$1"/}" file
    fi
  done
}

current_release() {
  [ -L "$QD_STATE/current" ] || return 0
  release=$(readlink "$QD_STATE/current")
  say current "${release##*/}"
  if [ -f "$QD_STATE/current/manifest.json" ]; then
    say manifest "$(base64 <"$QD_STATE/current/manifest.json" | tr -d '\n')"
  fi
  (cd "$QD_STATE/current/" && find . -type f ! -name .env ! -name sums ! -name manifest.json ! -path ./images ! -path ./health ! -path ./pending -exec sha256sum {} +) |
    while read -r sum path; do say sum "$sum" "${path#./}"; done
}

env_keys() {
  [ ! -f "$QD_QDIR/.env" ] || [ -r "$QD_QDIR/.env" ] || fail facts "$QD_QDIR/.env" unreadable
  env_of "$QD_QDIR/.env" env
}

services() {
  # shellcheck disable=SC2086 # a list of unit names
  [ -z "$QD_SERVICES" ] || systemctl "--$QD_MANAGER" show \
    -p Id -p LoadState -p ActiveState -p SubState -p FragmentPath -p SourcePath -p ActiveEnterTimestamp --timestamp=unix $QD_SERVICES 2>/dev/null |
    awk -F= -v token="$QD_TOKEN" '
      function flush() { if ("Id" in v) printf "%s\tservice\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", token, v["Id"], v["LoadState"], v["ActiveState"], v["SubState"], v["FragmentPath"], v["SourcePath"], v["ActiveEnterTimestamp"]; split("", v) }
      $0 == "" { flush(); next }
      { v[$1] = $2 }
      END { flush() }'
}

# When each secret that units use was last changed; those that do not exist are not told.
secrets() {
  printf '%s\n' "$QD_SECRETS" | while IFS= read -r name; do
    [ -n "$name" ] || continue
    changed=$(podman secret inspect --format '{{.UpdatedAt.Unix}}' "$name" 2>/dev/null </dev/null) &&
      say secret "$name" "$changed"
  done
}

# Services that were to restart for the current release and did not (restart: none).
pending() {
  [ ! -f "$QD_STATE/current/pending" ] || while IFS=$tab read -r service why; do
    say pending "$service" "$why"
  done <"$QD_STATE/current/pending"
}

# Who deploys this app at this moment, and how long already; releases that a rollback can return to.
transactions() {
  systemctl "--$QD_MANAGER" show -p Id -p ActiveState -p Description -p ActiveEnterTimestampMonotonic \
    "quadlet-deploy@$QD_APP.service" "quadlet-deploy-guard@$QD_APP.service" 2>/dev/null |
    awk -F= -v token="$QD_TOKEN" -v uptime="$(cut -d ' ' -f 1 /proc/uptime)" '
      function flush() { if (v["ActiveState"] !~ /^(inactive|failed)?$/) printf "%s\tholder\t%s\t%d\n", token, v["Description"], uptime - v["ActiveEnterTimestampMonotonic"] / 1000000; split("", v) }
      $0 == "" { flush(); next }
      { v[$1] = substr($0, length($1) + 2) }
      END { flush() }'
  for release in "$QD_STATE"/releases/*; do
    [ ! -f "$release/manifest.json" ] || say release "${release##*/}"
  done
}

# Directories may be given below the owner's home, as systemd's %h.
home_path() {
  case $1 in
    %h*) printf '%s%s' "$HOME" "${1#%h}" ;;
    *) printf '%s' "$1" ;;
  esac
}

facts() {
  QD_QDIR=$(home_path "$QD_QDIR")
  QD_ROOT=$(home_path "$QD_ROOT")
  QD_UDIR=$(home_path "$QD_UDIR")
  QD_STATE=$(home_path "$QD_STATE")
  say owner "$(id -un)" "$(id -u)" "$HOME"
  command -v podman >/dev/null || fail facts podman no-podman
  podman=$(podman --version 2>/dev/null) || fail facts podman podman-fails "$(podman --version 2>&1)"
  say podman "${podman##* }"
  systemd=$(systemctl --version | head -n 1)
  systemd=${systemd#systemd }
  say systemd "${systemd%% *}"
  for tool in tar sha256sum base64 awk find mktemp readlink systemd-run; do
    command -v "$tool" >/dev/null || fail facts "$tool" no-tool
  done
  directory quadlet "$QD_QDIR"
  directory systemd "$QD_UDIR"
  directory state "$QD_STATE"
  entries "$QD_ROOT"
  case $QD_QDIR/ in "$QD_ROOT"/*) ;; *) entries "$QD_QDIR" ;; esac
  entries "$QD_UDIR"
  current_release
  env_keys
  services
  secrets
  pending
  transactions
  say end
}

facts
