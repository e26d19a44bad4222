/** Optimal string alignment distance: edits and swaps of neighbours between two short names. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1)
      current.push(cost)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length] ?? 0
}

/**
 * The name among `candidates` that a typist most likely meant by `name`, for "did you mean" messages.
 *
 * Case is ignored; a candidate counts when at most a third of its letters differ, or when one name
 * starts with the other.
 *
 * @returns `undefined` when nothing is close
 */
export function closestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase()
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of candidates) {
    const known = candidate.toLowerCase()
    const prefix = wanted.length >= 3 && (known.startsWith(wanted) || wanted.startsWith(known))
    const distance = prefix ? 1 : editDistance(wanted, known)
    if (distance <= Math.max(1, Math.floor(known.length / 3)) && distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}
