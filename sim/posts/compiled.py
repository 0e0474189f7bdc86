"""The array loop compiled by numba, from the very source that runs uncompiled as the oracle."""

from functools import cache
from typing import Any

from sim.compiling import kept_on_disk
from sim.posts import legs, loop, process, rows, rules, tables
from sim.posts.arrays import Kernel
from sim.posts.tables import LINE

LINES = 2
"""Lines of the cache fetched of the beginning of a row."""
INLINE: dict[str, Any] = {"_nrt": False, "forceinline": True}


@cache
def compiled_kernel() -> Kernel:
    """Compile `sim.posts.loop.run_until` and `sim.posts.rows`: seconds the first time, then read from a cache on disk.

    Raises
    ------
    ImportError
        If numba is not installed.
    """
    from numba import njit
    from numba.extending import overload, register_jitable

    fetches = {loop.fetch: _fetch, loop.fetch_whole: _fetch_whole, loop.fetch_entry: _fetch_entry}
    for stub, meaning in fetches.items():
        overload(stub, strict=False, jit_options=INLINE)(meaning)
    for function in (*loop.RULES, *loop.KERNELS, *rows.PARTS):
        register_jitable(**INLINE)(function)
    with kept_on_disk(
        "loop", [__file__, *(str(module.__file__) for module in (legs, loop, process, rows, rules, tables))]
    ):
        run_until, put, take = (njit(cache=True, _nrt=False)(f) for f in (loop.run_until, rows.put, rows.take))
    return Kernel(run_until, put, take, compiled=True)


def _fetch(table: Any, row: Any) -> Any:
    """What `sim.posts.loop.fetch` is in compiled code: a prefetch of each of the row's first lines."""
    del table, row
    touch = _touch()

    def fetch(table: Any, row: Any) -> None:
        for byte in range(0, LINES * LINE, LINE):
            touch(table, row, byte)

    return fetch


def _fetch_whole(table: Any, row: Any) -> Any:
    """What `sim.posts.loop.fetch_whole` is in compiled code: a prefetch of each of the row's lines."""
    del table, row
    touch = _touch()

    def fetch_whole(table: Any, row: Any) -> None:
        for byte in range(0, table.strides[0], LINE):
            touch(table, row, byte)

    return fetch_whole


def _fetch_entry(table: Any, row: Any, column: Any) -> Any:
    """What `sim.posts.loop.fetch_entry` is in compiled code: a prefetch of the entry's line."""
    del table, row, column
    touch = _touch()

    def fetch_entry(table: Any, row: Any, column: Any) -> None:
        touch(table, row, column * table.strides[1])

    return fetch_entry


@cache
def _touch() -> Any:
    """A prefetch of the line that a byte of a row lies in, for compiled code."""
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba.core import cgutils, types
    from numba.extending import intrinsic
    from numba.np.arrayobj import make_array

    @intrinsic  # type: ignore[untyped-decorator]
    def touch(context: Any, table: Any, row: Any, byte: Any) -> Any:
        del context

        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            array = make_array(signature.args[0])(context, builder, args[0])
            stride = builder.extract_value(array.strides, 0)
            number, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
            kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
            prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
            begin = builder.add(builder.ptrtoint(array.data, stride.type), builder.mul(args[1], stride))
            at = builder.inttoptr(builder.add(begin, args[2]), pointer)
            builder.call(prefetch, [at, number(0), number(3), number(1)])
            return context.get_dummy_value()

        return types.void(table, row, byte), code

    return touch
