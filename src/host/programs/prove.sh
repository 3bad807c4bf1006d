# Prove: it is the new container that runs, not the old one that goes on answering.

# Services of the list that run under the same invocation as before.
same_invocation() {
  # shellcheck disable=SC2086 # a list of unit names
  unit_states InvocationID -- $1 | awk -F '\t' '
    FILENAME == ARGV[1] { before[$1] = $3; next }
    $2 != "" && before[$1] == $2 { printf "%s ", $1 }' "$before/services" -
}

prove() {
  [ -n "$restarted" ] || return 0
  forward prove
  old=$(same_invocation "$restarted")
  [ -z "$old" ] || fail_services not-restarted "$old"
  containers >"$scratch/containers"
  old=$(other_image "$scratch/containers" "$transaction/images")
  # What was to go on as it was runs the image of before.
  [ "$QD_HOLD" = no ] || old=""
  [ -z "$old" ] || fail_services old-image "$old"
}
