# Decide: the runner's word, where it comes first.

decide "$QD_STATE/transactions/$QD_TRANSACTION" "$QD_DECISION" >/dev/null
