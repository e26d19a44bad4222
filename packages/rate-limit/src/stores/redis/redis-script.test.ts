import { expect, it } from 'vitest'
import { compileRule } from '../compiled-rules.ts'
import { countScript } from './redis-script.ts'

it('writes one script for all policies of a subject', async () => {
  const rules = [
    { name: 'api', limit: 100, windowMs: 60_000, burst: 100, cost: 1, enforced: true },
    {
      name: 'streams',
      algorithm: 'concurrency' as const,
      limit: 5,
      windowMs: 30_000,
      burst: 5,
      cost: 1,
      enforced: true,
    },
  ]
  // A copy to read; it changes with the generator: vitest -u.
  await expect(
    countScript(rules.map(compileRule), { channel: 'alfred:rl:edits' }).source,
  ).toMatchFileSnapshot('./count-script.example.lua')
})
