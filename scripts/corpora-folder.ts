/** The folder of corpora that `ALFRED_CORPORA` names; says so and ends the process with code 2 where it names none. */
export function corporaFolder(): string {
  const folder = process.env['ALFRED_CORPORA']
  if (folder) return folder
  console.error('Set ALFRED_CORPORA to the folder of the corpora; without them there is nothing to measure.')
  process.exit(2)
}
