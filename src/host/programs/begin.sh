# Begin: hands the transaction over to systemd, where no lost connection can end it. The unit's name
# is the lock: a second one is refused, and systemd frees it however the holder ends.

# The program comes over standard input, the release over descriptor 3.
receive() {
  mkdir -p "$QD_STATE/transactions" && mkdir "$transaction" && words "$transaction" &&
    printf '%s\n' "$QD_HOLDER" >"$transaction/holder" &&
    cat >"$transaction/program" &&
    { [ "$QD_NEW" != yes ] || cat <&3 >"$transaction/release.tar"; } &&
    : >"$transaction/events"
}

begin_transaction() {
  mkdir -p "$QD_STATE" 2>/dev/null
  umask 077
  said=$(receive 2>&1) || {
    said="$said
$(room "$QD_STATE")"
    rm -rf "$transaction"
    fail begin "$QD_STATE" cannot-write "$said"
  }
  # A guard that gave up would keep the name of the lock; what it left is put right in the claim.
  systemctl "--$QD_MANAGER" --no-ask-password reset-failed "$QD_UNIT.service" "$QD_GUARD.service" 2>/dev/null
  said=$(systemd-run "--$QD_MANAGER" --no-ask-password --quiet --collect --unit="$QD_UNIT.service" \
    --description="$QD_HOLDER" --service-type=exec -p "OnFailure=$QD_GUARD.service" \
    -p "RuntimeMaxSec=$QD_TIME" -p TimeoutStopSec=10 /bin/sh "$transaction/program" deploy 2>&1) && return
  rm -rf "$transaction"
  case $(systemctl "--$QD_MANAGER" show --value -p ActiveState "$QD_UNIT.service") in
    inactive | failed) fail begin "$QD_UNIT.service" cannot-begin "$said" ;;
  esac
  say busy
  exit 0
}

transaction=$QD_STATE/transactions/$QD_TRANSACTION
