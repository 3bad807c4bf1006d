#!/bin/sh
# What units see of the official image: arguments pass through, the server runs as redis.
set -e
case ${1-} in '' | -* | *.conf) set -- redis-server "$@" ;; esac
[ "$1" = redis-server ] || exec "$@"
chown -R redis:redis /data
exec setpriv --reuid=redis --regid=redis --clear-groups "$@" --protected-mode no
