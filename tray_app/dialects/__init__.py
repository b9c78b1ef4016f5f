"""What clients and Copilot say to each other. Pure: plain data in, plain data out, no I/O, no clock.

Each dialect is a package with an `ask` (requests), a `reply` (whole answers) and a `stream` (answers
piece by piece), each with a reader into the neutral form and a writer out of it (`neutral.py`).
"""
