"""netlift (净增): which promotions paid, by incremental profit against control.

The line: events -> profiles -> candidates -> response -> allocation -> plan -> decision -> evaluation (-> events).
"""

__version__ = "0.1.0"
