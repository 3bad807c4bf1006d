# Health: the application answers, as the host itself sees it.

# http_get URL SECONDS: GET with curl or, for plain http on a host without curl, with bash.
# Leaves $scratch/head and $scratch/body; what went wrong is on standard output.
http_get() {
  : >"$scratch/head"
  : >"$scratch/body"
  if command -v curl >/dev/null; then
    curl --silent --show-error --globoff --max-time "$2" --user-agent quadlet-deploy \
      --dump-header "$scratch/head" "$1" 2>"$scratch/http-error" | head -c 4096 >"$scratch/body"
    cat "$scratch/http-error"
    return
  fi
  url=${1#http://}
  url=${url%%#*}
  where=${url%%[/?]*}
  path=${url#"$where"}
  where=${where##*@}
  case $where in
    *:*[!]]) name=${where%:*} port=${where##*:} ;;
    *) name=${where%:} port=80 ;;
  esac
  name=${name#[}
  timeout "$2" bash -c '
    exec 4<>"/dev/tcp/$1/$2" || exit
    printf "GET /%s HTTP/1.0\r\nHost: %s\r\nUser-Agent: quadlet-deploy\r\n\r\n" "$3" "$4" >&4
    head -c 8192 <&4' bash "${name%]}" "$port" "${path#/}" "$where" >"$scratch/answer" 2>"$scratch/http-error"
  [ $? != 124 ] || echo "no answer within $2 s" >>"$scratch/http-error"
  sed "/^\r*\$/q" "$scratch/answer" >"$scratch/head"
  sed "1,/^\r*\$/d" "$scratch/answer" | head -c 4096 >"$scratch/body"
  tail -n 1 "$scratch/http-error"
}

# The time for a request that begins now: 10 s or what is left, but enough for one that is quick.
request_time() {
  rest=$((deadline - $(now)))
  [ "$rest" -lt 1000 ] || rest=1000
  [ "$rest" -gt 100 ] || rest=100
  as_seconds "$rest"
}

# Whether the last answer's status is one of $statuses.
accepted() {
  for range in $statuses; do
    [ "$1" -ge "${range%-*}" ] && [ "$1" -le "${range#*-}" ] && return
  done
  return 1
}

# ask URL SECONDS: leaves the answer's status, and what went wrong.
ask() {
  trouble=$(http_get "$1" "$2")
  # The last status line: a proxy may answer "100 Continue" or "200 Connection established" first.
  status=$(sed -n 's/^HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' "$scratch/head" | tail -n 1)
}

answers() {
  ask "$1" "$2"
  [ -n "$status" ] && accepted "$status"
}

health() {
  [ -n "$QD_HEALTH_URL" ] || return 0
  forward health
  case $QD_HEALTH_URL in
    https:*) command -v curl >/dev/null || fail health "$QD_HEALTH_URL" no-http-client ;;
    *) command -v curl >/dev/null || command -v bash >/dev/null || fail health "$QD_HEALTH_URL" no-http-client ;;
  esac
  deadline=$(($(now) + QD_HEALTH_TIMEOUT))
  successes=0 last="" statuses=$QD_HEALTH_STATUS
  while :; do
    if answers "$QD_HEALTH_URL" "$(request_time)"; then
      successes=$((successes + 1))
    else
      successes=0
      tell_states "$QD_WATCHED"
      # systemd has given it up, so that it will not answer any more.
      ! grep -q "${tab}failed$tab" "$scratch/states" || fail_services service-failed
    fi
    [ "$last" = "$status$trouble" ] || say answer "${status:-0}" "$(text "$trouble")"
    last=$status$trouble
    if [ "$successes" -ge "$QD_HEALTH_SUCCESSES" ]; then
      say healthy "$status" "$(head -c 1024 "$scratch/body" | base64 | tr -d '\n')"
      return
    fi
    if [ "$(now)" -ge "$deadline" ]; then
      say response "${status:-0}" "$(sed -n 's/^[Ll]ocation: *//p' "$scratch/head" | tr -d '\r' | base64 | tr -d '\n')" \
        "$(head -c 1024 "$scratch/body" | base64 | tr -d '\n')"
      fail_services unhealthy "$trouble"
    fi
    pause "$QD_HEALTH_INTERVAL" "$deadline"
  done
}
