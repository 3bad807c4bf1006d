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

follow() {
  [ -f "$transaction/events" ] || {
    say absent
    return
  }
  quiet=0
  while :; do
    total=$(wc -l <"$transaction/events")
    if [ "$total" -gt "$QD_FROM" ]; then
      sed -n "$((QD_FROM + 1)),${total}s/^/$QD_TOKEN${tab}log/p" "$transaction/events"
      QD_FROM=$total quiet=0
      case $(sed -n "${total}p" "$transaction/events") in
        "${tab}end${tab}"* | "${tab}step${tab}confirm") return ;;
      esac
    else
      # Between the end of one and the start of its guard a moment may pass.
      quiet=$((quiet + 1))
      if [ "$((quiet % 20))" = 0 ]; then
        if alive; then dead=0; else dead=$((dead + 1)); fi
        [ "$dead" -lt 3 ] || {
          say dead "$(leftover)"
          return
        }
      fi
      sleep 0.05
    fi
  done
}

transaction=$QD_STATE/transactions/$QD_TRANSACTION
dead=0
