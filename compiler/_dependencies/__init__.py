"""What a program depends on outside its project: distributions, their versions, hashes and licences, and data files.

`collect` is the way in: it looks up each import in the running environment and in what the project declares and locks.
`model` has the values that come out of it; `reach` says what of an installed distribution the sandbox can run.
"""
