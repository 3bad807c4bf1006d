# Preview: what a deploy would find here, up to its flip. Everything is done in memory and removed
# again; nothing is pulled.

# What a tag names at its registry. A single image, which podman shows in a complaint, is told by
# its ID (the digest of its configuration), a list of them by the digest of this host's one;
# anything else is why it cannot be told.
at_registry() {
  timeout 60 podman manifest inspect "$1" 2>&1 </dev/null | awk -v machine="$machine" '
    function digest_in(part) {
      return match(part, /sha256:[0-9a-f]+/) ? substr(part, RSTART, RLENGTH) : ""
    }
    { said = said $0 }
    END {
      text = said
      gsub(/[ \t\\]/, "", text)
      if (match(text, /"config":\{[^}]*\}/)) print "id\t" digest_in(substr(text, RSTART, RLENGTH))
      else if (text ~ /"manifests":/) {
        count = split(text, parts, /\{"mediaType"|\},\{/)
        for (i = 1; i <= count; i++) if (index(parts[i], "\"architecture\":\"" machine "\"") && parts[i] ~ /"os":"linux"/) {
          print "digest\t" digest_in(parts[i])
          exit
        }
      }
      else {
        gsub(/\t/, " ", said)
        print "trouble\t" said
      }
    }'
}

# Each service with its image: what its container runs, what the name stands for here, and there.
look_at_images() {
  machine=$(podman info --format '{{.Host.Arch}}' 2>/dev/null </dev/null)
  containers >"$scratch/containers"
  printf '%s\n' "$QD_IMAGES" | while IFS=$tab read -r service image; do
    [ -z "$service" ] || printf '%s\t%s\n' "$service" "$(expand "$image")"
  done >"$scratch/images"
  cut -f 2 "$scratch/images" | sort -u >"$scratch/references"
  number=0
  while IFS= read -r image; do
    number=$((number + 1))
    {
      podman image inspect --format '{{.Id}}{{"\t"}}{{.Digest}}' "$image" 2>/dev/null || printf '\t\n'
      case $QD_PULL:$image in
        always:localhost/*) ;;
        always:*) at_registry "$image" ;;
      esac
    } >"$scratch/image.$number" </dev/null &
  done <"$scratch/references"
  wait
  while IFS=$tab read -r service image; do
    number=$(grep -nxF -e "$image" "$scratch/references" | cut -d : -f 1)
    {
      IFS=$tab read -r id digest
      IFS=$tab read -r kind there
    } <"$scratch/image.$number"
    runs=$(awk -F '\t' -v service="$service" '$1 == service { print $2; exit }' "$scratch/containers")
    say image "$service" "$image" "$runs" "$id" "$digest" "$kind" "$there"
    kind="" there=""
  done <"$scratch/images"
}

preview() {
  # shellcheck disable=SC2317 # the steps call it
  forward() { phase=$1; }
  scratch=$(umask 077 && mktemp -d "${XDG_RUNTIME_DIR:-/run}/quadlet-deploy-plan-XXXXXXXX") ||
    fail plan /run no-space
  trap 'rm -rf "$scratch"' EXIT
  if [ "$QD_NEW" = yes ]; then
    transaction=$scratch staged=$scratch/release
    cat <&3 >"$transaction/release.tar"
    unpack
    validate
    say complaints "$(text "$(cat "$scratch/complaints")")"
  fi
  look_at_images
  say end
}
