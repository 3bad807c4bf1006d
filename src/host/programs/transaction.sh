# What every step of the transaction uses.

manager() {
  systemctl "--$QD_MANAGER" --no-ask-password "$@"
}

# Hundredths of a second since boot: unlike the clock, it never jumps. Durations come in them too.
now() {
  read -r uptime _ </proc/uptime
  # The 1 keeps the fraction's leading zero from making it an octal number.
  printf '%s' "$((100 * ${uptime%.*} + 1${uptime#*.} - 100))"
}

# as_seconds HUNDREDTHS: as sleep, timeout and curl want them.
as_seconds() {
  printf '%d.%02d' "$(($1 / 100))" "$(($1 % 100))"
}

# pause HUNDREDTHS DEADLINE: sleeps, but not past the deadline.
pause() {
  rest=$(($2 - $(now)))
  [ "$rest" -lt "$1" ] || rest=$1
  [ "$rest" -le 0 ] || sleep "$(as_seconds "$rest")"
}

begin() {
  phase=$1
  say step "$1"
}

started=$(date +%s)
staged=$QD_STATE/releases/.$QD_RELEASE
scratch=$(mktemp -d "${TMPDIR:-/tmp}/quadlet-deploy-XXXXXXXX") || fail unpack "${TMPDIR:-/tmp}" no-space
trap 'rm -rf "$scratch" "$QD_STATE/releases/.$QD_RELEASE"' EXIT
