# Revert: everything as it was before, by the transaction itself or, where that is dead, by the
# guard. Each part can be done again, for a revert may be cut short as well.

# An ordinary end before the commit: a step failed, or somebody called the deploy off.
undo() {
  trap - EXIT TERM
  # What stands there is an earlier one's that could not be put right.
  is_claimed || {
    say end unchanged
    exit 0
  }
  if [ "$QD_ROLLBACK" = no ] && is_late && [ "$(decide "$transaction" commit)" = commit ]; then
    close
    say end left
    exit 0
  fi
  decide "$transaction" revert >/dev/null
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

# Names that the pull moved stand again for what they stood for. Where that is gone, everything
# else still has to be put back.
restore_images() {
  for image in "$before"/image.*; do
    [ -f "$image" ] || continue
    IFS=$tab read -r name id <"$image"
    [ -n "$id" ] || continue
    [ "$(podman image inspect --format '{{.Id}}' "$name" 2>/dev/null </dev/null)" = "$id" ] ||
      said=$(podman tag "$id" "$name" 2>&1 </dev/null) || say image-gone "$name" "$(text "$said")"
  done
}

# Images that nothing names or runs any more, once the old services run again; but for those that
# another app has just pulled as well, which no release of it has recorded yet.
drop_images() {
  [ "$QD_NEW" = yes ] || return 0
  for other in "${QD_STATE%/*}"/*/transaction; do
    [ "$other" = "$QD_STATE/transaction" ] || cat "$other/references" 2>/dev/null
  done >"$scratch/wanted"
  for image in "$before"/image.*; do
    [ -f "$image" ] || continue
    IFS=$tab read -r name id <"$image"
    [ -n "$id" ] || grep -qxF -e "$name" "$scratch/wanted" || podman rmi "$name" >/dev/null 2>&1 </dev/null
  done
  cut -f 3 "$transaction/images" 2>/dev/null | sed 's/^sha256://' | grep -vxF -f "$before/ids" >"$scratch/brought" &&
    remove_images "$scratch/brought"
  return 0
}

# Services that did not run before, most of them new in this release. One that is down may have a
# start waiting all the same, which a stop takes back.
stop_new() {
  new=$(idle_before)
  # shellcheck disable=SC2086 # a list of unit names
  [ -z "$new" ] || {
    manager stop $new 2>&1
    manager reset-failed $new 2>/dev/null
    return 0
  }
}

# A service that was just starting, or starting again and again, was to run as well. One that others
# start on demand may have ended by itself.
ran='$2 ~ /^(active|activating|reloading|refreshing)$/'

idle_before() {
  awk -F '\t' "!($ran)"' { printf "%s ", $1 }' "$before/services"
}

ran_before() {
  awk -F '\t' "$ran"' { printf "%s ", $1 }' "$before/services"
}

# asked_for SERVICES: without those that run on demand.
asked_for() {
  for service in $1; do
    case " $QD_ON_DEMAND " in *" $service "*) ;; *) printf '%s ' "$service" ;; esac
  done
}

# stands COPY PATH: whether what was copied before is what stands there.
stands() {
  if [ -L "$1" ]; then
    [ "$(readlink "$1")" = "$(readlink "$2")" ]
  else
    [ ! -L "$2" ] && cmp -s "$1" "$2"
  fi
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
    ! stands "$before/$copy" "$path" || continue
    mkdir -p "${path%/*}" && mv -T "$before/$copy" "$path" || return
  done <"$before/paths"
  drop_releases
}

# The release that did not come to be, and what was adopted for it.
drop_releases() {
  [ "$QD_NEW" != yes ] || rm -rf "$QD_STATE/releases/$QD_RELEASE" "$staged" || return
  [ -z "$QD_ADOPTED" ] || rm -rf "$QD_STATE/releases/$QD_ADOPTED" "$QD_STATE/releases/.$QD_ADOPTED"
}

# Services of those that this deploy concerns which were started since, from the new release or
# with its images: they start again from the old one.
to_restart() {
  containers >"$scratch/containers"
  concerned="$QD_RESTART $(cat "$transaction/touched" 2>/dev/null) $(awk -F '\t' '
    FILENAME == ARGV[1] { before[$1] = $2; next }
    $1 in before && before[$1] != $2 { print $1 }' "$before/containers" "$scratch/containers")"
  # shellcheck disable=SC2046 # a list of unit names
  unit_states ActiveState InvocationID -- $(ran_before) |
    awk -F '\t' -v concerned=" $(printf '%s' "$concerned" | tr '\n' ' ') " '
      FILENAME == ARGV[1] { before[$1] = $3; next }
      $2 != "inactive" && $3 != before[$1] && index(concerned, " " $1 " ") { printf "%s ", $1 }' "$before/services" -
}

# Services that ran and do not now: with those restarted, or with the whole host, which may be
# starting them at this very moment.
to_start() {
  # shellcheck disable=SC2046 # a list of unit names
  unit_states ActiveState -- $(asked_for "$(ran_before)") | awk -F '\t' '$2 != "active" { printf "%s ", $1 }'
}

run_again() {
  again=$(to_restart)
  [ -z "$again" ] || renew "$again" unheeding || :
  again=$(to_start)
  [ -z "$again" ] || job start "$again" unheeding || :
}

revert() {
  reverting=$(now)
  begin revert
  if [ ! -e "$before/complete" ]; then
    forget
    return
  fi
  restore_images
  if [ ! -e "$transaction/touched" ]; then
    # Only a host that has started since can have the new images at work.
    again=$(to_start)
    [ -z "$again" ] || job start "$again" unheeding || :
    [ -n "$(to_restart)" ] || {
      forget
      return
    }
  fi
  say reverting "$(to_restart)$(to_start)"
  said=$(stop_new 2>&1)
  said=$(restore_files 2>&1) || stuck "$said"
  begin revert-reload
  said=$(manager daemon-reload 2>&1) || stuck "$said"
  begin revert-restart
  [ ! -e "$transaction/networks" ] || said=$(remove_networks)
  run_again
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
  drop_releases
  [ ! -e "$before/complete" ] || drop_images
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
  before_active=$(asked_for "$(awk -F '\t' '$2 == "active" { printf "%s ", $1 }' "$before/services")")
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
