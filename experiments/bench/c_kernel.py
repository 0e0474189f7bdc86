"""The array loop once more, in C, compiled on the spot: a kernel that `LoopEngine` drives on the very same arrays.

The structs are made from the row types of the engine's tables and the constants from its modules, so that only the
algorithm (`loop.c`) is written twice. Legs are put in and taken out as the compiled loop does it.
"""

import ctypes
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_type_hints

import numpy as np

from sim.posts import legs, loop, process, rules
from sim.posts.arrays import FLOW_TABLES, NETWORK_TABLES, Kernel
from sim.posts.compiled import compiled_kernel
from sim.posts.constants import Constants
from sim.posts.legs import Legs
from sim.posts.loop import Flow
from sim.posts.process import Network
from sim.posts.tables import row_type
from sim.settings.errors import BordersimError

FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC", "-w")
"""As numba compiles: for the machine at hand, and never two roundings in one."""
SOURCE = Path(__file__).with_name("loop.c")
NUMBERS = {
    np.dtype(np.int64): "int64_t",
    np.dtype(np.float64): "double",
    np.dtype(np.int32): "int32_t",
    np.dtype(np.int8): "int8_t",
}
SAME_NAME = {"unit": "units", "pool": "pools", "desk": "desks"}
"""Tables of the network and of the flow that share a name: here the network's gets another."""


@cache
def c_kernel() -> Kernel | None:
    """The kernel in C, or None where there is no C compiler.

    Raises
    ------
    BordersimError
        If the compiler refuses the source.
    """
    compiler = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    if compiler is None:
        return None
    with TemporaryDirectory() as folder:
        source, library = Path(folder) / "loop.c", Path(folder) / "loop.so"
        source.write_text(header() + SOURCE.read_text(encoding="utf-8"), encoding="utf-8")
        ended = subprocess.run(
            [compiler, *FLAGS, str(source), "-o", str(library)], capture_output=True, text=True, check=False
        )
        if ended.returncode:
            first = next((line for line in ended.stderr.splitlines() if " error: " in line), "no message")
            raise BordersimError(f"{SOURCE.name}: {first}: the C compiler refuses it; mend it beside sim/posts/loop.py")
        return _kernel(ctypes.CDLL(str(library)))


def _kernel(library: ctypes.CDLL) -> Kernel:
    """A kernel with the engine's signature; addresses are looked up anew only when the engine has new arrays."""
    last: list[Any] = [None, None]  # the flow whose arrays `Border` points to, and that border

    def run_until(net: Any, table: Any, flow: Any, c: Constants, end_ms: int) -> None:
        if last[0] is not flow:
            last[:] = flow, _border(net, table, flow, c)
        library.run_until(ctypes.byref(last[1]), ctypes.c_int64(end_ms))

    return compiled_kernel()._replace(run_until=run_until)


C_TYPES: dict[type, tuple[str, Any]] = {int: ("int64_t", ctypes.c_int64), float: ("double", ctypes.c_double)}
SCALARS = {name: C_TYPES[kind] for name, kind in get_type_hints(Constants).items() if kind in C_TYPES}
"""The rules' constants that are single numbers, with their types."""


class _Scalars(ctypes.Structure):
    _fields_ = tuple((name, kind) for name, (_, kind) in SCALARS.items())


def _pointers() -> dict[str, str]:
    """Name and C type of everything `Border` points to, in its order."""
    rows = {SAME_NAME.get(name, name): f"const {kind.__name__}" for name, kind in NETWORK_TABLES.items()}
    rows |= {"refill": "const int64_t", "pool_station": "const int64_t", "legs": Legs.__name__}
    rows |= {name: kind.__name__ for name, kind in FLOW_TABLES.items()}
    rows |= {"visits": "int8_t", "minutes": "const double"} | dict.fromkeys(("finished", "log", "scalar"), "int64_t")
    return rows | {"p_irregular": "const double", "pressure": "const double", "c": "const Scalars"}


SIZES = ("columns", "slots", "log_room", "pressure_size")


class _Border(ctypes.Structure):
    _fields_ = (*((name, ctypes.c_void_p) for name in _pointers()), *((name, ctypes.c_int64) for name in SIZES))


def _border(net: Network, table: Any, flow: Flow, c: Constants) -> _Border:
    """`Border` for these arrays."""
    arrays: dict[str, Any] = {SAME_NAME.get(name, name): getattr(net, name) for name in NETWORK_TABLES}
    arrays |= {"refill": net.refill, "pool_station": net.pool_station, "legs": table}
    arrays |= {name: getattr(flow, name) for name in (*FLOW_TABLES, "visits", "minutes", "finished", "log", "scalar")}
    arrays |= {"p_irregular": c.p_irregular, "pressure": c.pressure}
    border = _Border(**{name: array.ctypes.data for name, array in arrays.items()})
    border.columns, border.slots, border.log_room = flow.minutes.shape[1], flow.stage.shape[1], len(flow.log)  # type: ignore[attr-defined]
    border.pressure_size = len(c.pressure)
    border.scalars = _Scalars(*(getattr(c, name) for name in SCALARS))  # kept alive by the border
    border.c = ctypes.addressof(border.scalars)
    return border


def header() -> str:
    """Constants, structs of all rows, and `Border`, as C."""
    numbers: dict[str, float] = {}
    for module in (process, rules, legs, loop):  # `ENTRY` is a side in one and an event class in the last
        numbers |= {n: v for n, v in vars(module).items() if n.isupper() and isinstance(v, int | float)}
    lines = ["#include <stdint.h>", *(f"#define {name} ({value!r})" for name, value in numbers.items())]
    lines += [_struct(kind.__name__, row_type(kind, process.WIDTHS)) for kind in NETWORK_TABLES.values()]
    lines += [
        _struct(kind.__name__, row_type(kind, loop.WIDTHS)) for kind in dict.fromkeys((Legs, *FLOW_TABLES.values()))
    ]
    scalars = " ".join(f"{kind} {name};" for name, (kind, _) in SCALARS.items())
    lines.append(f"typedef struct {{ {scalars} }} Scalars;")
    fields = [f"{kind} *{name};" for name, kind in _pointers().items()] + [f"int64_t {name};" for name in SIZES]
    return "\n".join([*lines, f"typedef struct {{ {' '.join(fields)} }} Border;", ""])


def _struct(name: str, row: np.dtype[np.void]) -> str:
    fields = []
    for field in row.names or ():
        one = row[field]
        number, shape = one.subdtype or (one, ())
        fields.append(f"{NUMBERS[number]} {field}{''.join(f'[{width}]' for width in shape)};")
    return f"typedef struct {{ {' '.join(fields)} }} {name};"
