# Becomes the owner of the units, with the environment that the owner's manager needs.
# Runs as the login, or as root where the login uses sudo; the program of the owner follows.

# A user's services end with the last session, and start at no boot, unless the user lingers.
linger() {
  [ -e "/var/lib/systemd/linger/$owner" ] && return
  [ "$QD_PREPARE" = yes ] || {
    say linger off
    return
  }
  said=$(loginctl --no-ask-password enable-linger "$owner" 2>&1) || fail facts "$owner" no-linger "$said"
  say linger enabled
}

# The user's manager comes up after lingering is switched on.
bus() {
  waited=0
  while [ ! -S "$runtime/bus" ]; do
    [ "$waited" -lt 100 ] || fail facts "$owner" no-bus
    sleep 0.1
    waited=$((waited + 1))
  done
}

# Rootless units wait up to 90 s for network-online.target, which nothing pulls in on some
# hosts. Root can end that wait before it begins.
network_online() {
  systemctl is-active --quiet network-online.target && return
  if [ "$(id -u)" = 0 ] && [ "$QD_PREPARE" = yes ]; then
    systemctl --no-ask-password --no-block start network-online.target 2>/dev/null
    say network-online started
  else
    say network-online inactive
  fi
}

# The owner's groups, and the journal's: what a failed service said is in the system's journal
# where the owner is a system user (UID below 1000).
groups_of_owner() {
  printf '%s %s' "$(id -G "$owner")" "$(getent group systemd-journal | cut -d: -f3)" | sed 's/ *$//; s/ /,/g'
}

enter() {
  [ -d /run/systemd/system ] || fail facts systemd no-systemd
  login=$(id -un)
  if [ "$QD_SCOPE" = rootful ]; then
    [ "$(id -u)" = 0 ] || fail facts "$login" not-root
    owner_home=/root become=""
    return
  fi
  owner=${QD_OWNER:-$login}
  owner_uid=$(id -u "$owner" 2>/dev/null) || fail facts "$owner" no-user
  [ "$owner_uid" != 0 ] || fail facts "$owner" root-owner
  owner_home=$(getent passwd "$owner" | cut -d: -f6)
  [ -d "$owner_home" ] || fail facts "$owner" no-home "$owner_home"
  runtime=/run/user/$owner_uid
  become=""
  if [ "$owner" != "$login" ]; then
    [ "$(id -u)" = 0 ] || fail facts "$owner" cannot-become
    become="setpriv --reuid $owner_uid --regid $(id -g "$owner") --groups $(groups_of_owner) --"
  fi
  linger
  bus
  network_online
}

enter
# Uploads of runs that ended before anybody took them; a day is longer than any deploy.
find /tmp -maxdepth 1 -name "quadlet-deploy-*" -user "$(id -un)" -mmin +1440 -exec rm -rf {} + 2>/dev/null
# The uploaded release, opened here because the owner may not read the login's files.
if [ -n "${QD_ARCHIVE-}" ]; then
  exec 3<"$QD_ARCHIVE"
  rm -rf "${QD_ARCHIVE%/*}"
fi
cd "$owner_home" || fail facts "$owner_home" no-home
set -- HOME="$owner_home" PATH="$PATH:/usr/sbin:/sbin"
[ "$QD_SCOPE" = rootful ] || set -- "$@" USER="$owner" LOGNAME="$owner" XDG_RUNTIME_DIR="$runtime" \
  DBUS_SESSION_BUS_ADDRESS="unix:path=$runtime/bus"
