import { expect, it } from 'vitest'
import { createTextBuffer } from './text-buffer.ts'

it.each([
  ['nothing', []],
  ['short pieces', ['a', 'ü', '€', '😀']],
  ['long pieces', ['€'.repeat(5000), 'b', '😀'.repeat(3000)]],
])('takes %s', (_what, pieces) => {
  const buffer = createTextBuffer(16)
  for (const piece of pieces) buffer.write(piece)
  expect(buffer.finish().toString()).toBe(pieces.join(''))
})
