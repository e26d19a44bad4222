/** How many calls are under way at any time. */
export const inFlight = 64

/** Keeps {@link inFlight} calls under way for `ms` and returns how many ended in a second. */
export async function callsPerSecond(call: () => Promise<unknown>, ms: number): Promise<number> {
  const startedAt = performance.now()
  const endsAt = startedAt + ms
  let calls = 0
  const worker = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      await call()
      calls += 1
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return (calls * 1000) / (performance.now() - startedAt)
}
