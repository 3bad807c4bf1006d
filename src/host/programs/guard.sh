# Guard: ends a transaction whose own program is dead, hangs, or ran before the host did.

# guard: as the guard's own service. The transaction, if it still is there, hangs.
guard() {
  if [ "$(decide "$transaction" revert)" = commit ]; then
    # It is ending; it gets the time for that.
    deadline=$(($(now) + 3000))
    while manager is-active --quiet "$QD_UNIT.service" && [ "$(now)" -lt "$deadline" ]; do sleep 0.2; done
  fi
  manager stop "$QD_UNIT.service" 2>/dev/null
  recover
}

# recover: as the guard, or in a later transaction that holds the lock.
recover() {
  is_claimed || return 0
  say guarding
  make_scratch
  if [ "$(decide "$transaction" revert)" = commit ]; then finish; else revert; fi
}
