// Control characters of a name, or of who is in the trail, must not reach a terminal.
const visible = (text: string): string => text.replace(/\p{Cc}/gu, '?')

/** Lines up columns under their titles, for people. */
export function formatTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [titles, ...rows.map((row) => row.map(visible))]
  const widths = titles.map((_title, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
