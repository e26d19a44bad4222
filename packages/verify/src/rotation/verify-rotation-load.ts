import { rotateUnderLoad } from './rotate-under-load.ts'

const rotationsEach = 50

/** Rotates keys while clients stream and ask, on each store, with a provider that refuses revoked keys. */
export async function verifyRotationLoad(): Promise<Readonly<Record<string, unknown>>> {
  const total = { rotations: 0, requests: 0, streams: 0, failed: 0 }
  for (const kind of ['file', 'redis', 'postgres'] as const) {
    const figures = await rotateUnderLoad({
      kind,
      rotations: rotationsEach,
      clients: 8,
      onRotation(sofar) {
        if (sofar.rotations % 10 === 0) console.error(`${kind}: ${JSON.stringify(sofar)}`)
      },
    })
    for (const name of ['rotations', 'requests', 'streams', 'failed'] as const) total[name] += figures[name]
  }
  if (total.failed > 0) process.exitCode = 1
  return total
}
