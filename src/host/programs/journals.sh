# Says the last journal lines of services between two moments: their own and what systemd said of
# them, without the event that podman logs for each thing it does.

journal() {
  if [ "$QD_MANAGER" = user ]; then by=--user-unit; else by=--unit; fi
  lines=$(journalctl --quiet "$by=$1" --since "@$QD_SINCE" --until "${QD_UNTIL:-now}" --lines 25 --no-pager --output cat 2>/dev/null |
    grep -v ' m=+[0-9.]* \(container\|image\) [a-z]* [0-9a-f]\{64\}')
  if [ -z "$lines" ] && [ "$QD_MANAGER" = user ] && ! journalctl --quiet --lines 1 >/dev/null 2>&1; then
    lines="(not readable by $(id -un); allow it with: sudo usermod --append --groups systemd-journal $(id -un))"
  fi
  printf '%s' "$lines"
}

for service in $QD_SUSPECTS; do
  say journal "$service" "$(text "$(journal "$service")")"
done
