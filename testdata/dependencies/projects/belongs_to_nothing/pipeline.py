"""An import that belongs to nothing is an error, with what may have been meant."""

import cv2
import pure_word
import spliter
from remotemedia import Node, Pipeline


class Late(Node):
    def process(self, value):
        from nowhere.to_be import found

        return found(value)


p = Pipeline("lost")
p.add(Late())
print(cv2, pure_word, spliter)
