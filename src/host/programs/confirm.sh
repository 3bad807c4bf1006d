# Confirm: where the runner asks for health as well, the last word before the end is its own.

confirm() {
  [ "$QD_CONFIRM" = yes ] || return 0
  forward confirm
  deadline=$(($(now) + QD_CONFIRM_TIMEOUT))
  while [ ! -e "$transaction/verdict" ]; do
    if [ "$(now)" -ge "$deadline" ] && [ "$(decide "$transaction" revert)" = revert ]; then
      fail confirm "" unconfirmed
    fi
    sleep 0.1
  done
  heed
}
