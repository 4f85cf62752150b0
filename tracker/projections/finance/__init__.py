"""A month of the books as finance takes it: its files, what must be true of it, and its being closed for ever.

`cut` says which month and when it is looked at, `file` what a file is; each file has a module of its own.
"""
