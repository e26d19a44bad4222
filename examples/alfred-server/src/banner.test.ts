import { expect, it } from 'vitest'
import { startBanner } from './banner.ts'

it('says where Alfred is, what it uses and how to use something else', () => {
  const banner = startBanner('http://127.0.0.1:3000', [
    { name: 'database', uses: 'PGlite in .data/database', switchWith: 'DATABASE_URL' },
    { name: 'answers', uses: 'demo', switchWith: 'OPENAI_API_KEY', note: 'nobody thinks' },
    { name: 'vault', uses: '.data/vault.json' },
  ])
  expect(banner).toContain(`
  database  PGlite in .data/database  set DATABASE_URL
  answers   demo                      set OPENAI_API_KEY
            ! nobody thinks
  vault     .data/vault.json
`)
  expect(banner).toContain('Alfred is listening on http://127.0.0.1:3000\n')
})
