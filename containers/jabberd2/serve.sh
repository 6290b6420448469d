#!/bin/sh
# jabberd2 is several processes that find each other by the router. Where one ends, all end. What is loaded before them,
# workarounds.c tells.
# The certificate and its key are wanted in one file.
cat /etc/touchstone/server.crt /etc/touchstone/server.key >/run/jabberd2/server.pem
rm -f /run/jabberd2/*.pid
all=
trap 'kill $all 2>/dev/null' TERM
begin() {
  LD_PRELOAD=/usr/local/lib/workarounds.so "jabberd2-$1" -c "/etc/jabberd2/$2.xml" &
  all="$all $!"
}
begin router router
begin sm sm
begin c2s c2s
begin c2s c2s-web
while kill -0 $all 2>/dev/null; do
  sleep 0.5 &
  wait $!
done
kill $all 2>/dev/null
wait
