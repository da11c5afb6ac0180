#!/usr/bin/python3
"""Writes images of every form of JPEG and PNG, and the pixels that Pillow gives a model.

    pillow_images.py FOLDER

FOLDER/NAME is an image, FOLDER/NAME.pixels its width, height, channels as decimal numbers on a line
and its values as bytes, FOLDER/NAME.upright the same after the turn that its EXIF data ask for. JPEG files that lie in FOLDER already get their pixels as well. Exit status 77
where Pillow or numpy is missing.
"""

import io
import itertools
import os
import struct
import sys
import warnings
import zlib

try:
    import numpy
    from PIL import Image, ImageOps
except ImportError as error:
    print(error)
    sys.exit(77)

FOLDER = sys.argv[1]
HEIGHT, WIDTH = 19, 37
RANDOM = numpy.random.default_rng(3)
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def keep(name, data, channels):
    """Pillow's pixels of a file beside it."""
    with open(os.path.join(FOLDER, name), "wb") as file:
        file.write(data)
    image = Image.open(io.BytesIO(data))
    if image.mode.startswith("I"):  # Grey of 16 bits, which Pillow's own conversion clips.
        pixels = ((numpy.asarray(image).astype("u4") * 255 + 32895) >> 16).astype("u1")
        if channels == 3:
            pixels = numpy.repeat(pixels[..., None], 3, 2)
    else:
        pixels = numpy.asarray(image.convert("RGB" if channels == 3 else "L"))
    with open(os.path.join(FOLDER, name + ".pixels"), "wb") as file:
        file.write(f"{image.width} {image.height} {channels}\n".encode() + pixels.tobytes())


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows(values, depth):
    """Scan lines of an array of height x width x channels."""
    if depth == 16:
        lines = [line.astype(">u2").tobytes() for line in values]
    else:
        lines = []
        for line in values:
            bits = numpy.unpackbits(line.astype("u1").reshape(-1, 1), axis=1)[:, 8 - depth :]
            lines.append(numpy.packbits(bits.reshape(-1)).tobytes())
    return b"".join(b"\0" + line for line in lines)


ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def png(depth, kind, extra=(), interlaced=False):
    """An image of random values, with chunks before its pixels."""
    high = 1 << depth
    values = RANDOM.integers(0, high, (HEIGHT, WIDTH, CHANNELS[kind]))
    if depth == 16 and kind != 0:
        # Pillow cuts the lower byte off, Fanfold rounds: equal where both bytes are.
        values = values // 257 * 257
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, kind, 0, 0, int(interlaced))
    if interlaced:
        raw = b"".join(rows(values[y::dy, x::dx], depth) for y, x, dy, dx in ADAM7)
    else:
        raw = rows(values, depth)
    chunks = [chunk(b"IHDR", header)] + [chunk(*one) for one in extra]
    if kind == 3:
        chunks.insert(len(chunks), chunk(b"PLTE", RANDOM.bytes(3 * min(high, 256))))
        chunks += [chunk(b"tRNS", RANDOM.bytes(min(high, 256)))] if depth > 1 else []
    elif kind in (0, 2) and depth == 8:
        chunks.append(chunk(b"tRNS", struct.pack(">H", int(values[0, 0, 0])) * CHANNELS[kind]))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def pngs():
    forms = [(d, 0) for d in (1, 2, 4, 8, 16)] + [(d, 3) for d in (1, 2, 4, 8)]
    forms += [(d, k) for d in (8, 16) for k in (2, 4, 6)]
    for (depth, kind), interlaced in itertools.product(forms, (False, True)):
        file = png(depth, kind, interlaced=interlaced)
        for channels in (1, 3) if kind in (0, 4) else (3,):
            keep(f"{depth}-{kind}-{int(interlaced)}-{channels}.png", file, channels)
    chromaticities = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    colours = {
        "gamma": [(b"gAMA", struct.pack(">I", 100000))],
        "gamma22": [(b"gAMA", struct.pack(">I", 45455)), (b"cHRM", chromaticities)],
        "srgb": [(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 20000))],
        "profile": [(b"iCCP", b"x\0\0" + zlib.compress(b"no profile" * 20))],
    }
    for (name, extra), (depth, kind) in itertools.product(colours.items(), [(8, 0), (8, 2), (16, 0), (16, 2), (8, 6)]):
        keep(f"{name}-{depth}-{kind}.png", png(depth, kind, extra), 3)


def oriented():
    """Files that lie, in whole blocks of JPEG and not."""
    for value, (height, width) in itertools.product(range(1, 9), ((32, 48), (19, 37))):
        name = f"turn{value}-{height}.jpg"
        exif = Image.Exif()
        exif[0x0112] = value
        buffer = io.BytesIO()
        Image.fromarray(smooth(3, height, width)).save(buffer, "JPEG", exif=exif, subsampling=0)
        keep(name, buffer.getvalue(), 3)
        upright = ImageOps.exif_transpose(Image.open(buffer))
        with open(os.path.join(FOLDER, name + ".upright"), "wb") as file:
            file.write(f"{upright.width} {upright.height} 3\n".encode() + numpy.asarray(upright).tobytes())


def smooth(channels, height=HEIGHT, width=WIDTH):
    """Smooth, with some noise."""
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [128 + 100 * numpy.sin((x * (c + 1) + y * (3 - c)) / 9) for c in range(channels)]
    values = numpy.stack(planes, 2) + RANDOM.normal(0, 8, (height, width, channels))
    return values.clip(0, 255).astype("u1")


def withoutMarker(file, marker):
    """The file without its first segment of a kind."""
    at = file.index(marker)
    return file[:at] + file[at + 2 + struct.unpack(">H", file[at + 2 : at + 4])[0] :]


def jpegs():
    modes = {"L": smooth(1)[..., 0], "RGB": smooth(3), "CMYK": smooth(4)}
    options = {
        "plain": {},
        "fine": {"subsampling": 0, "quality": 95},
        "wide": {"subsampling": 1},
        "progressive": {"progressive": True},
        "optimised": {"optimize": True, "quality": 30},
        "oriented": {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"},
        "profiled": {"icc_profile": b"no profile" * 20},
    }
    for (mode, values), (name, option) in itertools.product(modes.items(), options.items()):
        buffer = io.BytesIO()
        Image.fromarray(values, mode).save(buffer, "JPEG", **option)
        for channels in (1, 3) if mode == "L" else (3,):
            keep(f"{name}-{mode}-{channels}.jpg", buffer.getvalue(), channels)
        if name == "plain" and mode == "CMYK":
            keep("ink-without-marker.jpg", withoutMarker(buffer.getvalue(), b"\xff\xee"), 3)
        if name == "plain" and mode == "RGB":
            keep("without-jfif.jpg", withoutMarker(buffer.getvalue(), b"\xff\xe0"), 3)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # About transparency that is not used.
    for there in os.listdir(FOLDER):
        with open(os.path.join(FOLDER, there), "rb") as given:
            keep(there, given.read(), 3)
    pngs()
    jpegs()
    oriented()
