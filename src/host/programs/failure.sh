# shellcheck shell=sh disable=SC2154,SC2016
# When something fails: what the host knows about it.

journal() {
  if [ "$QD_MANAGER" = user ]; then
    lines=$(journalctl --user --unit "$1" --since "@$started" --lines 25 --no-pager --output cat 2>/dev/null)
    # Where the user may not read the journal, podman can still read its container's part.
    [ -n "$lines" ] || lines=$(podman logs --tail 25 "$(podman ps --all --quiet --filter "label=PODMAN_SYSTEMD_UNIT=$1" | head -n 1)" 2>&1)
  else
    lines=$(journalctl --unit "$1" --since "@$started" --lines 25 --no-pager --output cat 2>/dev/null)
  fi
  printf '%s' "$lines"
}

# fail_services CODE [TEXT]: the services that are down, or else those that the health check asks.
fail_services() {
  tell_states
  suspects=$(down)
  [ "$1" != crash-loop ] || suspects=$2
  [ -n "$suspects" ] || suspects=$QD_HEALTH_SERVICES
  for service in $suspects; do
    say journal "$service" "$(text "$(journal "$service")")"
  done
  fail "$phase" "${suspects% }" "$1" "${2-}"
}
