import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { expect, it } from 'vitest'
import { envExample } from './env-example.ts'
import { readSettings } from './settings.ts'
import { variables } from './variables.ts'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

it('is what the generator writes: pnpm generate:env', () => {
  expect(read('../../.env.example')).toBe(envExample())
})

it('names every variable, and can be used as it is', () => {
  expect(readSettings(parseEnv(envExample()))).toEqual(readSettings({}))
  const named = envExample().matchAll(/^#(\w+)=/gm)
  expect(Array.from(named, ([, name]) => name)).toEqual(Object.keys(variables))
})

it('shows defaults that mean what no value means', () => {
  const shown = parseEnv(envExample().replaceAll(/^#(?=\w+=)/gm, ''))
  const defaults = Object.entries(shown).filter(
    ([name]) => variables[name as keyof typeof variables].schema.safeParse(undefined).data !== undefined,
  )
  expect(defaults.length).toBeGreaterThan(20)
  expect(readSettings(Object.fromEntries(defaults))).toEqual(readSettings({}))
})

it('has every variable that the README names', () => {
  const named = read('../../README.md').matchAll(
    /`((?:ALFRED|OPENAI|ANTHROPIC|OLLAMA|DB|AI|DATABASE|REDIS)_[A-Z_]+?)(?:_FILE)?`/g,
  )
  const unknown = Array.from(named, ([, name = '']) => name).filter((name) => !(name in variables))
  expect(unknown).toEqual(['ALFRED_SECRETS', 'ALFRED_PORT'])
})
