# Starts Redis with a password, in whichever image it is. The password is in no command line, where every process of the node
# could read it.
if command -v run-redis >/dev/null; then
    # The image of sclorg takes REDIS_PASSWORD by itself.
    exec container-entrypoint run-redis
fi
set -- redis-server -
if command -v docker-entrypoint.sh >/dev/null; then
    # That of Redis gives its user up where it is root.
    set -- docker-entrypoint.sh "$@"
fi
# A text in quotes, as a file of settings has it.
quoted=$(printf '%s' "$REDIS_PASSWORD" | sed 's/[\\"]/\\&/g')
exec "$@" <<EOF
requirepass "$quoted"
EOF
