"""Who will buy, and for how much: several families of models behind one protocol, judged by time.

family       what a family is: settings, search space, one way to be fitted and asked; `FAMILIES` finds them
families     linear, logistic, tree, forest, boosting, svm, network: one file each
amount       chance of buying x what buyers spend, as a family
dates        rows as they were known on successive dates; folds that only look ahead
model        a family that learned on early dates, stopped and calibrated on the latest: ready for use
validate     how well a family foretells dates that it never saw
choose       the cheapest family that is not shown to be worse than the best
tune         settings found by trying (extra `netlift[tune]`)
calibration  curves learned on a later date, and a table of forecast beside what happened
explain      exact contributions of the columns to a score; they are no causes
leaks        columns that foretell too well to have been known in time
metrics      what a forecast of purchases or amounts is worth, with exact definitions
intervals    the same figures with intervals, and differences of two forecasts on the same rows
scaling      one scale per column, from the training rows alone
checks       inputs that cannot be answered are refused here, with what to do
"""
