"""Whom does an offer move? One learner a file, found by its kind; the folder is scanned.

base   what a learner is given and what it answers: effects of each offer against control for any customer
s      one model with the arms as features
t      one model per arm
x      effects imputed with the other arm's model, combined by propensity
r      residual on residual
dr     regression on doubly robust contrasts, rotated over folds
"""
