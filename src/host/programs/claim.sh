# Claim: the lock is held, for it is this unit's name. What another deploy left is put right first,
# and the host must still be as the runner saw it.

# ended WORD: this transaction ends here, before it began anything.
ended() {
  trap - EXIT
  say end "$1"
  exit 0
}

# A deploy that was cut short, and that nobody could end since: its own program knows how.
repair() {
  left=$(readlink -f "$QD_STATE/transaction")
  if [ -f "$left/program" ]; then
    say repairing "$(text "$(cat "$left/holder" 2>/dev/null)")"
    /bin/sh "$left/program" recover
    [ ! -L "$QD_STATE/transaction" ] || fail claim "$QD_STATE" stuck
    tail -n 1 "$left/events" | {
      IFS=$tab read -r _ outcome
      say repaired "$outcome"
    }
  else
    # Its program never reached the disk, so it never ran.
    rm -f "$QD_STATE/transaction"
  fi
}

# standing PATH: what is there, in the words of the plan.
standing() {
  if [ -L "$1" ]; then
    printf 'link %s' "$(readlink "$1")"
  elif [ -e "$1" ]; then
    printf file
  fi
}

as_planned() {
  current=$(readlink "$QD_STATE/current")
  [ "${current##*/}" = "$QD_PREVIOUS" ] || return
  printf '%s\n' "$QD_ADD" | while IFS=$tab read -r path _ stood; do
    [ -z "$path" ] || [ "$(standing "$path")" = "$stood" ] || return
  done
}

# The guard is a unit in a file, since a transient one would not survive a reboot.
post_guard() {
  mkdir -p "$QD_GUARD_WANTS" &&
    printf '%s' "$QD_GUARD_TEXT" >"$transaction/guard" &&
    mv -T "$transaction/guard" "$QD_GUARD_PATH" &&
    put_link "$QD_GUARD_WANTS/$QD_GUARD.service" "../$QD_GUARD.service"
}

# What earlier ones left. A transaction with an empty log is about to be refused, and not ours to
# remove, unless whoever sent it is long gone.
sweep() {
  for other in "$QD_STATE"/transactions/*; do
    [ "${other##*/}" != "${transaction##*/}" ] || continue
    if [ -s "$other/events" ] || [ -n "$(find "$other" -maxdepth 0 -mmin +60)" ]; then rm -rf "$other"; fi
  done
  for other in "$QD_STATE"/releases/.[!.]*; do
    rm -rf "$other"
  done
}

claim() {
  forward claim
  manager stop "$QD_GUARD.timer" 2>/dev/null
  case $(manager show --value -p ActiveState "$QD_GUARD.service") in
    inactive | failed) ;;
    *) ended busy ;;
  esac
  [ ! -L "$QD_STATE/transaction" ] || repair
  as_planned || ended stale
  sweep
  said=$({ mkdir -p "$QD_STATE/releases" && make_scratch && put_link "$QD_STATE/transaction" "transactions/${transaction##*/}" && post_guard; } 2>&1) ||
    fail_write claim "$QD_STATE" "$said"
  [ "$(manager show --value -p LoadState "$QD_GUARD.service")" = loaded ] || fail claim "$QD_GUARD.service" cannot-guard
  # How often it was started for earlier deploys does not count for this one.
  manager reset-failed "$QD_GUARD.service" 2>/dev/null || :
}
