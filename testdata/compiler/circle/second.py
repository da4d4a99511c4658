import first

N = 1
