"""Each of the ten invariants of the design, attacked from outside: command line, HTTP, SQL, files, messages, clock.

One file for each, over a copy of one real rig (`outside`): an operational deployment that runs, with a sealed list, a
vault and people of every role. Attacks on single rules stand beside their code; these try the whole rig.
"""
