import { expect, it } from 'vitest'
import { rotateUnderLoad } from '../../src/rotation/rotate-under-load.ts'

// A sample of `pnpm verify rotation-load`.
it('fails no request and no stream while keys are rotated', { timeout: 120_000 }, async () => {
  const { rotations, requests, streams, failed } = await rotateUnderLoad({
    kind: 'redis',
    rotations: 5,
    clients: 3,
  })
  expect({ rotations, failed }).toEqual({ rotations: 5, failed: 0 })
  expect(requests).toBeGreaterThan(streams)
  expect(streams).toBeGreaterThan(5)
})
