# Validate: the host's own generator reads the units as they will stand.

generator() {
  for path in /usr/libexec/podman/quadlet /usr/lib/podman/quadlet \
    /usr/lib/systemd/system-generators/podman-system-generator; do
    if [ -x "$path" ]; then
      printf '%s' "$path"
      return
    fi
  done
  fail validate podman no-generator
}

# The release's units, and beside them those of others, so that references resolve.
merged_units() {
  for path in "$QD_QDIR"/*; do
    case $(readlink "$path") in
      */quadlet-deploy/"$QD_APP"/current/*) ;;
      *) [ ! -e "$path" ] || ln -s "$path" "$scratch/units/" ;;
    esac
  done
  for path in "$staged"/*; do
    case ${path##*/} in
      manifest.json | sums | systemd | images | health | pending) ;;
      *) ln -sfn "$path" "$scratch/units/" ;;
    esac
  done
}

# A network is made anew only where nothing but this app's services would lose it.
refuse_used_networks() {
  for network in $QD_RECREATE; do
    used=$(podman ps --all --filter "network=$network" \
      --format '{{index .Labels "PODMAN_SYSTEMD_UNIT"}}{{"\t"}}{{.Names}}' </dev/null 2>/dev/null |
      awk -F '\t' -v ours=" $QD_SERVICES " '!($1 != "" && index(ours, " " $1 " ")) { printf "%s ", $2 }')
    [ -z "$used" ] || fail validate "$network" network-in-use "$used"
  done
}

# What systemd says of the services as the generator makes them, and of its own units, drop-ins
# included: mostly what it would ignore. What it refuses would not be loaded.
verify() {
  command -v systemd-analyze >/dev/null || return 0
  made=$scratch/made
  mkdir "$made"
  # shellcheck disable=SC2086 # no flag, or one
  QUADLET_UNIT_DIRS=$dirs "$quadlet" $user_flag "$made" >/dev/null 2>&1
  [ ! -d "$staged/systemd" ] || cp -R "$staged/systemd/." "$made/"
  set --
  while IFS=$tab read -r service _; do
    case $service in "" | *@.*) ;; *) set -- "$@" "$made/$service" ;; esac
  done <<SERVICES
$QD_EXPECTED
SERVICES
  said=$(SYSTEMD_UNIT_PATH=$made: systemd-analyze "--$QD_MANAGER" verify --man=no --recursive-errors=no "$@" 2>&1 |
    sed -n "s|^$made/|/|p; /^[^/ ]*: .* Refusing\.$/p")
  refused=$(printf '%s\n' "$said" | awk -F ': ' -v ours=" $(printf '%s' "$QD_EXPECTED" | cut -f 1 | tr '\n' ' ') " '
    / Refusing\.$/ && index(ours, " " $1 " ") { printf "%s ", $1 }')
  [ -z "$refused" ] || fail validate "${refused% }" refused "$said"
  [ -z "$said" ] || say verified "$(text "$said")"
}

validate() {
  forward validate
  refuse_used_networks
  quadlet=$(generator) || {
    printf '%s\n' "$quadlet"
    exit 1
  }
  mkdir "$scratch/units"
  merged_units
  user_flag=""
  dirs=$scratch/units:/run/containers/systemd:/usr/share/containers/systemd
  if [ "$QD_MANAGER" = user ]; then
    user_flag=-user
    dirs=$scratch/units:$XDG_RUNTIME_DIR/containers/systemd:/etc/containers/systemd/users/$(id -u):/etc/containers/systemd/users
  fi
  # shellcheck disable=SC2086 # no flag, or one
  QUADLET_UNIT_DIRS=$dirs "$quadlet" -dryrun $user_flag >"$scratch/generated" 2>"$scratch/complaints"
  # One bad unit just vanishes from what is generated, so that is what counts.
  missing=$(printf '%s\n' "$QD_EXPECTED" | while IFS=$tab read -r service place _; do
    [ "$place" != quadlet ] || grep -qxF -e "---$service---" "$scratch/generated" || printf '%s ' "$service"
  done)
  [ -z "$missing" ] || fail validate "${missing% }" invalid "$(cat "$scratch/complaints")"
  verify
}
