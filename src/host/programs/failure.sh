# When something fails: what the host knows about it.

# The last lines of a service since this began: its own and what systemd said of it, without
# the event that podman logs for each thing it does.
journal() {
  if [ "$QD_MANAGER" = user ]; then by=--user-unit; else by=--unit; fi
  lines=$(journalctl --quiet "$by=$1" --since "@$started" --lines 25 --no-pager --output cat 2>/dev/null |
    grep -v ' m=+[0-9.]* \(container\|image\) [a-z]* [0-9a-f]\{64\}')
  if [ -z "$lines" ] && [ "$QD_MANAGER" = user ] && ! journalctl --quiet --lines 1 >/dev/null 2>&1; then
    lines="(not readable by $(id -un); allow it with: sudo usermod --append --groups systemd-journal $(id -un))"
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
