"""Choices whose value is no sum over customers: which promotion, in which week, on which shelf.

question   what is asked: places, what each may hold, what a choice is worth, which limits it keeps
searcher   what every way to answer it is, and what it hands back
moves      small changes of a choice, and mixtures of two
climb      coordinate ascent, which every searcher ends with
searchers  exhaustive (proves), greedy (the baseline), genetic, annealing
plain      an allocation problem asked as such a question
shelves    what shelves sell under promotions: own and cross effects, memory, stock
public     promotions that everybody meets, and the rules of a calendar
timetable  where each may start, which may not stand together
mending    calendars that break a rule, made to keep it
calendar   the promotion calendar: value and limits
"""
