import { expect, it } from 'vitest'
import { waitFor } from './wait-for.ts'

it('returns the first truthy value', async () => {
  const values = [undefined, '', 0, 'ready']
  expect(await waitFor(() => values.shift(), { intervalMs: 1 })).toBe('ready')
})

it('names what did not come, and keeps the last error', async () => {
  const cause = new Error('connection refused')
  const waiting = waitFor(() => Promise.reject(cause), { timeoutMs: 5, intervalMs: 1, what: 'the server' })
  await expect(waiting).rejects.toMatchObject({ message: 'the server did not come true within 5 ms', cause })
})
