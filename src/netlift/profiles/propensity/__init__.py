"""Who will buy, and for how much: several families of models behind one protocol, judged by time.

metrics    what a forecast of purchases or amounts is worth, with exact definitions
intervals  the same figures with intervals, and differences of two forecasts on the same rows
checks     inputs that cannot be answered are refused here, with what to do
"""
