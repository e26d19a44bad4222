import { expect, it } from 'vitest'
import { readableLine } from './log.ts'

it.each([
  [
    { level: 30, time: '2026-01-02T03:04:05.678Z', msg: 'ready', database: 'PGlite' },
    '03:04:05 info  ready database="PGlite"\n',
  ],
  [
    { level: 50, time: '2026-01-02T03:04:05.678Z', msg: 'failed', err: { message: 'no route', stack: '…' } },
    '03:04:05 error failed (no route)\n',
  ],
])('%j', (entry, line) => {
  expect(readableLine(JSON.stringify(entry))).toBe(line)
})
