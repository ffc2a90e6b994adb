"""What a sim:// address tells its device: a name and a query of texts and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Parameters:
    """`sim://DIALECT?key=value&...`; keys that a device does not know are ignored."""

    dialect: str
    values: dict[str, str]

    @classmethod
    def from_url(cls, url: str) -> Parameters:
        """Raise ValueError with one sentence when `url` is not of that form."""
        parts = urlsplit(url)
        if parts.scheme != "sim" or not parts.netloc:
            raise ValueError(f"{url}: expected sim://DIALECT?key=value&...")
        try:
            query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        except ValueError as why:
            raise ValueError(f"{url}: {why}") from why
        return cls(parts.netloc, dict(query))

    def text(self, key: str, default: str) -> str:
        """The value of `key`."""
        return self.values.get(key, default)

    def number(self, key: str, default: float) -> float:
        """The value of `key` as a number."""
        try:
            return float(self.values.get(key, default))
        except ValueError:
            raise self._malformed(key, "a number") from None

    def integer(self, key: str, default: int) -> int:
        """The value of `key` as a whole number."""
        try:
            return int(self.values.get(key, default))
        except ValueError:
            raise self._malformed(key, "a whole number") from None

    def integer_or_none(self, key: str) -> int | None:
        """The value of `key` as a whole number, None when it is not given."""
        return self.integer(key, 0) if key in self.values else None

    def number_or_none(self, key: str) -> float | None:
        """The value of `key` as a number, None when it is not given."""
        return self.number(key, 0.0) if key in self.values else None

    def _malformed(self, key: str, expected: str) -> ValueError:
        return ValueError(f"sim://{self.dialect}: {key}={self.values[key]!r} is not {expected}")
