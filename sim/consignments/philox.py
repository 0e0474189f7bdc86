"""Streams of uniforms, each seated by a counter (Philox 4x64-10): NumPy's, and the same bits from compiled code."""

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.compiling import kept_on_disk

Ints = NDArray[np.int64]
Codes = NDArray[np.uint64]
Floats = NDArray[np.float64]

WORDS, ROUNDS = 4, 10
MULTIPLIERS = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
KEY_STEPS = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
UNUSED_BITS = np.uint64(11)
ULP = 2.0**-53
INLINE: dict[str, Any] = {"_nrt": False, "forceinline": True}


class Streams(Protocol):
    """All streams of one key."""

    def fill(self, room: Floats, places: Ints, seats: Codes, day: int) -> None:
        """Draw blocks of uniforms in [0, 1), each from the beginning of its stream.

        Parameters
        ----------
        room : (n,) array
            Where they are written.
        places : (blocks, 2) array
            Begin and end of each block in the room.
        seats : (blocks, 2) array
            Second and third word of each stream's counter; the first counts the numbers of a stream by fours.
        day : int
            Its fourth word.
        """


class PlainStreams:
    """NumPy's generator, seated anew for every block.

    Parameters
    ----------
    key : (2,) array
    """

    def __init__(self, key: Codes) -> None:
        self._bits = np.random.Philox(key=0)
        self._generator = np.random.Generator(self._bits)
        self._counter = [0, 0, 0, 0]
        self._seat: Any = {  # made once: a seat is taken for every block, and from lists it is taken fastest
            "bit_generator": "Philox",
            "state": {"counter": self._counter, "key": key.tolist()},
            "buffer": [0, 0, 0, 0],
            "buffer_pos": 4,
            "has_uint32": 0,
            "uinteger": 0,
        }

    def fill(self, room: Floats, places: Ints, seats: Codes, day: int) -> None:
        """As `Streams.fill`."""
        for (begin, end), seat in zip(places.tolist(), seats.tolist(), strict=True):
            self._counter[1:] = *seat, day
            self._bits.state = self._seat
            self._generator.random(out=room[begin:end])


class CompiledStreams:
    """The same numbers from compiled code, all blocks in one call.

    Parameters
    ----------
    key : (2,) array

    Raises
    ------
    ImportError
        If numba is not installed.
    """

    def __init__(self, key: Codes) -> None:
        self._key, self._fill = key, compiled_fill()

    def fill(self, room: Floats, places: Ints, seats: Codes, day: int) -> None:
        """As `Streams.fill`."""
        self._fill(room, places, seats, day, self._key)


@cache
def compiled_fill() -> Callable[[Floats, Ints, Codes, int, Codes], None]:
    """Compile `fill_blocks`: a second or two the first time, then read from a cache on disk.

    Raises
    ------
    ImportError
        If numba is not installed.
    """
    from numba import njit
    from numba.extending import overload, register_jitable

    overload(product, strict=False, jit_options=INLINE)(_product)
    for function in (four_words, unit):
        register_jitable(**INLINE)(function)
    given = "void(float64[::1], int64[:, ::1], uint64[:, ::1], int64, uint64[::1])"
    with kept_on_disk("streams", [__file__]):
        compiled: Callable[[Floats, Ints, Codes, int, Codes], None]
        compiled = njit(given, cache=True, _nrt=False)(fill_blocks)
    return compiled


def fill_blocks(room: Floats, places: Ints, seats: Codes, day: int, key: Codes) -> None:
    """What `Streams.fill` does, in the subset of Python that numba compiles.

    Salmon, Moraes, Dror and Shaw (2011), with NumPy's habits: a stream begins at 1, and of each word the upper 53 bits
    are used.
    """
    for block in range(len(places)):
        begin, end = places[block, 0], places[block, 1]
        whole = begin + (end - begin) // WORDS * WORDS
        for at in range(begin, end, WORDS):
            count = np.uint64((at - begin) // WORDS + 1)
            a, b, c, d = four_words(count, seats[block, 0], seats[block, 1], np.uint64(day), key[0], key[1])
            if at < whole:
                room[at], room[at + 1], room[at + 2], room[at + 3] = unit(a), unit(b), unit(c), unit(d)
            else:
                last = (a, b, c)
                for k in range(end - at):
                    room[at + k] = unit(last[k])


def four_words(a: Any, b: Any, c: Any, d: Any, first: Any, second: Any) -> Any:
    """The four words of a place in a stream, from the counter's and the key's words."""
    for _ in range(ROUNDS):
        (high_a, low_a), (high_c, low_c) = product(MULTIPLIERS[0], a), product(MULTIPLIERS[1], c)
        a, b, c, d = high_c ^ b ^ first, low_c, high_a ^ d ^ second, low_a
        first += KEY_STEPS[0]
        second += KEY_STEPS[1]
    return a, b, c, d


def unit(word: Any) -> Any:
    """A word's place in [0, 1)."""
    return np.int64(word >> UNUSED_BITS) * ULP


def product(a: Any, b: Any) -> Any:
    """Upper and lower 64 bits of the product of two words: in compiled code a single multiplication."""
    whole = int(a) * int(b)
    return np.uint64(whole >> 64), np.uint64(whole & (1 << 64) - 1)


def _product(a: Any, b: Any) -> Any:
    del a, b
    halves = _halves()
    return lambda a, b: halves(a, b)


@cache
def _halves() -> Any:
    """`product` for compiled code."""
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba import types
    from numba.extending import intrinsic

    @intrinsic  # type: ignore[untyped-decorator]
    def halves(context: Any, a: Any, b: Any) -> Any:
        del context, a, b

        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            word, double = ir.IntType(64), ir.IntType(128)
            whole = builder.mul(*(builder.zext(arg, double) for arg in args))
            upper = builder.lshr(whole, double(64))
            return context.make_tuple(builder, signature.return_type, [builder.trunc(x, word) for x in (upper, whole)])

        return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), code

    return halves
