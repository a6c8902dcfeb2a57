"""Step 6 of the line: several choices, frozen, with what each is expected to earn and how that will be proved.

artefact      a plan: its head, its rows, written, read, told apart by their content
codec         its JSON
limits        what a merchant allows, as TOML
pool          who could get what: the response table, cut down
rows          limits as rows of an allocation problem
choose        one choice with its certificate
alternatives  four to six choices that differ
curve         what every budget would earn
errors        how errors of a response hang together
winner        the winner's curse, by other folds or by shrinkage
worth         value with its uncertainty
rivals        simple answers beside a plan
hold_out      the experiment that proves a plan
explore       offers by chance, to go on learning
build         a plan out of a choice
make          all of it: `make_plans`
explain       why a plan is what it is; `told` its figures, `people` who gets what
laws          prices against cost, floor and the lowest of late
diff          two plans held against each other
exposures     a plan as the log of an experiment
calendar      public promotions by week; `shelves` what they run on
"""
