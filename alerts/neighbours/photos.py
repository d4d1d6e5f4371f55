"""Photos that people send: only what can be seen in them is kept, small, without place, time or make of the phone."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import EkamlingError

MAX_BYTES = 6 * 1024 * 1024
MAX_PIXELS = 50_000_000  # of what a phone may send; more is refused before it is decoded
SIDE = 1280
QUALITY = 80


def cleaned(content: bytes) -> bytes:
    """A JPEG of at most 1280 pixels a side without metadata; raises EkamlingError for what is no photo."""
    if len(content) > MAX_BYTES:
        raise EkamlingError(f"the photo has {len(content)} bytes; at most {MAX_BYTES} can be taken")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise EkamlingError(f"the photo has {image.width}x{image.height} pixels; that is too large")
                upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning) as error:
        raise EkamlingError("this is no photo that can be read; send a JPEG, PNG or WebP") from error
    upright.thumbnail((SIDE, SIDE))
    plain = Image.new("RGB", upright.size)
    plain.paste(upright)
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
