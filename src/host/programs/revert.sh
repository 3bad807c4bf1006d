# Revert: everything as it was before, by the transaction itself or, where that is dead, by the
# guard. Each part can be done again, for a revert may be cut short as well.

# An ordinary end before the commit: a step failed, or somebody called the deploy off.
undo() {
  trap - EXIT TERM
  if [ "$QD_ROLLBACK" = no ] && is_late && [ "$(decide commit)" = commit ]; then
    close
    say end left
    exit 0
  fi
  decide revert >/dev/null
  revert
  exit 0
}

# Whether the release is wholly in place, so that it can be left for somebody to look at.
is_late() {
  case $phase in restart | settle | prove | health | stable) return ;; esac
  return 1
}

# stuck TEXT: who comes next tries again: the guard, at boot too, or the next deploy.
stuck() {
  say stuck "$(text "$1
$(room "$QD_STATE")")"
  exit 1
}

# Names that the pull moved stand again for what they stood for; what only the pull brought goes.
restore_images() {
  for image in "$before"/image.*; do
    [ -f "$image" ] || continue
    IFS=$tab read -r name id <"$image"
    if [ -n "$id" ]; then
      [ "$(podman image inspect --format '{{.Id}}' "$name" 2>/dev/null </dev/null)" = "$id" ] ||
        podman tag "$id" "$name" </dev/null || return
    fi
  done
}

# Images that nothing names or runs any more, once the old services run again.
drop_images() {
  [ "$QD_NEW" = yes ] || return 0
  for image in "$before"/image.*; do
    [ -f "$image" ] || continue
    IFS=$tab read -r name id <"$image"
    [ -n "$id" ] || podman rmi "$name" >/dev/null 2>&1 </dev/null
  done
  cut -f 3 "$transaction/images" 2>/dev/null | sed 's/^sha256://' | grep -vxF -f "$before/ids" >"$scratch/brought" &&
    remove_images "$scratch/brought"
  return 0
}

# Services that run now and did not before, most of them new in this release.
stop_new() {
  # shellcheck disable=SC2046,SC2086 # lists of unit names
  new=$(unit_states ActiveState -- $(cut -f 1 "$before/services") | awk -F '\t' '
    FILENAME == ARGV[1] { if ($2 != "active") idle[$1] = 1; next }
    $1 in idle && $2 != "inactive" { printf "%s ", $1 }' "$before/services" -)
  # shellcheck disable=SC2086 # a list of unit names
  [ -z "$new" ] || {
    manager stop $new 2>&1
    manager reset-failed $new 2>/dev/null
    return 0
  }
}

# No link may dangle at any instant: what is new goes first, then current flips back, and what
# was there before returns last.
restore_files() {
  while IFS=$tab read -r copy path; do
    [ "$copy" != - ] || [ ! -L "$path" ] || remove_link "$path"
  done <"$before/paths"
  if [ -z "$QD_PREVIOUS" ]; then
    rm -f "$QD_STATE/current"
  elif [ "$(readlink "$QD_STATE/current")" != "releases/$QD_PREVIOUS" ]; then
    mv -T "$before/current" "$QD_STATE/current" || return
  fi
  while IFS=$tab read -r copy path; do
    # None where there was none, or where it is back already.
    [ -L "$before/$copy" ] || [ -e "$before/$copy" ] || continue
    mkdir -p "${path%/*}" && mv -T "$before/$copy" "$path" || return
  done <"$before/paths"
  [ "$QD_NEW" != yes ] || rm -rf "$QD_STATE/releases/$QD_RELEASE" "$staged" || return
  [ -z "$QD_ADOPTED" ] || rm -rf "$QD_STATE/releases/$QD_ADOPTED" "$QD_STATE/releases/.$QD_ADOPTED"
}

# Services to start again: those that ran before and do not now; and of those that this deploy
# concerns, the ones that were started since, from the new release or with its images.
to_restart() {
  containers >"$scratch/containers"
  concerned="$QD_RESTART $(cat "$transaction/touched" 2>/dev/null) $(awk -F '\t' '
    FILENAME == ARGV[1] { before[$1] = $2; next }
    $1 in before && before[$1] != $2 { print $1 }' "$before/containers" "$scratch/containers")"
  # shellcheck disable=SC2046,SC2086 # lists of unit names
  unit_states ActiveState InvocationID -- $(cut -f 1 "$before/services") |
    awk -F '\t' -v concerned=" $(printf '%s' "$concerned" | tr '\n' ' ') " '
      FILENAME == ARGV[1] { if ($2 == "active") before[$1] = $3; next }
      $1 in before && ($2 != "active" || $3 != before[$1] && index(concerned, " " $1 " ")) { printf "%s ", $1 }' "$before/services" -
}

revert() {
  reverting=$(now)
  begin revert
  mkdir -p "$scratch"
  if [ ! -e "$before/complete" ]; then
    forget
    return
  fi
  said=$(restore_images 2>&1) || stuck "$said"
  again=$(to_restart)
  if [ ! -e "$transaction/touched" ] && [ -z "$again" ]; then
    drop_images
    forget
    return
  fi
  say reverting "$again"
  said=$(stop_new 2>&1)
  said=$(restore_files 2>&1) || stuck "$said"
  begin revert-reload
  said=$(manager daemon-reload 2>&1) || stuck "$said"
  begin revert-restart
  again=$(to_restart)
  [ -z "$again" ] || restart_all "$again" unheeding || :
  begin revert-health
  healthy=$(health_after) || :
  was=$(cat "$before/health")
  took=$(($(now) - reverting))
  drop_images
  close
  say end reverted "$healthy" "$was" "$took"
}

# Nothing was changed, so there is nothing to put back but what was staged.
forget() {
  [ "$QD_NEW" != yes ] || rm -rf "$staged"
  [ -z "$QD_ADOPTED" ] || rm -rf "$QD_STATE/releases/$QD_ADOPTED" "$QD_STATE/releases/.$QD_ADOPTED"
  close
  say end unchanged
}

# Whether all that ran before runs again, and the application answers.
health_after() {
  [ -n "$QD_PREVIOUS" ] || {
    echo none
    return
  }
  deadline=$(($(now) + QD_HEALTH_TIMEOUT))
  before_active=$(awk -F '\t' '$2 == "active" { printf "%s ", $1 }' "$before/services")
  previous_health
  while :; do
    states "$before_active" >"$scratch/states"
    if [ -z "$(down)" ] && { [ -z "$url" ] || answers "$url" "$(request_time)"; }; then
      echo healthy
      return
    fi
    [ "$(now)" -lt "$deadline" ] || break
    sleep 0.3
  done
  echo unhealthy
}
