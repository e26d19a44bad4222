/** How many clients take turns. */
const clients = 1000

const names = Array.from(
  { length: clients },
  (_, index) => `a:203.0.${String(Math.floor(index / 250))}.${String(index % 250)}`,
)

/** Returns the clients in turn, for ever. */
export function createSubjects(): () => string {
  let next = 0
  return () => names[next++ % clients] ?? ''
}
