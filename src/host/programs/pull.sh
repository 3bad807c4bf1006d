# Pull: images are on the host before any service stops.

env_value() {
  read_env 'function assignment() { if (key == name) last = value } END { printf "%s", last }' \
    "$1" <"$staged/.env"
}

# Expands ${NAME} from the release's .env, as systemd will when the service starts.
expand() {
  rest=$1 expanded=""
  while :; do
    case $rest in
      *'${'*'}'*)
        expanded=$expanded${rest%%'${'*}
        rest=${rest#*'${'}
        expanded=$expanded$(env_value "${rest%%'}'*}")
        rest=${rest#*'}'}
        ;;
      *) break ;;
    esac
  done
  printf '%s' "$expanded$rest"
}

pull_one() {
  case $QD_PULL:$1 in
    never:* | missing:* | *:localhost/*) podman image exists "$1" 2>/dev/null && return ;;
  esac
  if [ "$QD_PULL" = never ]; then
    echo "the host does not have it, and pull is never"
    return 1
  fi
  podman pull --quiet "$1"
}

# The image with its ID, which says whether a container runs it, and its digest, for the record.
identify() {
  identity=$(podman image inspect --format '{{.Id}}{{"\t"}}{{.Digest}}' "$1") &&
    printf '%s\t%s\n' "$1" "$identity"
}

pull() {
  begin pull
  : >"$scratch/identities"
  printf '%s\n' "$QD_IMAGES" | while IFS=$tab read -r service image; do
    [ -z "$service" ] || printf '%s\t%s\n' "$service" "$(expand "$image")"
  done >"$scratch/images"
  cut -f 2 "$scratch/images" | sort -u >"$scratch/references"
  # Side by side: each waits for the registry more than for this host.
  number=0
  while IFS= read -r image; do
    number=$((number + 1))
    (pull_one "$image" && identify "$image" >"$scratch/pulled.$number") \
      >"$scratch/pull.$number" 2>&1 </dev/null &
  done <"$scratch/references"
  wait
  number=0
  while IFS= read -r image; do
    number=$((number + 1))
    [ -s "$scratch/pulled.$number" ] || fail pull "$image" no-image "$(cat "$scratch/pull.$number")"
    cat "$scratch/pulled.$number" >>"$scratch/identities"
  done <"$scratch/references"
  awk -F '\t' '
    FILENAME == ARGV[1] { identity[$1] = $2 "\t" $3; next }
    { print $0 "\t" identity[$2] }' "$scratch/identities" "$scratch/images" |
    while IFS=$tab read -r service image id digest; do
      say image "$service" "$image" "$id" "$digest"
      printf '%s\t%s\n' "$service" "$id" >>"$scratch/wanted"
    done
}

# Services whose container runs another image than their unit names now: the tag moved.
moved_images() {
  [ -f "$scratch/wanted" ] || return 0
  podman ps --no-trunc --format '{{index .Labels "PODMAN_SYSTEMD_UNIT"}}{{"\t"}}{{.ImageID}}' \
    </dev/null >"$scratch/running" 2>/dev/null
  while IFS=$tab read -r service id; do
    running=$(sed -n "s/^$service$tab//p" "$scratch/running" | head -n 1)
    [ -z "$running" ] || [ "${running#sha256:}" = "${id#sha256:}" ] || printf '%s ' "$service"
  done <"$scratch/wanted"
}
