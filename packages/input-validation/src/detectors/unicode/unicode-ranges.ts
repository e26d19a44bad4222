/** Letters of other scripts that look like Latin ones in common fonts (Unicode TR39 confusables, the single letters). */
export const lookalikes: ReadonlySet<number> = new Set(
  Array.from('АВЕЅІЈКМНОРСТУХаеорсухѕіјһԁԛԝѵΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲϳν', (letter) => letter.codePointAt(0) ?? 0),
)

/**
 * The UTF-16 code units without one of which nothing is reported, first and last of each range. A tag or one of the
 * later variation selectors is seen by the surrogate it begins with.
 */
export const reportableRanges: readonly (readonly [first: number, last: number])[] = [
  ...Array.from(lookalikes, (point) => [point, point] as const),
  [0x115f, 0x1160],
  [0x180e, 0x180e],
  [0x200b, 0x200d],
  [0x202a, 0x202e],
  [0x2060, 0x2064],
  [0x2066, 0x2069],
  [0x3164, 0x3164],
  [0xdb40, 0xdb40],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
]
