"""The commands, each in the module of its name: `wavehouse add-wave` is `add_wave.py`.

A module declares the options beside the function that uses them, and imports what computes only
when that function runs. `wavehouse/cli.py` lists the commands.
"""
