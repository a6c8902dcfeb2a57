"""A network that reads what customers did in its order; PyTorch (`netlift[deep]`) is imported here only, and lazily.

framework  PyTorch, if it is there, and as it must be set for equal results
lines      what customers did, cut into lines that fit the network
network    self-attention over such lines: functions of arrays and numbers, no objects to keep
training   steps, and how many of them
"""
