# The transaction, step by step. Everything up to the flip leaves the host as it was.

say started "$started"
# With no change in any file there is no new release: the current one is looked after.
if [ "$QD_NEW" = yes ]; then
  unpack
  validate
  pull
  flip
  reload
else
  staged=$QD_STATE/current
  pull
fi
restart
settle
health
stay_up
say finished
