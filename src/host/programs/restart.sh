# Restart: one job, in which systemd keeps the order and works side by side.

states() {
  # shellcheck disable=SC2086 # a list of unit names
  unit_states ActiveState SubState Result NRestarts InactiveExitTimestampMonotonic ActiveEnterTimestampMonotonic -- $1 |
    awk -F '\t' '{ printf "%s\t%s\t%s\t%s\t%s\t%d\n", $1, $2, $3, $4, $5, ($7 - $6) / 1000 }'
}

# tell_states SERVICES: says each service whose state is not what was last said.
tell_states() {
  states "$1" >"$scratch/states"
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

# job VERB SERVICES heeding|unheeding: answers with systemctl's status; its words are in the file
# "job".
job() {
  rm -f "$scratch/job.status"
  # shellcheck disable=SC2086 # a list of unit names
  (
    manager reset-failed $2 2>/dev/null
    manager "$1" $2 >"$scratch/job" 2>&1
    printf '%s' $? >"$scratch/job.status"
  ) </dev/null &
  while [ ! -s "$scratch/job.status" ]; do
    sleep 0.2
    [ "$3" = unheeding ] || heed
    tell_states "$2"
    network_wait
  done
  wait
  return "$(cat "$scratch/job.status")"
}

# renew SERVICES heeding|unheeding: restarts them; sockets first, and while what they start is down,
# for systemd starts no socket whose service runs.
renew() {
  sockets="" others=""
  for unit in $1; do
    case $unit in
      *.socket) sockets="$sockets $unit" ;;
      *) others="$others $unit" ;;
    esac
  done
  # shellcheck disable=SC2086 # lists of unit names
  [ -z "$sockets" ] || {
    running=$(manager show --value -p Triggers $sockets)
    [ -z "$running" ] || manager stop $running >"$scratch/job" 2>&1
    job restart "$sockets" "$2"
  } || return
  [ -z "$others" ] || job restart "$others" "$2"
}

# Networks that are to be made anew go while nothing uses them; their services make them again.
remove_networks() {
  [ -n "$QD_RECREATE" ] || return 0
  # shellcheck disable=SC2086 # lists of names
  manager stop $QD_RECREATE_SERVICES 2>&1 && podman network rm $QD_RECREATE 2>&1 </dev/null
}

# Services that go on as they are although something changed for them (restart: none), and why.
hold() {
  {
    [ -z "$QD_PENDING" ] || printf '%s\n' "$QD_PENDING"
    for service in $moved; do printf '%s\tits tag names a new image\n' "$service"; done
  } | sort -u >"$transaction/pending" || fail_write restart "$transaction" ""
}

# Where several start at once, Podman fails one now and then; systemd would try again by itself.
start_once_more() {
  states "$restarted" >"$scratch/states"
  late=$(down)
  status=0
  [ -z "$late" ] || {
    job start "$late" heeding
    status=$?
  }
}

restart() {
  # A tag that moved restarts the services whose containers run the image it used to name.
  moved=$(other_image "$before/containers" "$transaction/images")
  if [ "$QD_HOLD" = yes ]; then
    hold
    moved=""
  fi
  restarted="$QD_RESTART $moved"
  # shellcheck disable=SC2086 # a list of unit names
  restarted=$(printf '%s\n' $restarted | sort -u | tr '\n' ' ')
  restarted=${restarted% }
  [ -n "$restarted" ] || return 0
  forward restart
  printf '%s' "$restarted" >"$transaction/touched" || fail_write restart "$transaction" ""
  say restarting "$restarted"
  [ -z "$QD_RECREATE" ] || : >"$transaction/networks"
  said=$(remove_networks) || fail restart "$QD_RECREATE" cannot-recreate "$said"
  renew "$restarted" heeding
  status=$?
  [ "$status" = 0 ] || start_once_more
  tell_states "$QD_WATCHED"
  [ "$status" = 0 ] || fail_services job-failed "$(cat "$scratch/job")"
}

# Services that are not up, of those that should be.
down() {
  awk -F '\t' '$2 != "active" { printf "%s ", $1 }' "$scratch/states"
}

settle() {
  forward settle
  deadline=$(($(now) + QD_HEALTH_TIMEOUT))
  while :; do
    tell_states "$QD_WATCHED"
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
  forward stable
  while :; do
    tell_states "$QD_WATCHED"
    unsteady=$(awk -F '\t' '
      FILENAME == ARGV[1] { before[$1] = $5; next }
      $2 != "active" || $5 > before[$1] { printf "%s ", $1 }' "$scratch/settled" "$scratch/states")
    [ -z "$unsteady" ] || fail_services crash-loop "$unsteady"
    [ "$(now)" -lt "$stable" ] || break
    pause 30 "$stable"
  done
}
