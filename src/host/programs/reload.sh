# Reload: every unit must be loaded, and from our file.

reload() {
  begin reload
  said=$(manager daemon-reload 2>&1) || fail reload systemd cannot-reload "$said"
  # shellcheck disable=SC2086 # a list of unit names
  [ -z "$QD_STOP" ] || manager reset-failed $QD_STOP 2>/dev/null
  printf '%s\n' "$QD_EXPECTED" | while IFS=$tab read -r service source; do
    case $service in "" | *@.service) continue ;; esac
    loaded=$(manager show -p LoadState -p SourcePath "$service" 2>&1)
    case $loaded in
      *LoadState=loaded*) ;;
      *) fail reload "$service" not-loaded "$loaded" ;;
    esac
    from=$(printf '%s\n' "$loaded" | sed -n 's/^SourcePath=//p')
    [ "$(readlink -f "$from")" = "$(readlink -f "$source")" ] || fail reload "$service" not-ours "$from"
  done || exit 1
}
