"""Telling the processor which memory will be read soon: a hint, of no effect on any number."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from onset.analysis.compiled import compiled

LINE_BYTES = 64


@intrinsic
def hint(_: Any, array: Any, y: Any, x: Any) -> Any:
    """Bring the line of memory that holds array[y, x] near; LLVM's prefetch."""
    signature = types.void(array, y, x)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        at = [
            context.cast(builder, value, kind, types.intp)
            for value, kind in zip(arguments[1:], signature.args[1:], strict=True)
        ]
        item = cgutils.get_item_pointer(  # type: ignore[no-untyped-call]
            context, builder, signature.args[0], held, at, wraparound=False
        )
        place, number = builder.bitcast(item, cgutils.voidptr_t), ir.IntType(32)
        prefetch = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module,
            ir.FunctionType(ir.VoidType(), [place.type, number, number, number]),
            "llvm.prefetch.p0",
        )
        builder.call(prefetch, [place, number(0), number(2), number(1)])
        return context.get_dummy_value()

    return signature, code


@compiled
def fetch(array: npt.NDArray[Any], y: int, first: int, end: int) -> None:
    """A part of row y will be read soon; beyond the last row nothing."""
    if y < array.shape[0]:
        for x in range(first, end, LINE_BYTES // array.itemsize):
            hint(array, y, x)  # type: ignore[call-arg]
