"""What a picture shows, whatever the light: its structure, which brightness and contrast do not change."""

import cv2
import numpy as np
from numpy.typing import NDArray


def structure(grey: NDArray[np.uint8], window: int, spread: float) -> NDArray[np.float32]:
    """Grey levels less their mean over `window` x `window` pixels, over their deviation there plus `spread`.

    `spread`, in grey levels, keeps the noise of a plain surface small. The result has the shape of `grey`.
    """
    size = (window, window)
    mean = np.asarray(cv2.boxFilter(grey, cv2.CV_32F, size), np.float32)
    square = np.asarray(cv2.sqrBoxFilter(grey, cv2.CV_32F, size), np.float32)
    np.multiply(mean, mean, out=(product := np.empty_like(mean)))
    square -= product
    np.maximum(square, 0, out=square)
    np.sqrt(square, out=square)
    square += np.float32(spread)
    np.subtract(grey, mean, out=mean)
    return np.asarray(np.divide(mean, square, out=mean), np.float32)
