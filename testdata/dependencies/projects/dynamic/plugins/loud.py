import tiny_helper

WORDS = tiny_helper.words
