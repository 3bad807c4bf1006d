# Follow: the transaction's log from a line on, until it ends or waits for the runner. Lines of the
# log start with a tab; each travels with the run's token and the word "log" before it.

alive() {
  for unit in "$QD_UNIT" "$QD_GUARD"; do
    case $(systemctl "--$QD_MANAGER" show --value -p ActiveState "$unit.service") in
      inactive | failed) ;;
      *) return 0 ;;
    esac
  done
  return 1
}

# What a transaction that is dead, and its guard, left.
leftover() {
  if [ "$(readlink -f "$QD_STATE/transaction")" = "$(readlink -f "$transaction")" ]; then
    printf open
  elif sed -n "s/^${tab}step${tab}//p" "$transaction/events" | grep -qvx claim; then
    printf closed
  else
    # It died before it could change anything; its name would stay in systemd's list of failures.
    systemctl "--$QD_MANAGER" --no-ask-password reset-failed "$QD_UNIT.service" 2>/dev/null
    printf unclaimed
  fi
}

# next_line: the log's next line, in $line. One that is still being written waits in $part.
next_line() {
  IFS= read -r line <&5 || {
    part=$part$line
    return 1
  }
  line=$part$line part=""
}

follow() {
  [ -f "$transaction/events" ] || {
    say absent
    return
  }
  exec 5<"$transaction/events"
  number=0 quiet=0 dead=0 part="" last=""
  while :; do
    # The shell itself reads: a process for each look would be a load on a small host.
    while next_line; do
      number=$((number + 1))
      [ "$number" -gt "$QD_FROM" ] || continue
      printf '%s\tlog%s\n' "$QD_TOKEN" "$line"
      quiet=0 last=$line
    done
    case $last in
      "${tab}end${tab}"* | "${tab}step${tab}confirm") return ;;
    esac
    # Between the end of one and the start of its guard a moment may pass.
    quiet=$((quiet + 1))
    if [ "$((quiet % 10))" = 0 ]; then
      if alive; then dead=0; else dead=$((dead + 1)); fi
      [ "$dead" -lt 3 ] || {
        say dead "$(leftover)"
        return
      }
    fi
    sleep 0.1
  done
}

transaction=$QD_STATE/transactions/$QD_TRANSACTION
