# When a service fails: which it was. What it said is read by the login, who may read more of the
# journal than the owner of the units.

# fail_services CODE [TEXT]: the services that are down, or else those that the health check asks.
# Some codes bring their own list as TEXT.
fail_services() {
  tell_states "$QD_WATCHED"
  suspects=$(down) said=${2-}
  case $1 in crash-loop | not-restarted | old-image) suspects=$2 said="" ;; esac
  [ -n "$suspects" ] || suspects=$QD_HEALTH_SERVICES
  say suspects "$suspects" "$(date +%s.%N)"
  fail "$phase" "${suspects% }" "$1" "$said"
}
