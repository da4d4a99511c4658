WORDS = str.split
