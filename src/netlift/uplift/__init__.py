"""Does a model know whom an offer moves, and what is a rule of who gets what worth?

checks       inputs that cannot be answered are refused here, with what to do
estimate     a number with its interval; half-sample bootstrap
ranking      binary offers: gain and Qini curves per capita, their areas, uplift at a share
rate         rank-weighted average treatment effect: AUTOC and Qini weights, on doubly robust scores
costs        several offers with costs: gain against spend, beside the same offers without targeting
calibration  is a predicted effect of 1 an effect of 1?
diagnostics  treated-share gap, overlap and effective sample size, balance and leaks
scores       doubly robust scores, and cross-fitted linear predictions of the outcome
policy       value of a rule: DM, IPS, SNIPS, DR, Switch-DR, DRos
compare      a rule beside no offer, best single arm, ranking by response and random
dialects     the same names in scikit-uplift and causalml mean other numbers: theirs, to compare with
"""
