from settings import NAME
from remotemedia import Node

print(NAME)
