# What every step of the transaction uses.

manager() {
  systemctl "--$QD_MANAGER" --no-ask-password "$@"
}

# Seconds since boot: unlike the clock, it never jumps.
now() {
  read -r uptime _ </proc/uptime
  printf '%s' "${uptime%.*}"
}

begin() {
  phase=$1
  say step "$1"
}

started=$(date +%s)
staged=$QD_STATE/releases/.$QD_RELEASE
scratch=$(mktemp -d "${TMPDIR:-/tmp}/quadlet-deploy-XXXXXXXX") || fail unpack "${TMPDIR:-/tmp}" no-space
trap 'rm -rf "$scratch" "$QD_STATE/releases/.$QD_RELEASE"' EXIT
