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

# A pull that never ends would hold the lock for good.
fetch() {
  timeout 1200 podman pull --quiet "$1"
}

# The very image that the release ran before: by its ID, or else by its digest.
pull_recorded() {
  recorded=$(awk -F '\t' -v image="$1" '$2 == image { print $3 "\t" $4; exit }' "$staged/images" 2>/dev/null)
  id=${recorded%"$tab"*} digest=${recorded#*"$tab"}
  [ -n "$id" ] || return
  podman image exists "$id" || {
    name=$1
    case ${name##*/} in *:*) name=${name%:*} ;; esac
    [ -n "$digest" ] && fetch "$name@$digest" || return
  }
  podman tag "$id" "$1"
}

pull_one() {
  case $QD_PULL:$1 in
    recorded:*) ! pull_recorded "$1" || return 0 ;;
  esac
  case $QD_PULL:$1 in
    never:* | missing:* | recorded:* | *:localhost/*) podman image exists "$1" 2>/dev/null && return ;;
  esac
  if [ "$QD_PULL" = never ]; then
    echo "the host does not have it, and pull is never"
    return 1
  fi
  fetch "$1"
}

# The image with its ID, which says whether a container runs it, and its digest, for the record.
identify() {
  identity=$(podman image inspect --format '{{.Id}}{{"\t"}}{{.Digest}}' "$1") &&
    printf '%s\t%s\n' "$1" "$identity"
}

# What a name stood for before it is pulled: a tag may move, and a revert moves it back.
remember_image() {
  id=$(podman image inspect --format '{{.Id}}' "$1" 2>/dev/null)
  printf '%s\t%s\n' "$1" "$id" >"$before/image.$2"
}

pull() {
  forward pull
  printf '%s\n' "$QD_IMAGES" | while IFS=$tab read -r service image; do
    [ -z "$service" ] || printf '%s\t%s\n' "$service" "$(expand "$image")"
  done >"$scratch/images"
  # Where other apps' reverts see it, and leave these images alone.
  cut -f 2 "$scratch/images" | sort -u >"$transaction/references" || fail_write pull "$transaction" ""
  # Side by side: each waits for the registry more than for this host.
  number=0
  while IFS= read -r image; do
    number=$((number + 1))
    (remember_image "$image" "$number" && pull_one "$image" && identify "$image" >"$scratch/pulled.$number") \
      >"$scratch/pull.$number" 2>&1 </dev/null &
  done <"$transaction/references"
  wait
  heed
  : >"$scratch/identities"
  number=0
  while IFS= read -r image; do
    number=$((number + 1))
    [ -s "$scratch/pulled.$number" ] || fail pull "$image" no-image "$(cat "$scratch/pull.$number")"
    cat "$scratch/pulled.$number" >>"$scratch/identities"
  done <"$transaction/references"
  awk -F '\t' '
    FILENAME == ARGV[1] { identity[$1] = $2 "\t" $3; next }
    { print $0 "\t" identity[$2] }' "$scratch/identities" "$scratch/images" >"$transaction/images" ||
    fail_write pull "$transaction" ""
  while IFS=$tab read -r service image id digest; do
    say image "$service" "$image" "$id" "$digest"
  done <"$transaction/images"
  [ "$QD_NEW" != yes ] || record "$staged"
}

# record RELEASE: which images it runs, and how it is asked for health.
record() {
  said=$({ cp "$transaction/images" "$1/images" && printf '%s\n%s\n' "$QD_HEALTH_URL" "$QD_HEALTH_STATUS" >"$1/health" && record_pending "$1"; } 2>&1) ||
    fail_write "$phase" "$1" "$said"
}

# record_pending RELEASE: services that still have to restart for it.
record_pending() {
  if [ -s "$transaction/pending" ]; then cp "$transaction/pending" "$1/pending"; else rm -f "$1/pending"; fi
}

# other_image FILE: services whose container runs another image than the file says (service, …, ID).
other_image() {
  awk -F '\t' '
    FILENAME == ARGV[1] { running[$1] = $2; next }
    $1 in running { id = $3; sub(/^sha256:/, "", id); if (running[$1] != id) printf "%s ", $1 }' "$1" "$2"
}
