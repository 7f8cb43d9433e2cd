"""The colours of the report, in a light and a dark scheme, distinguishable with every kind of colour vision."""

from __future__ import annotations

from dataclasses import dataclass

Scale = tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Palette:
    """The colours of a scheme.

    Priorities range from strong warm colours to pale cool ones, based on the palette of Okabe and Ito. Neighbours
    differ in lightness, so they are distinguishable with colour blindness and in greyscale.

    Attributes:
        ink: the colour of text.
        faint: the colour of grid lines.
        card: the background of a chart.
        main: the main colour of bars.
        second: the colour that contrasts with the main colour.
        rest: the colour of less important parts.
        priorities: the colours of P1 to P5, and of no priority.
        heat: a scale from few to many, from near the background to a strong contrast with it.
    """

    ink: str
    faint: str
    card: str
    main: str
    second: str
    rest: str
    priorities: tuple[str, ...]
    heat: Scale


LIGHT = Palette(
    ink="#4a5261",
    faint="#e4e7ec",
    card="#ffffff",
    main="#0b6bb0",
    second="#d55e00",
    rest="#b9d2e6",
    priorities=("#b8430a", "#e69f00", "#7cc0ea", "#2577b5", "#b4bac4", "#8a909b"),
    heat=((0.0, "#f1f5f9"), (0.25, "#bcd7ec"), (0.5, "#70acd8"), (0.75, "#2c7ab8"), (1.0, "#0a3d6b")),
)

DARK = Palette(
    ink="#aeb6c2",
    faint="#2b323c",
    card="#1a1f27",
    main="#5aa9e6",
    second="#f08a3c",
    rest="#33506a",
    priorities=("#e2603a", "#f0b94a", "#a5d8f6", "#4a94cf", "#5b6472", "#7d8592"),
    heat=((0.0, "#202731"), (0.25, "#1f4a6e"), (0.5, "#2f79b5"), (0.75, "#6bb3e8"), (1.0, "#d3ecfd")),
)
