# Says everything that a deploy may change on a host, a line each, in fields apart by tabs.
# Runs as the owner of the units. Parameters: qdir udir state manager services ports
line() {
  printf '%s' "$1"
  shift
  printf '\t%s' "$@"
  printf '\n'
}

find "$qdir" "$udir" -mindepth 1 ! -type d -printf 'entry\t%p\t%l\n' 2>/dev/null
# One of these makes Quadlet load nothing at all.
find "$qdir" "$udir" "$state/current/" -xtype l -printf 'dangling\t%p\n' 2>/dev/null
find "$state" -mindepth 1 -maxdepth 1 -printf 'state\t%f\n' 2>/dev/null
line current "$(readlink "$state/current")"
for release in "$state"/releases/* "$state"/releases/.[!.]*; do
  [ ! -e "$release" ] ||
    line release "${release##*/}" "$(sed -n 's/^IMAGE_TAG=//p' "$release/.env" 2>/dev/null)"
done
find "$state/transactions" -mindepth 1 -maxdepth 1 -printf 'transaction\t%f\n' 2>/dev/null
find "$qdir" "$udir" -lname '*quadlet-deploy/*' | while IFS= read -r link; do
  line file "$link" "$(base64 -w0 <"$link")"
done
line file "$qdir/.env" "$(base64 -w0 <"$qdir/.env")"

# shellcheck disable=SC2086 # lists of units
systemctl "--$manager" show -p Id -p LoadState -p ActiveState -p SubState -p Result -p SourcePath \
  -p InvocationID -p NeedDaemonReload -p Environment -p ExecStart $services | sed 's/^/unit\t/'
systemctl "--$manager" list-units --all --plain --no-legend 'quadlet-deploy*' |
  while read -r unit _ active rest; do
    # One that is over stays in systemd's memory for as long as it likes.
    [ "$active" = inactive ] || line helper "$unit" "$active $rest"
  done
systemctl "--$manager" list-unit-files --plain --no-legend 'quadlet-deploy*' |
  while read -r unit state; do line helper "$unit" "$state"; done

podman ps --all --no-trunc --format 'container\t{{.Names}}\t{{.State}}\t{{.ImageID}}'
podman images --all --no-trunc --format 'image\t{{.ID}}\t{{.Repository}}:{{.Tag}}'
podman network ls --format 'network\t{{.Name}}'

for port in $ports; do
  line health "$port" "$(curl -s --max-time 3 "http://127.0.0.1:$port/health/")"
done

find /tmp /var/tmp "${XDG_RUNTIME_DIR:-/run}" -maxdepth 1 -name '*quadlet-deploy*' \
  -printf 'temporary\t%p\n' 2>/dev/null
# Whoever still reads the event log, or runs the program.
pgrep -af "$state/transaction" | while read -r pid command; do
  line process "$pid" "$command"
done
