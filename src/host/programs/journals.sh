# Says the last journal lines of services, for a failure that the runner noticed.

started=$QD_SINCE
for service in $QD_HEALTH_SERVICES; do
  say journal "$service" "$(text "$(journal "$service")")"
done
