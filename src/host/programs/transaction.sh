# The transaction, step by step. Everything up to "stop" leaves the host as it was.

deploy() {
  # Whoever is stopped stops; the guard puts back. An end by itself puts back itself.
  trap 'trap - EXIT; exit 1' TERM INT HUP
  trap undo EXIT
  say started "$(date +%s)"
  claim
  if [ "$QD_NEW" = yes ]; then unpack; fi
  if [ "$QD_NEW" != no ]; then validate; fi
  save
  pull
  arm
  # With no change in any file there is no new release: the current one is looked after.
  if [ "$QD_NEW" != no ]; then
    stop_removed
    flip
    reload
  fi
  restart
  settle
  health
  prove
  stay_up
  confirm
  commit
}

exec >>"$transaction/events"
case $1 in
  deploy) deploy ;;
  guard) guard ;;
  recover) recover ;;
esac
