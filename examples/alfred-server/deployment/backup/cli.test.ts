import { expect, it } from 'vitest'
import { parseBackupCommand } from './cli.ts'

it.each([
  ['backup', { name: 'backup', environment: 'production', id: 'latest' }],
  ['backup staging', { environment: 'staging' }],
  ['restore latest --replace', { name: 'restore', id: 'latest', replace: true }],
  ['restore 20261201T031500Z staging', { id: '20261201T031500Z', environment: 'staging', replace: false }],
  ['fetch latest /tmp/found', { folder: '/tmp/found' }],
  ['verify --backup 20261201T031500Z', { id: '20261201T031500Z', environment: 'production' }],
])('reads %s', (line, expected) => {
  expect(parseBackupCommand(line.split(' '))).toMatchObject(expected)
})

it.each([
  ['', 'There is no command ""'],
  ['restore', '"" is no backup'],
  ['restore yesterday', '"yesterday" is no backup'],
  ['restore 20261301T000000Z', 'is no backup'],
  ['fetch latest', 'fetch needs a folder'],
  ['backup production more', '"more" is too much'],
  ['backup --force', '--force'],
])('refuses %j', (line, message) => {
  expect(() => parseBackupCommand(line.split(' ').filter(Boolean))).toThrow(message)
})
