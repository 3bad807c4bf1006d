# Confirm: where the runner asks for health as well, the last word before the end is its own.

confirm() {
  [ "$QD_CONFIRM" = yes ] || return 0
  forward confirm
  deadline=$(($(now) + QD_CONFIRM_TIMEOUT))
  while [ ! -L "$transaction/verdict" ]; do
    if [ "$(now)" -ge "$deadline" ] && [ "$(decide revert)" = revert ]; then
      fail confirm "" unconfirmed
    fi
    sleep 0.1
  done
  heed
}
