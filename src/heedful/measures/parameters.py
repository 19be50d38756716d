"""Whether what is given for a parameter of a measure is what it takes."""

from __future__ import annotations

from heedful.errors import InputError
from heedful.measures.question import Scalar
from heedful.measures.registry import Param

_LARGEST = 100_000  # days of three centuries, beyond which no engine has instants


def check_value(measure: str, name: str, value: Scalar, param: Param | None) -> None:
    """Raise `InputError` where `value` does not fit; `param` None stands for a switch, true or false."""
    wanted, example = _wanted(param, value)
    if wanted:
        raise InputError(
            f'{name} of "{measure}" is {value}; it has to be {wanted}. For example: --param {name}={example}'
        )


def _wanted(param: Param | None, value: Scalar) -> tuple[str, Scalar]:
    """What a parameter has to be where `value` is not that, else nothing; and an example."""
    if param is None:
        return ("" if isinstance(value, bool) else "true or false", "false")
    if isinstance(param.default, str):
        return ("" if isinstance(value, str) else "text", param.default or "order")
    low = param.low if param.low is not None else -_LARGEST
    high = param.high if param.high is not None else _LARGEST
    fits = (
        isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high and value == int(value)
    )
    example = param.default if param.default is not None else max(int(low), 1)
    return ("" if fits else f"a whole number, {_range(param.low, param.high)}", example)


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"from {low:g} to {high:g}"
    if low is not None:
        return f"at least {low:g}"
    return f"at most {high:g}" if high is not None else f"at most {_LARGEST:g} in size"
