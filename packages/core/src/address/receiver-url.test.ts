import { expect, it } from 'vitest'
import { AlfredConfigError } from '../errors/config-error.ts'
import { readOptions } from '../options/read-options.ts'
import { receiverUrlRule, type ReceiverUrlOptions } from './receiver-url.ts'

function read(url: unknown, options?: ReceiverUrlOptions): string | undefined {
  try {
    return readOptions('url', url, receiverUrlRule(options))
  } catch (error) {
    if (error instanceof AlfredConfigError) return error.problems[0]?.code
    throw error
  }
}

it.each<[unknown, string]>([
  ['https://x.example', 'https://x.example/'],
  ['https://x.example/a?b', 'https://x.example/a?b'],
  ['http://localhost:1', 'http://localhost:1/'],
  ['http://127.8.9.10/', 'http://127.8.9.10/'],
  ['http://[::1]:80/', 'http://[::1]/'],
  ['http://x.example', 'ALFRED_CONFIG_UNSAFE'],
  ['http://127.0.0.1.x.example', 'ALFRED_CONFIG_UNSAFE'],
  ['https://user@x.example', 'ALFRED_CONFIG_UNSAFE'],
  ['https://:password@x.example', 'ALFRED_CONFIG_UNSAFE'],
  ['ftp://x.example', 'ALFRED_CONFIG_WRONG_TYPE'],
  ['x.example', 'ALFRED_CONFIG_WRONG_TYPE'],
  [5, 'ALFRED_CONFIG_WRONG_TYPE'],
])('%j', (url, expected) => {
  expect(read(url)).toBe(expected)
})

it('lets http leave the machine where that is usual', () => {
  expect(read('http://alertmanager:9093', { plain: true })).toBe('http://alertmanager:9093/')
  expect(read('http://user@alertmanager:9093', { plain: true })).toBe('ALFRED_CONFIG_UNSAFE')
})
