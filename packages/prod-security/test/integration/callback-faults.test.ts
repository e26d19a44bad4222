import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exemptRows } from './callback-faults/exempt-rows.ts'
import { faults, lateMs } from './callback-faults/faults.ts'
import { readFunctionOptions } from './callback-faults/function-options.ts'
import { healthRows } from './callback-faults/health-rows.ts'
import { keyVaultRows } from './callback-faults/key-vault-rows.ts'
import { notBoolean, type Row, type Rows } from './callback-faults/row.ts'
import { portRows } from './callback-faults/port-rows.ts'
import { requestRows } from './callback-faults/request-rows.ts'
import { telemetryRows } from './callback-faults/telemetry-rows.ts'

const rows: Rows = {
  ...exemptRows,
  ...healthRows,
  ...keyVaultRows,
  ...portRows,
  ...requestRows,
  ...telemetryRows,
}
/** Functions in lists and schemas, and of objects that other functions return: the types lead to none of them. */
const derivedByNobody = [
  'CspSourceFunction',
  'PostgresClient.release',
  'WebSocketLike.close',
  'refinement of a zod schema',
]

const tried = Object.entries(rows).filter((entry): entry is [string, Row] => 'holds' in entry[1])

/** What no function of an application may cause. */
const crashes: unknown[] = []
const note = (error: unknown): void => {
  crashes.push(error)
}
const longestMs = 5000
const late = Symbol('late')
let cells = 0

beforeAll(() => {
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
})
afterAll(() => {
  process.off('unhandledRejection', note)
  process.off('uncaughtException', note)
  process.stdout.write(
    `callback faults: ${String(tried.length)} options × ${String(faults.length)} faults = ${String(cells)} cells, ` +
      `${String(crashes.length)} crashes\n`,
  )
})

it('has a row for every function option of every package, and no other', () => {
  const options = [...readFunctionOptions().keys(), ...derivedByNobody].sort()
  expect(Object.keys(rows).sort()).toEqual(options)
}, 120_000)

describe.each(tried)('%s', (_option, row) => {
  it.each(faults.map((fault) => [fault.name, fault] as const))('%s', async (_name, fault) => {
    cells += 1
    const before = crashes.length
    const call = fault.make(row.open, row.wrong ?? notBoolean)
    const limit = new AbortController()
    const outcome = await Promise.race([
      (async () => row.holds(call))(),
      pause(row.callerWaits === true ? 300 : longestMs, late, { signal: limit.signal }),
    ])
    limit.abort()
    if (fault.isLate === true) await pause(lateMs + 10)
    await turn()
    expect(crashes.slice(before)).toEqual([])
    if (row.callerWaits === true) return
    expect(outcome).not.toBe(late)
    if (!(fault.isAnswer && row.mayAnswerLater === true)) expect(outcome).toBe(true)
  })
})

it('ends no process afterwards either, when what was late has settled', async () => {
  await pause(300)
  expect(crashes).toEqual([])
})
