# Reload: every unit must be loaded, and from our file.

# Says the first unit that is not as it should be: name, what is wrong, and what systemd says.
strangers() {
  printf '%s\n' "$QD_EXPECTED" | while IFS=$tab read -r service place source; do
    case $service in "" | *@.*) continue ;; esac
    case $place in quadlet) path=SourcePath ;; *) path=FragmentPath ;; esac
    loaded=$(manager show -p LoadState -p "$path" "$service" 2>&1)
    case $loaded in
      *LoadState=loaded*) ;;
      *)
        printf '%s\t%s\t%s' "$service" not-loaded "$(text "$loaded")"
        break
        ;;
    esac
    from=$(printf '%s\n' "$loaded" | sed -n "s/^$path=//p")
    [ "$(readlink -f "$from")" = "$(readlink -f "$source")" ] || {
      printf '%s\t%s\t%s' "$service" not-ours "$(text "$from")"
      break
    }
  done
}

reload() {
  forward reload
  # Twice, for two generators at once can spoil each other's work (podman#29004).
  for try in first second; do
    said=$(manager daemon-reload 2>&1) || fail reload systemd cannot-reload "$said"
    stranger=$(strangers)
    [ -n "$stranger" ] || break
  done
  [ -z "$stranger" ] || {
    IFS=$tab read -r service code said <<STRANGER
$stranger
STRANGER
    say fail reload "$service" "$code" "$said"
    exit 1
  }
  # shellcheck disable=SC2086 # a list of unit names
  [ -z "$QD_STOP" ] || manager reset-failed $QD_STOP 2>/dev/null
}
