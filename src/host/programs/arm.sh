# Arm: from here on the host puts everything back by itself, whatever becomes of this program. Its
# death starts the guard at once (OnFailure=); the dead man's timer is for one that hangs.

arm() {
  forward arm
  # These files alone: all of the disk would wait for the layers that were just pulled.
  find "$transaction" "$staged" -exec sync "$QD_STATE" {} + 2>/dev/null || sync
  said=$(systemd-run "--$QD_MANAGER" --no-ask-password --quiet --on-active="$QD_DEADLINE" \
    --timer-property=AccuracySec=100ms --unit="$QD_GUARD.service" 2>&1) || fail arm "$QD_GUARD.timer" cannot-arm "$said"
}
