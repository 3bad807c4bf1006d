# Commit: the release stays. From the verdict on, whoever ends this ends it this way.

commit() {
  begin commit
  [ "$(decide "$transaction" commit)" = commit ] || {
    heed
    exit 1
  }
  trap - EXIT
  finish
}

# What is left to do after the verdict; the guard may have to do it, or to do it again.
finish() {
  begin tidy
  release=$(readlink "$QD_STATE/current")
  # Where no new release was made, a tag may still name another image than was recorded.
  (record "$QD_STATE/releases/${release##*/}") >/dev/null
  prune
  close
  say end committed
}

# Releases whose files a container has mounted: it would be left with an empty folder.
mounted() {
  cat /proc/[0-9]*/mountinfo 2>/dev/null |
    sed -n "s|.*/quadlet-deploy/$QD_APP/releases/\([^/ ]*\).*|\1|p" | sort -u
}

# Releases beyond the newest few go, with the images that no other release of this owner needs.
# What was adopted stays: it may exist nowhere else.
prune() {
  kept=0 gone="" in_use=$(mounted)
  for release in $(printf '%s\n' "$QD_STATE"/releases/[0-9]* | sort -r); do
    release=${release##*/}
    case $release in
      "$QD_RELEASE" | "$QD_PREVIOUS") kept=$((kept + 1)) && continue ;;
    esac
    if [ "$kept" -lt "$QD_KEEP" ]; then kept=$((kept + 1)) && continue; fi
    ! printf '%s\n' "$in_use" | grep -qxF -e "$release" || continue
    gone="$gone $release"
  done
  for release in $gone; do
    cut -f 3 "$QD_STATE/releases/$release/images" >>"$scratch/unneeded" 2>/dev/null
    mv -T "$QD_STATE/releases/$release" "$QD_STATE/releases/.$release" && rm -rf "$QD_STATE/releases/.$release"
  done
  [ -z "$gone" ] || say pruned "${gone# }"
  [ ! -f "$scratch/unneeded" ] || remove_images "$scratch/unneeded"
}

# remove_images FILE: of the images with these IDs, those that no release of any app has recorded,
# nor one that is about to be. Without --force podman keeps what a container uses or another name
# stands for.
remove_images() {
  cut -f 3 "${QD_STATE%/*}"/*/releases/*/images "${QD_STATE%/*}"/*/releases/.[!.]*/images 2>/dev/null |
    sort -u >"$scratch/needed"
  sort -u "$1" | grep -vxF -f "$scratch/needed" | while IFS= read -r id; do
    [ -z "$id" ] || podman rmi "$id" >/dev/null 2>&1 </dev/null
  done
}

# Nothing is open any more; the log stays until the next transaction.
close() {
  manager stop "$QD_GUARD.timer" 2>/dev/null
  rm -rf "$before" "$scratch" "$transaction/release.tar" "$transaction/link" "$transaction/touched" \
    "$transaction/networks" "$transaction/pending"
  rm -f "$QD_STATE/transaction" "$QD_GUARD_WANTS/$QD_GUARD.service" "$QD_GUARD_PATH"
}
