# Decide: the runner's word, where it comes first.

ln -s "$QD_DECISION" "$QD_STATE/transactions/$QD_TRANSACTION/verdict" 2>/dev/null
