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

# Whether this is the transaction that is open.
is_claimed() {
  [ "$(readlink -f "$QD_STATE/transaction")" = "$transaction" ]
}

# Nobody but its owner looks into it: there are pieces of .env.
make_scratch() {
  rm -rf "$scratch" && mkdir -m 700 "$scratch"
}

# A step begins. Tests hold one open with a file of its name, to break things in it.
begin() {
  phase=$1
  say step "$1"
  while [ -e "$QD_STATE/hold/$1" ]; do sleep 0.05; done
}

# A step of the way forward, which ends where somebody has called the deploy off.
forward() {
  begin "$1"
  heed
}

heed() {
  [ ! -e "$transaction/verdict/revert" ] || {
    say called-off
    exit 1
  }
}

# pause HUNDREDTHS DEADLINE: sleeps, but not past the deadline.
pause() {
  heed
  rest=$(($2 - $(now)))
  [ "$rest" -lt "$1" ] || rest=$1
  [ "$rest" -le 0 ] || sleep "$(as_seconds "$rest")"
}

# put_link PATH TARGET: in place by one rename, over whatever link or file stood there. It is made
# elsewhere, so that no half-made link is ever seen beside the units.
put_link() {
  ln -sfn "$2" "$transaction/link" && mv -T "$transaction/link" "$1"
}

# unit_states PROPERTY... -- UNIT...: a line each, the name and the properties, apart by tabs.
unit_states() {
  properties="" names=Id
  while [ "$1" != -- ]; do
    properties="$properties -p $1" names="$names $1"
    shift
  done
  shift
  [ $# -gt 0 ] || return 0
  # shellcheck disable=SC2086 # a list of options
  manager show -p Id $properties "$@" | awk -v names="$names" '
    BEGIN { count = split(names, name, " ") }
    function flush(   i, line) {
      if ("Id" in v) {
        line = v["Id"]
        for (i = 2; i <= count; i++) line = line "\t" v[name[i]]
        print line
      }
      split("", v)
    }
    $0 == "" { flush(); next }
    { equals = index($0, "="); v[substr($0, 1, equals - 1)] = substr($0, equals + 1) }
    END { flush() }'
}

# fail_write STEP PATH TEXT
fail_write() {
  fail "$1" "$2" cannot-write "$3
$(room "$QD_STATE")"
}

transaction=$(readlink -f "${0%/*}")
before=$transaction/before
# In memory, for the disk may be full. One app has one, as it has one lock.
scratch=${XDG_RUNTIME_DIR:-/run}/quadlet-deploy-$QD_APP
staged=$QD_STATE/releases/.$QD_RELEASE
[ "$QD_NEW" = yes ] || staged=$QD_STATE/releases/$QD_RELEASE
