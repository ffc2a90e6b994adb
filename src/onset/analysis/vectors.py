"""Rows of a few pixels in one instruction; the compiler makes no vectors of loops so short.

Every lane is multiplied and added on its own and in the order that is written here, so that numbers
are the same on every machine.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 8
FLOAT = ir.FloatType()
BYTES = 4


def _row(context: Any, builder: Any, kind: Any, array: Any, at: tuple[Any, Any], lanes: int) -> Any:
    """Pointer to `lanes` numbers of a row, and their type."""
    held = context.make_array(kind)(context, builder, array)
    item = cgutils.get_item_pointer(  # type: ignore[no-untyped-call]
        context, builder, kind, held, at, wraparound=False
    )
    number = context.get_data_type(kind.dtype)
    return builder.bitcast(item, ir.VectorType(number, lanes).as_pointer())


def _read(context: Any, builder: Any, kind: Any, array: Any, at: Any, lanes: int) -> Any:
    """The numbers of a row as floats."""
    row = _row(context, builder, kind, array, at, lanes)
    seen = builder.load(row, align=kind.dtype.bitwidth // 8)
    if isinstance(kind.dtype, types.Float):
        return seen
    return builder.uitofp(seen, ir.VectorType(FLOAT, lanes))


def _all(builder: Any, number: Any, lanes: int) -> Any:
    """One number in every lane."""
    vector = ir.Constant(ir.VectorType(FLOAT, lanes), ir.Undefined)
    for lane in range(lanes):
        vector = builder.insert_element(vector, number, ir.Constant(ir.IntType(32), lane))
    return vector


def _write(
    context: Any, builder: Any, kind: Any, array: Any, at: Any, lanes: int, numbers: Any
) -> None:
    builder.store(numbers, _row(context, builder, kind, array, at, lanes), align=BYTES)


def _indices(context: Any, builder: Any, signature: Any, arguments: Any, *which: int) -> list[Any]:
    return [context.cast(builder, arguments[k], signature.args[k], types.intp) for k in which]


@intrinsic
def add_sixteen(_: Any, image: Any, y: Any, x: Any, amplitude: Any, stamp: Any, i: Any) -> Any:
    """image[y, x : x + 16] += amplitude * stamp[i, :16], both float32."""
    signature = types.void(image, y, x, amplitude, stamp, i)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        row, first, of_stamp = _indices(context, builder, signature, arguments, 1, 2, 5)
        zero = context.get_constant(types.intp, 0)
        kinds = signature.args
        there = (kinds[0], arguments[0], (row, first), 16)
        before = _read(context, builder, *there)
        shape = _read(context, builder, kinds[4], arguments[4], (of_stamp, zero), 16)
        more = builder.fmul(_all(builder, arguments[3], 16), shape)
        _write(context, builder, *there, builder.fadd(before, more))
        return context.get_dummy_value()

    return signature, code


@intrinsic
def add_said(
    _: Any, image: Any, mean: Any, y: Any, x: Any, level: Any, pull: Any, i: Any, dy: Any, sums: Any
) -> Any:
    """Add pull[i] * (image - mean - level) of LANES pixels from [y, x] on to sums[0].

    And that times dy to sums[1]. `image` is of any type of positive numbers, all others float32.
    """
    signature = types.void(image, mean, y, x, level, pull, i, dy, sums)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        row, first, of_pull = _indices(context, builder, signature, arguments, 2, 3, 6)
        zero, one = (context.get_constant(types.intp, k) for k in (0, 1))
        kinds = signature.args

        def read(which: int, at: tuple[Any, Any]) -> Any:
            return _read(context, builder, kinds[which], arguments[which], at, LANES)

        off = builder.fsub(read(0, (row, first)), read(1, (row, first)))
        off = builder.fsub(off, _all(builder, arguments[4], LANES))
        said = builder.fmul(read(5, (of_pull, zero)), off)
        by_y = builder.fmul(_all(builder, arguments[7], LANES), said)
        for at, more in (((zero, zero), said), ((one, zero), by_y)):
            there = (kinds[8], arguments[8], at, LANES)
            _write(context, builder, *there, builder.fadd(_read(context, builder, *there), more))
        return context.get_dummy_value()

    return signature, code
