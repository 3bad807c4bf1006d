# Save: all that a revert needs, while everything still is as it was.

# Services that systemd stops and restarts along with these: they run again after a revert.
with_dependents() {
  known=" $* " next=$*
  while [ -n "$next" ]; do
    # shellcheck disable=SC2086 # a list of unit names
    found=$(manager show --value -p RequiredBy -p BoundBy -p ConsistsOf $next)
    next=""
    for unit in $found; do
      case $known$unit in
        *" $unit "* | *.target | *.slice) ;;
        *) known="$known$unit " next="$next $unit" ;;
      esac
    done
  done
  printf '%s' "$known"
}

# Each path that the flip will touch, or somebody else may meanwhile, as it stands; copied now, so
# that a revert needs no new inode.
save_paths() {
  number=0
  printf '%s\n' "$QD_ADD" "$QD_REMOVE" "$QD_KEPT" | while IFS=$tab read -r path _; do
    [ -n "$path" ] || continue
    number=$((number + 1)) copy=-
    if [ -L "$path" ] || [ -e "$path" ]; then
      copy=$number
      cp -pP "$path" "$before/$number" || exit 1
    fi
    printf '%s\t%s\n' "$copy" "$path"
  done >"$before/paths"
}

# The container of each service, and the image it runs.
containers() {
  podman ps --no-trunc --format '{{index .Labels "PODMAN_SYSTEMD_UNIT"}}{{"\t"}}{{.ImageID}}' \
    </dev/null 2>/dev/null | sed -n 's/\tsha256:/\t/; /^[^\t]/p'
}

# Whether what runs now is well; a revert to a release that was not is no repair of it.
health_before() {
  [ -n "$QD_PREVIOUS" ] || {
    echo none
    return
  }
  # shellcheck disable=SC2086 # a list of unit names
  poor=$(unit_states LoadState ActiveState -- $QD_WATCHED |
    awk -F '\t' '$2 == "loaded" && $3 != "active" { print $1 }')
  previous_health
  if [ -n "$poor" ] || { [ -n "$url" ] && ! answers "$url" 200; }; then
    echo unhealthy
  else
    echo healthy
  fi
}

# How the release before was asked for health; as this one is, where it does not say.
previous_health() {
  url=$QD_HEALTH_URL statuses=$QD_HEALTH_STATUS
  [ ! -f "$QD_STATE/releases/$QD_PREVIOUS/health" ] || {
    read -r url
    read -r statuses
  } <"$QD_STATE/releases/$QD_PREVIOUS/health"
}

# Files of others that become ours stay, as a release of their own.
adopt() {
  [ -n "$QD_ADOPTED" ] || return 0
  adopted=$QD_STATE/releases/.$QD_ADOPTED
  mkdir "$adopted" || return
  [ -z "$QD_PREVIOUS" ] || cp -a "$QD_STATE/releases/$QD_PREVIOUS/." "$adopted/" || return
  printf '%s\n' "$QD_ADOPT" | while IFS=$tab read -r path place; do
    [ -n "$path" ] || continue
    mkdir -p "$adopted/$(dirname "$place")" && cp -pL "$path" "$adopted/$place" || exit 1
  done || return
  printf '%s\n' "$QD_ADOPTED_MANIFEST" >"$adopted/manifest.json" &&
    (cd "$adopted" && rm -f sums && find . -type f ! -name manifest.json -exec sha256sum {} + | sed 's| \./| |' >"$scratch/sums") &&
    mv "$scratch/sums" "$adopted/sums" && mv -T "$adopted" "$QD_STATE/releases/$QD_ADOPTED"
}

save() {
  forward save
  said=$({ mkdir "$before" && save_paths && adopt; } 2>&1) || fail_write save "$before" "$said"
  if [ -n "$QD_PREVIOUS" ]; then
    said=$(cp -P "$QD_STATE/current" "$before/current" 2>&1) || fail_write save "$before" "$said"
  fi
  # shellcheck disable=SC2046,SC2086 # lists of unit names
  {
    unit_states ActiveState InvocationID -- $(with_dependents $QD_SERVICES) >"$before/services" &&
      containers >"$before/containers" &&
      podman images --all --quiet --no-trunc </dev/null | sed 's/^sha256://' | sort -u >"$before/ids" &&
      health_before >"$before/health"
  } || fail_write save "$before" ""
  : >"$before/complete"
}
