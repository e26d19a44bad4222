/** Takes one sample of one contender. */
export type Measure<N extends string, T> = (name: N, round: number) => Promise<T> | T

/**
 * Samples contenders in turn, A B C A B C …, so that what changes on the machine meanwhile meets all of
 * them alike.
 *
 * @returns the samples of each contender, in the order of the rounds
 */
export async function interleave<const N extends string, T>(
  names: readonly N[],
  rounds: number,
  measure: Measure<N, T>,
): Promise<Record<N, T[]>> {
  // Every name has its list: fromEntries forgets which names it was given.
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<N, T[]>
  for (let round = 1; round <= rounds; round += 1) {
    for (const name of names) samples[name].push(await measure(name, round))
  }
  return samples
}
