# Restart: one job, in which systemd keeps the order and works side by side.

states() {
  # shellcheck disable=SC2086 # a list of unit names
  manager show -p Id -p ActiveState -p SubState -p Result -p NRestarts \
    -p InactiveExitTimestampMonotonic -p ActiveEnterTimestampMonotonic $QD_WATCHED |
    awk -F= '
      function flush() { if ("Id" in v) printf "%s\t%s\t%s\t%s\t%s\t%d\n", v["Id"], v["ActiveState"], v["SubState"], v["Result"], v["NRestarts"], (v["ActiveEnterTimestampMonotonic"] - v["InactiveExitTimestampMonotonic"]) / 1000; split("", v) }
      $0 == "" { flush(); next }
      { v[$1] = $2 }
      END { flush() }'
}

# Says each service whose state is not what was last said.
tell_states() {
  states >"$scratch/states"
  touch "$scratch/told"
  while IFS= read -r line; do
    grep -qxF -e "$line" "$scratch/told" || say state "$line"
  done <"$scratch/states"
  cp "$scratch/states" "$scratch/told"
}

network_wait() {
  [ "$QD_MANAGER" = user ] && [ ! -e "$scratch/network-wait" ] || return 0
  if [ "$(manager is-active podman-user-wait-network-online.service 2>/dev/null)" = activating ]; then
    : >"$scratch/network-wait"
    say network-wait
  fi
}

# Remembers from which release its services were started. A deploy that ends between the flip and
# here leaves another name, and the next one restarts them. One whose services failed ends after
# it: the next one starts what is down, and leaves the database alone.
remember_started() {
  release=$(readlink "$QD_STATE/current")
  said=$({ printf '%s\n' "${release##*/}" >"$QD_STATE/.started" && mv "$QD_STATE/.started" "$QD_STATE/started"; } 2>&1) ||
    fail restart "$QD_STATE/started" cannot-write "$said"
}

restart() {
  restarted="$QD_RESTART $(moved_images)"
  # shellcheck disable=SC2086 # a list of unit names
  restarted=$(printf '%s\n' $restarted | sort -u | tr '\n' ' ')
  restarted=${restarted% }
  [ -n "$restarted" ] || {
    remember_started
    return
  }
  begin restart
  say restarting "$restarted"
  # shellcheck disable=SC2086 # a list of unit names
  (
    manager reset-failed $restarted 2>/dev/null
    manager restart $restarted >"$scratch/job" 2>&1
    printf '%s' $? >"$scratch/job.status"
  ) </dev/null &
  while [ ! -s "$scratch/job.status" ]; do
    sleep 0.2
    tell_states
    network_wait
  done
  wait
  tell_states
  remember_started
  [ "$(cat "$scratch/job.status")" = 0 ] || fail_services job-failed "$(cat "$scratch/job")"
}

# Services that are not up, of those that should be.
down() {
  awk -F '\t' '$2 != "active" { printf "%s ", $1 }' "$scratch/states"
}

settle() {
  begin settle
  deadline=$(($(now) + QD_HEALTH_TIMEOUT))
  while :; do
    tell_states
    not_up=$(down)
    [ -n "$not_up" ] || break
    ! grep -q "${tab}failed$tab" "$scratch/states" || fail_services service-failed
    [ "$(now)" -lt "$deadline" ] || fail_services not-active
    pause 30 "$deadline"
  done
  cp "$scratch/states" "$scratch/settled"
  stable=$(($(now) + QD_STABLE_FOR))
}

# A service that crashes and is restarted again and again is up now and then: so what was
# started must stay up for a while, with no restart by systemd. Health is asked meanwhile.
stay_up() {
  [ -n "$restarted" ] || return 0
  begin stable
  while :; do
    tell_states
    unsteady=$(awk -F '\t' '
      FILENAME == ARGV[1] { before[$1] = $5; next }
      $2 != "active" || $5 > before[$1] { printf "%s ", $1 }' "$scratch/settled" "$scratch/states")
    [ -z "$unsteady" ] || fail_services crash-loop "$unsteady"
    [ "$(now)" -lt "$stable" ] || break
    pause 30 "$stable"
  done
}
